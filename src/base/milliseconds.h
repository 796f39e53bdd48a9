#ifndef FROND_SRC_BASE_MILLISECONDS_H_
#define FROND_SRC_BASE_MILLISECONDS_H_

#include <chrono>

namespace frond {

// A span of the steady clock in the unit of every latency that is reported.
inline double Milliseconds(std::chrono::steady_clock::duration time) {
  return std::chrono::duration<double, std::milli>(time).count();
}

}  // namespace frond

#endif  // FROND_SRC_BASE_MILLISECONDS_H_
