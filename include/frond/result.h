#ifndef FROND_RESULT_H_
#define FROND_RESULT_H_

#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace frond {

// What kind of thing went wrong; machines branch on it, people read Error::message.
enum class ErrorCode {
  kInvalidArgument,  // a flag, a shape or a value that cannot be used as given
  kNotFound,         // a file or a name that does not exist
  kIo,               // the operating system refused: permissions, disk full, a short read
  kBadFormat,        // a file that is not what it claims to be, or is damaged
  kUnsupported,      // understood, but outside what frond does
  kMismatch,         // weights and architecture disagree
  kLimit,            // larger than the stated limit
};

// The code's name in lower snake case, e.g. "bad_format"; stable, used in --json.
std::string_view ErrorCodeName(ErrorCode code);

// One failure that a user, a file or a request caused.
struct Error {
  ErrorCode code = ErrorCode::kInvalidArgument;
  std::string message;  // what was wrong, with the offending value
  std::string remedy;   // what to do about it; may be empty

  // "message" or "message; remedy".
  std::string ToString() const;

  // The same error seen from one level up: "context: message".
  Error In(std::string_view context) const;
};

// A value or the Error that kept it from existing. Never throws; reading the
// value of a failed result is a programming mistake and aborts.
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}      // NOLINT(google-explicit-constructor)
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT(google-explicit-constructor)

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }

  T& value() & { return Checked(); }
  const T& value() const& { return const_cast<Result*>(this)->Checked(); }
  T&& value() && { return std::move(Checked()); }
  T& operator*() & { return Checked(); }
  const T& operator*() const& { return value(); }
  T* operator->() { return &Checked(); }
  const T* operator->() const { return &value(); }

  const Error& error() const {
    if (ok()) std::abort();
    return *std::get_if<1>(&state_);
  }

 private:
  T& Checked() {
    if (!ok()) std::abort();
    return *std::get_if<0>(&state_);
  }
  std::variant<T, Error> state_;
};

// A result without a value: success, or an Error.
class [[nodiscard]] Status {
 public:
  Status() = default;
  Status(Error error) : error_(std::move(error)) {}  // NOLINT(google-explicit-constructor)

  bool ok() const { return !error_.has_value(); }
  explicit operator bool() const { return ok(); }
  const Error& error() const {
    if (ok()) std::abort();
    return *error_;
  }

 private:
  std::optional<Error> error_;
};

}  // namespace frond

#define FROND_CONCAT_INNER(a, b) a##b
#define FROND_CONCAT(a, b) FROND_CONCAT_INNER(a, b)

// Returns the error of a Status or Result expression from the enclosing function.
#define FROND_RETURN_IF_ERROR(expr)                         \
  do {                                                      \
    if (auto&& frond_status = (expr); !frond_status.ok()) { \
      return frond_status.error();                          \
    }                                                       \
  } while (false)

// FROND_ASSIGN(auto x, Compute()): x is the value, or the error is returned.
#define FROND_ASSIGN(decl, expr) FROND_ASSIGN_INNER(FROND_CONCAT(frond_result_, __LINE__), decl, expr)
#define FROND_ASSIGN_INNER(tmp, decl, expr) \
  auto tmp = (expr);                        \
  if (!tmp.ok()) return tmp.error();        \
  decl = std::move(tmp).value()

#endif  // FROND_RESULT_H_
