#ifndef FROND_SRC_SERVE_HTTP_URL_H_
#define FROND_SRC_SERVE_HTTP_URL_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace frond::serve {

// A request's target, "/path?query": the path decoded. False for what is no path from the root, for a bad or a zero
// escape.
bool SplitTarget(std::string_view target, std::string& path, std::string& query);

// The decoded value of a query's first parameter of that name.
std::optional<std::string> QueryValue(std::string_view query, std::string_view name);

// A path's parts between slashes; "/a/b" has two.
std::vector<std::string> PathParts(std::string_view path);

}  // namespace frond::serve

#endif  // FROND_SRC_SERVE_HTTP_URL_H_
