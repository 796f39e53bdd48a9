#include "src/monitor/sliding_latency.h"

#include <algorithm>

namespace frond {

void SlidingLatency::Add(double ms, Time now) {
  const int64_t number = NumberOf(now);
  Slice& slice = ring_[static_cast<size_t>(number) % ring_.size()];
  if (slice.number < number) {
    slice.number = number;
    slice.sketch.Clear();
  }
  slice.sketch.Add(ms);
}

LatencySketch SlidingLatency::Last(std::chrono::seconds window, Time now) const {
  const int64_t last = NumberOf(now);
  const int64_t slices = std::max<int64_t>(1, window / slice_);
  LatencySketch all;
  for (const Slice& slice : ring_) {
    if (slice.number > last - slices && slice.number <= last) all.Merge(slice.sketch);
  }
  return all;
}

}  // namespace frond
