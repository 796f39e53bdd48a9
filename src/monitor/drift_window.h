#ifndef FROND_SRC_MONITOR_DRIFT_WINDOW_H_
#define FROND_SRC_MONITOR_DRIFT_WINDOW_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "src/monitor/drift_reference.h"
#include "src/monitor/facts.h"

namespace frond {

// What one comparison said of one kind of drift.
struct DriftEvidence {
  double p_value = 1;
  double statistic = 0;  // Kolmogorov and Smirnov's D; MMD^2; of classes the share of the most conspicuous one
  double here = 0;       // mean of the window, or that share
  size_t label = 0;      // that class, among those of all tasks
};

// The last photos of a stream, and how they differ from a reference. Memory for `capacity` photos and their
// kernels: 2.5 MB for 300 photos beside a reference of 256.
class DriftWindow {
 public:
  DriftWindow(std::shared_ptr<const DriftReference> reference, size_t capacity);

  const DriftReference& reference() const { return *reference_; }
  size_t count() const { return count_; }
  // `photo` must have passed DriftBasis::Observe of the reference's basis. `id` names what is kept of it; may be empty.
  void Add(const ObservedPhoto& photo, std::string_view id = {});

  // Kinds that are watched: the reference's columns, then its classes' mixes, then "input.together" and "features".
  size_t kinds() const { return kinds_.size(); }
  const std::string& kind(size_t k) const { return kinds_[k]; }
  // Of the newest n photos, 1 <= n <= count(), for each kind. Classes that are nowhere near an alarm are not looked at
  // closely: p is then 1.
  std::vector<DriftEvidence> Look(size_t n) const;
  // "predictions.classes" of some task.
  bool IsMix(size_t k) const { return k >= columns_ && k < columns_ + mixes_; }
  size_t mixes() const { return mixes_; }
  // Whether a permutation test agrees that the newest n differ in this kind; of kinds that are no kernel tests, true.
  bool Confirmed(size_t kind, size_t n) const;
  // What differs in `kind` of the newest n.
  Facts FactsOf(size_t kind, const DriftEvidence& evidence, size_t n) const;
  // The ids of at most `most` of the newest n that speak most for the difference: whose value lies farthest to the side
  // that the mean moved to; that are called the class that grew most, the newest of them; that are most like each
  // other and least like the reference. Photos without an id are passed over.
  std::vector<std::string> Examples(size_t kind, const DriftEvidence& evidence, size_t n, size_t most) const;

 private:
  size_t SlotOf(size_t age) const { return (next_ + capacity_ - 1 - age) % capacity_; }
  // `effect`: by what neighbours' likeness divides the photos' number.
  DriftEvidence LookAtColumn(size_t column, size_t n, double effect) const;
  DriftEvidence LookAtClasses(size_t mix, size_t n, double effect) const;
  DriftEvidence LookAtKernels(const KernelWindow& window, const KernelReference& reference, size_t n,
                              double effect) const;
  // How much each of the newest n speaks for the difference, the newest first; NaN: it says nothing of it.
  std::vector<double> Weigh(size_t kind, const DriftEvidence& evidence, size_t n) const;

  std::shared_ptr<const DriftReference> reference_;
  size_t capacity_;
  size_t count_ = 0;
  size_t next_ = 0;
  std::vector<std::string> kinds_;
  size_t columns_;
  size_t mixes_;
  std::vector<float> values_;  // capacity x columns
  std::vector<int> labels_;    // capacity x mixes
  std::vector<std::string> ids_;
  std::optional<KernelWindow> inputs_;
  std::optional<KernelWindow> features_;
  std::vector<float> row_;
  std::vector<float> point_;
  mutable std::vector<float> sorted_;
};

// How improbable are shares of classes that were counted in n photos; `counts` are of the mix' own classes.
DriftEvidence CompareClasses(const ClassMix& mix, const std::vector<double>& counts, double n, double effect);

}  // namespace frond

#endif  // FROND_SRC_MONITOR_DRIFT_WINDOW_H_
