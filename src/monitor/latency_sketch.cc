#include "src/monitor/latency_sketch.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace frond {
namespace {

// A bucket that is full stays so; after four thousand million values nobody asks for its share of one more.
void AddTo(uint32_t& bucket, uint32_t count) {
  bucket += std::min(count, std::numeric_limits<uint32_t>::max() - bucket);
}

}  // namespace

size_t LatencySketch::BucketOf(double ms) {
  static const double per_log = 1 / std::log(kGrowth);
  if (ms <= kLeastMs) return 0;
  const auto bucket = static_cast<size_t>(std::log(ms / kLeastMs) * per_log) + 1;
  return std::min(bucket, kBuckets - 1);
}

void LatencySketch::Add(double ms) {
  if (std::isnan(ms)) return;
  ms = std::clamp(ms, 0.0, kMostMs);
  AddTo(buckets_[BucketOf(ms)], 1);
  min_ms_ = count_ == 0 ? ms : std::min(min_ms_, ms);
  max_ms_ = std::max(max_ms_, ms);
  sum_ms_ += ms;
  ++count_;
}

void LatencySketch::Merge(const LatencySketch& other) {
  if (other.count_ == 0) return;
  for (size_t i = 0; i < kBuckets; ++i) AddTo(buckets_[i], other.buckets_[i]);
  min_ms_ = count_ == 0 ? other.min_ms_ : std::min(min_ms_, other.min_ms_);
  max_ms_ = std::max(max_ms_, other.max_ms_);
  sum_ms_ += other.sum_ms_;
  count_ += other.count_;
}

double LatencySketch::Quantile(double q) const {
  if (count_ == 0) return std::numeric_limits<double>::quiet_NaN();
  const auto rank = static_cast<uint64_t>(std::clamp(q, 0.0, 1.0) * static_cast<double>(count_ - 1));
  if (rank == 0) return min_ms_;
  if (rank == count_ - 1) return max_ms_;
  uint64_t below = 0;
  size_t bucket = 0;
  while (bucket + 1 < kBuckets && below + buckets_[bucket] <= rank) below += buckets_[bucket++];
  // Of a bucket from a to a * kGrowth this is as far, relatively, from one end as from the other.
  const double middle =
      bucket == 0 ? 0 : kLeastMs * std::pow(kGrowth, static_cast<double>(bucket - 1)) * 2 * kGrowth / (kGrowth + 1);
  return std::clamp(middle, min_ms_, max_ms_);
}

}  // namespace frond
