#include "frond/result.h"

namespace frond {

std::string_view ErrorCodeName(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalidArgument: return "invalid_argument";
    case ErrorCode::kNotFound: return "not_found";
    case ErrorCode::kIo: return "io";
    case ErrorCode::kBadFormat: return "bad_format";
    case ErrorCode::kUnsupported: return "unsupported";
    case ErrorCode::kMismatch: return "mismatch";
    case ErrorCode::kLimit: return "limit";
  }
  return "unknown";
}

std::string Error::ToString() const { return remedy.empty() ? message : message + "; " + remedy; }

Error Error::In(std::string_view context) const { return Error{code, std::string(context) + ": " + message, remedy}; }

}  // namespace frond
