#ifndef FROND_SRC_BASE_FORMAT_H_
#define FROND_SRC_BASE_FORMAT_H_

#include <sstream>
#include <string>

#include "frond/result.h"

namespace frond {

// Concatenates anything that streams: StrCat("stage ", 3, " has ", n, " layers").
template <class... Args>
std::string StrCat(const Args&... args) {
  std::ostringstream out;
  (out << ... << args);
  return std::move(out).str();
}

// Text from a file, shortened and made printable, for use inside a message:
// control bytes and non-ASCII become '?', more than 120 bytes are cut.
std::string Quote(std::string_view text);

}  // namespace frond

#endif  // FROND_SRC_BASE_FORMAT_H_
