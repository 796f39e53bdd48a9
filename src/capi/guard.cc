#include "src/capi/guard.h"

#include <memory>
#include <string>

#include "src/base/format.h"

namespace frond {
namespace {

// What frond_error::reserved points to.
struct Texts {
  std::string message, remedy;
};

int CodeOf(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalidArgument: return FROND_INVALID_ARGUMENT;
    case ErrorCode::kNotFound: return FROND_NOT_FOUND;
    case ErrorCode::kIo: return FROND_IO;
    case ErrorCode::kBadFormat: return FROND_BAD_FORMAT;
    case ErrorCode::kUnsupported: return FROND_UNSUPPORTED;
    case ErrorCode::kMismatch: return FROND_MISMATCH;
    case ErrorCode::kLimit: return FROND_LIMIT;
  }
  return FROND_INVALID_ARGUMENT;
}

}  // namespace

int FailStatic(int code, const char* message, frond_error* error) {
  if (error != nullptr) {
    frond_error_free(error);
    error->code = code;
    error->message = message;
    error->remedy = "";
  }
  return code;
}

int Fail(const Error& failure, frond_error* error) {
  const int code = CodeOf(failure.code);
  if (error == nullptr) return code;
  auto texts = std::make_unique<Texts>(Texts{failure.message, failure.remedy});
  frond_error_free(error);
  error->code = code;
  error->message = texts->message.c_str();
  error->remedy = texts->remedy.c_str();
  error->reserved = texts.release();
  return code;
}

Error NullArgument(const char* name) {
  return Error{ErrorCode::kInvalidArgument, StrCat(name, " is NULL"), "give one"};
}

}  // namespace frond

void frond_error_free(frond_error* error) {
  if (error == nullptr) return;
  delete static_cast<frond::Texts*>(error->reserved);
  *error = frond_error{};
}

const char* frond_code_name(int code) {
  switch (code) {
    case FROND_OK: return "ok";
    case FROND_INVALID_ARGUMENT: return frond::ErrorCodeName(frond::ErrorCode::kInvalidArgument).data();
    case FROND_NOT_FOUND: return frond::ErrorCodeName(frond::ErrorCode::kNotFound).data();
    case FROND_IO: return frond::ErrorCodeName(frond::ErrorCode::kIo).data();
    case FROND_BAD_FORMAT: return frond::ErrorCodeName(frond::ErrorCode::kBadFormat).data();
    case FROND_UNSUPPORTED: return frond::ErrorCodeName(frond::ErrorCode::kUnsupported).data();
    case FROND_MISMATCH: return frond::ErrorCodeName(frond::ErrorCode::kMismatch).data();
    case FROND_LIMIT: return frond::ErrorCodeName(frond::ErrorCode::kLimit).data();
    default: return "unknown";
  }
}
