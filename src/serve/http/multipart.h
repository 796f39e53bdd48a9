#ifndef FROND_SRC_SERVE_HTTP_MULTIPART_H_
#define FROND_SRC_SERVE_HTTP_MULTIPART_H_

#include <string>
#include <string_view>
#include <vector>

#include "frond/result.h"

namespace frond::serve {

// A part of a form.
struct FormPart {
  std::string name;
  std::string file_name;   // empty where it is no file
  std::string_view value;  // within the body
};

// The parts of a multipart/form-data body (RFC 7578), by its Content-Type. At most `most` of them. Errors: kBadFormat,
// kLimit. Beast has no reader of these, and Debian no library that does only this.
Result<std::vector<FormPart>> ParseForm(std::string_view content_type, std::string_view body, size_t most);

}  // namespace frond::serve

#endif  // FROND_SRC_SERVE_HTTP_MULTIPART_H_
