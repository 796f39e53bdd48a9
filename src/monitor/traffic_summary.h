#ifndef FROND_SRC_MONITOR_TRAFFIC_SUMMARY_H_
#define FROND_SRC_MONITOR_TRAFFIC_SUMMARY_H_

#include <cstdint>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "src/monitor/observed_photo.h"

namespace frond {

// What is kept of some time's photos, a day's say, to compare later ones with: a fair sample of observations (reservoir
// sampling, Vitter 1985) and each class's count. Some 50 KB with 32 directions; bounded, whatever passes.
class TrafficSummary {
 public:
  static constexpr size_t kSample = 256;
  static constexpr size_t kLeastPhotos = 30;  // that are compared with others

  // `seed` makes the choice: give days different ones.
  explicit TrafficSummary(const DriftBasis& basis, uint64_t seed = 0);

  // `photo` must have passed DriftBasis::Observe of the same basis.
  void Add(const ObservedPhoto& photo);

  uint64_t photos() const { return photos_; }
  uint64_t key() const { return key_; }
  const std::vector<ObservedPhoto>& sample() const { return sample_; }
  const std::vector<uint64_t>& class_counts() const { return class_counts_; }  // of all tasks

  // Days together: of each a share of the sample that goes by its photos. Errors: kInvalidArgument for none; kMismatch
  // for different bases.
  static Result<TrafficSummary> Merge(std::span<const TrafficSummary> parts, uint64_t seed = 0);

  // Bytes that Parse reads on any machine of the same byte order (all that frond runs on: little-endian). Errors of
  // Parse: kBadFormat for other bytes, kUnsupported for a later version's, kMismatch for another basis.
  std::string Serialize() const;
  static Result<TrafficSummary> Parse(std::string_view bytes, const DriftBasis& basis);

 private:
  TrafficSummary() = default;

  uint64_t key_ = 0;
  uint64_t photos_ = 0;
  std::vector<ObservedPhoto> sample_;
  std::vector<uint64_t> class_counts_;
  std::mt19937_64 random_;
};

}  // namespace frond

#endif  // FROND_SRC_MONITOR_TRAFFIC_SUMMARY_H_
