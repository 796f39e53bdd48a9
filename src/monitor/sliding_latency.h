#ifndef FROND_SRC_MONITOR_SLIDING_LATENCY_H_
#define FROND_SRC_MONITOR_SLIDING_LATENCY_H_

#include <chrono>
#include <cstdint>
#include <vector>

#include "src/monitor/latency_sketch.h"

namespace frond {

// Latencies of the last minutes: a ring of sketches, each of some seconds, the oldest of which is cleared when time has
// passed it. For one thread at a time.
class SlidingLatency {
 public:
  using Time = std::chrono::steady_clock::time_point;

  // `slices` times `slice` is as far as it looks back.
  explicit SlidingLatency(int slices = 30, std::chrono::seconds slice = std::chrono::seconds(10))
      : slice_(slice), ring_(static_cast<size_t>(slices)) {}

  // Times may not go back by more than a slice.
  void Add(double ms, Time now);
  // Of the last `window`, in whole slices, the one that is being filled among them.
  LatencySketch Last(std::chrono::seconds window, Time now) const;

 private:
  struct Slice {
    int64_t number = -1;  // since the clock began; -1: none yet
    LatencySketch sketch;
  };

  int64_t NumberOf(Time time) const { return time.time_since_epoch() / slice_; }

  std::chrono::seconds slice_;
  std::vector<Slice> ring_;
};

}  // namespace frond

#endif  // FROND_SRC_MONITOR_SLIDING_LATENCY_H_
