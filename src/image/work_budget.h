#ifndef FROND_SRC_IMAGE_WORK_BUDGET_H_
#define FROND_SRC_IMAGE_WORK_BUDGET_H_

#include <cstdint>

#include "frond/image.h"
#include "frond/result.h"

namespace frond {

// What decoding one file may cost, so that a small file cannot ask for hours or
// for all memory. Counted, not timed: the same file is refused or read on every
// machine. At the default 50 million pixels that is 2 s and 480 MB; below 10
// million pixels it shrinks no further.
class WorkBudget {
 public:
  explicit WorkBudget(const DecodeOptions& options);

  // Takes nanoseconds, as estimated for one core of a 2020s desktop. False once more was asked for than there was.
  bool SpendTime(int64_t ns) {
    time_ns_ -= ns;
    return time_ns_ >= 0;
  }
  // Whether this many bytes at once are allowed, the mapped file included.
  bool AllowsMemory(int64_t bytes) const { return bytes <= memory_bytes_; }

 private:
  int64_t time_ns_;
  int64_t memory_bytes_;
};

Error TooMuchTime();    // kLimit
Error TooMuchMemory();  // kLimit

}  // namespace frond

#endif  // FROND_SRC_IMAGE_WORK_BUDGET_H_
