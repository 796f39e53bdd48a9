#ifndef FROND_SRC_MONITOR_LATENCY_SKETCH_H_
#define FROND_SRC_MONITOR_LATENCY_SKETCH_H_

#include <array>
#include <cstddef>
#include <cstdint>

namespace frond {

// Quantiles of latencies in little memory: counts in buckets whose bounds grow by one factor (DDSketch, Masson, Rim and
// Lee 2019), so that what is said of any rank is within 1 % of the value that has it. Two of them add up to what one
// would be that had seen both. 6 KB, some nanoseconds a value; for one thread at a time.
class LatencySketch {
 public:
  static constexpr double kRelativeError = 0.01;
  // What is told apart: a tenth of a microsecond to eleven days. Beyond that the nearest is counted.
  static constexpr double kLeastMs = 1e-4;
  static constexpr double kMostMs = 1e9;

  // What is no number is not counted.
  void Add(double ms);
  void Merge(const LatencySketch& other);
  void Clear() { *this = {}; }

  uint64_t count() const { return count_; }
  double sum_ms() const { return sum_ms_; }
  // Of no values: 0.
  double max_ms() const { return max_ms_; }
  // The value of rank floor(q (count - 1)) among those sorted, q from 0 to 1. Of no values: NaN.
  double Quantile(double q) const;

 private:
  // A little less than promised, for what rounding takes.
  static constexpr double kStep = 0.99 * kRelativeError;
  static constexpr double kGrowth = (1 + kStep) / (1 - kStep);
  static constexpr size_t kBuckets = 1520;  // ln(kMostMs / kLeastMs) / ln(kGrowth), and the one below kLeastMs

  static size_t BucketOf(double ms);

  std::array<uint32_t, kBuckets> buckets_ = {};
  uint64_t count_ = 0;
  double sum_ms_ = 0;
  double min_ms_ = 0;
  double max_ms_ = 0;
};

static_assert(sizeof(LatencySketch) < 8192);

}  // namespace frond

#endif  // FROND_SRC_MONITOR_LATENCY_SKETCH_H_
