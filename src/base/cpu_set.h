#ifndef FROND_SRC_BASE_CPU_SET_H_
#define FROND_SRC_BASE_CPU_SET_H_

#include <array>
#include <cstdint>
#include <vector>

#include "frond/result.h"

namespace frond {

// CPUs this process may use: its affinity, or its control group's quota where
// that is less (containers); at most 256.
int AvailableCpus();

// Whether threads of this process can be bound to these CPUs, numbered as the
// system numbers them. Errors: kInvalidArgument naming the first that is not
// available; kUnsupported where threads cannot be bound.
Status CheckCpus(const std::vector<int>& cpus);

// Binds the calling thread to CPUs that CheckCpus accepted, for as long as this
// lives; then it may run where it might before. No CPUs: nothing is bound.
class BoundToCpus {
 public:
  explicit BoundToCpus(const std::vector<int>& cpus);
  ~BoundToCpus();
  BoundToCpus(const BoundToCpus&) = delete;
  BoundToCpus& operator=(const BoundToCpus&) = delete;

 private:
#if defined(__linux__)
  std::array<uint64_t, 16> before_ = {};  // the system's set of up to 1024 CPUs
  bool bound_ = false;                    // there is something to undo
#endif
};

}  // namespace frond

#endif  // FROND_SRC_BASE_CPU_SET_H_
