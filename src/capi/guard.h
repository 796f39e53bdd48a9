#ifndef FROND_SRC_CAPI_GUARD_H_
#define FROND_SRC_CAPI_GUARD_H_

#include <exception>
#include <new>

#include "frond/frond.h"
#include "frond/result.h"

namespace frond {

// Fills `error`, where there is one, and returns the code.
int Fail(const Error& failure, frond_error* error);
// With a static text, since there may be no memory for another.
int FailStatic(int code, const char* message, frond_error* error);

Error NullArgument(const char* name);

// No exception crosses: `body` returns a Status; what it throws becomes a code.
template <class Body>
int Guarded(frond_error* error, const Body& body) {
  try {
    const Status status = body();
    if (!status.ok()) return Fail(status.error(), error);
    if (error != nullptr) frond_error_free(error);
    return FROND_OK;
  } catch (const std::bad_alloc&) {
    return FailStatic(FROND_LIMIT, "out of memory", error);
  } catch (const std::exception&) {
    return FailStatic(FROND_IO, "the system refused a resource", error);
  }
}

}  // namespace frond

#endif  // FROND_SRC_CAPI_GUARD_H_
