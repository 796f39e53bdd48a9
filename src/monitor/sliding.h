#ifndef FROND_SRC_MONITOR_SLIDING_H_
#define FROND_SRC_MONITOR_SLIDING_H_

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace frond {

// What was tallied in the last minutes: a ring of tallies, each of some seconds, the oldest of which is begun anew when
// time has passed it. A Tally has Merge(const Tally&). For one thread at a time.
template <class Tally>
class Sliding {
 public:
  using Time = std::chrono::steady_clock::time_point;

  // `slices` times `slice` is as far as it looks back.
  explicit Sliding(int slices = 30, std::chrono::seconds slice = std::chrono::seconds(10))
      : slice_(slice), ring_(static_cast<size_t>(slices)) {}

  // The tally of this moment. Times may not go back by more than a slice.
  Tally& At(Time now) {
    const int64_t number = NumberOf(now);
    Slice& slice = ring_[static_cast<size_t>(number) % ring_.size()];
    if (slice.number < number) slice = {number, Tally()};
    return slice.tally;
  }

  std::chrono::seconds slice() const { return slice_; }
  // Slices that it looks back at, the one that is being filled among them.
  int slices() const { return static_cast<int>(ring_.size()); }
  // That of so many slices ago, 0 being the one that is being filled.
  Tally Ago(int slices, Time now) const {
    const int64_t number = NumberOf(now) - slices;
    const Slice& slice = ring_[static_cast<size_t>(number) % ring_.size()];
    return slice.number == number ? slice.tally : Tally();
  }
  // Of the last `window`, in whole slices, the one that is being filled among them.
  Tally Last(std::chrono::seconds window, Time now) const {
    const int64_t last = NumberOf(now);
    const int64_t slices = std::max<int64_t>(1, window / slice_);
    Tally all;
    for (const Slice& slice : ring_) {
      if (slice.number > last - slices && slice.number <= last) all.Merge(slice.tally);
    }
    return all;
  }

 private:
  struct Slice {
    int64_t number = -1;  // since the clock began; -1: none yet
    Tally tally;
  };

  int64_t NumberOf(Time time) const { return time.time_since_epoch() / slice_; }

  std::chrono::seconds slice_;
  std::vector<Slice> ring_;
};

}  // namespace frond

#endif  // FROND_SRC_MONITOR_SLIDING_H_
