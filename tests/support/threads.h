#ifndef FROND_TESTS_SUPPORT_THREADS_H_
#define FROND_TESTS_SUPPORT_THREADS_H_

#include <system_error>
#include <thread>

namespace frond {

// Whether this platform starts threads at all; WebAssembly as we build it does not.
inline bool ThreadsStart() {
  try {
    std::thread([] {}).join();
    return true;
  } catch (const std::system_error&) {
    return false;
  }
}

}  // namespace frond

#endif  // FROND_TESTS_SUPPORT_THREADS_H_
