#include "src/monitor/drift_window.h"

#include <algorithm>
#include <cmath>

#include "src/monitor/significance.h"

namespace frond {
namespace {

constexpr int kPermutations = 199;
constexpr double kConfirmed = 0.01;
// Below so many deviations no alarm is near.
constexpr double kLeastDeviations = 2;

}  // namespace

DriftWindow::DriftWindow(std::shared_ptr<const DriftReference> reference, size_t capacity)
    : reference_(std::move(reference)),
      capacity_(capacity),
      columns_(reference_->columns().size()),
      mixes_(reference_->class_mixes().size()),
      values_(capacity * columns_),
      labels_(capacity * mixes_),
      ids_(capacity),
      row_(columns_) {
  for (const DriftColumn& column : reference_->columns()) kinds_.push_back(column.kind);
  for (const ClassMix& mix : reference_->class_mixes()) kinds_.push_back(mix.kind);
  if (reference_->inputs()) {
    kinds_.emplace_back("input.together");
    inputs_.emplace(*reference_->inputs(), capacity);
  }
  if (reference_->features()) {
    kinds_.emplace_back("features");
    features_.emplace(*reference_->features(), capacity);
  }
}

void DriftWindow::Add(const ObservedPhoto& photo, std::string_view id) {
  ids_[next_] = id;
  reference_->ValuesOf(photo, row_);
  std::ranges::copy(row_, values_.begin() + static_cast<std::ptrdiff_t>(next_ * columns_));
  for (size_t t = 0; t < mixes_; ++t) labels_[next_ * mixes_ + t] = photo.classes[t].label;
  if (inputs_) {
    reference_->InputPoint(photo, point_);
    inputs_->Add(point_);
  }
  if (features_) {
    reference_->FeaturePoint(photo, point_);
    features_->Add(point_);
  }
  next_ = (next_ + 1) % capacity_;
  count_ = std::min(count_ + 1, capacity_);
}

std::vector<DriftEvidence> DriftWindow::Look(size_t n) const {
  std::vector<DriftEvidence> all;
  all.reserve(kinds_.size());
  const double input_effect = inputs_ ? inputs_->DesignEffect(n) : 1;
  const double effect = features_ ? features_->DesignEffect(n) : input_effect;
  for (size_t c = 0; c < columns_; ++c) {
    all.push_back(LookAtColumn(c, n, c < kPhotoStatistics ? input_effect : effect));
  }
  for (size_t t = 0; t < mixes_; ++t) all.push_back(LookAtClasses(t, n, effect));
  if (inputs_) all.push_back(LookAtKernels(*inputs_, *reference_->inputs(), n, input_effect));
  if (features_) all.push_back(LookAtKernels(*features_, *reference_->features(), n, effect));
  return all;
}

bool DriftWindow::Confirmed(size_t kind, size_t n) const {
  const size_t tests = columns_ + mixes_;
  if (kind < tests) return true;
  const bool features = kinds_[kind] == "features";
  const KernelWindow& window = features ? *features_ : *inputs_;
  const KernelReference& reference = features ? *reference_->features() : *reference_->inputs();
  return window.PermutationP(reference, n, kPermutations, 1) <= kConfirmed;
}

DriftEvidence DriftWindow::LookAtColumn(size_t column, size_t n, double effect) const {
  const DriftColumn& there = reference_->columns()[column];
  DriftEvidence evidence;
  sorted_.clear();
  for (size_t age = 0; age < n; ++age) {
    const float value = values_[SlotOf(age) * columns_ + column];
    if (!std::isnan(value)) sorted_.push_back(value);
  }
  if (sorted_.empty() || there.values.empty()) return evidence;
  std::ranges::sort(sorted_);
  const auto known = static_cast<double>(sorted_.size());
  // The reference's distribution function grows, the window's is constant between its values: their difference is
  // largest at one of them, or just before.
  size_t place = 0;
  for (size_t i = 0; i < sorted_.size();) {
    const float value = sorted_[i];
    const double before = static_cast<double>(i) / known;
    for (; i < sorted_.size() && sorted_[i] == value; ++i) evidence.here += value / known;
    while (place < there.values.size() && there.values[place] < value) ++place;
    const double below = place == 0 ? 0 : there.below[place - 1];
    const bool same = place < there.values.size() && there.values[place] == value;
    const double upto = same ? there.below[place] : below;
    evidence.statistic =
        std::max({evidence.statistic, std::abs(before - below), std::abs(static_cast<double>(i) / known - upto)});
  }
  const double worth = std::min(reference_->count(), there.count);
  evidence.p_value = KolmogorovTail(evidence.statistic, EffectiveCount(known / effect, kPhotoCorrelation), worth);
  return evidence;
}

DriftEvidence CompareClasses(const ClassMix& mix, const std::vector<double>& counts, double n, double effect) {
  DriftEvidence evidence;
  const double worth = EffectiveCount(n / effect, kClassCorrelation);
  const auto first = static_cast<size_t>(mix.task.first);
  double most = 0;
  for (size_t k = 0; k < counts.size(); ++k) {
    const double here = counts[k] / n;
    const double share = mix.shares[k];
    const double error = mix.errors[k];
    const double deviations = std::abs(here - share) / std::sqrt(share * (1 - share) / worth + error * error);
    if (deviations > most) {
      most = deviations;
      if (evidence.p_value == 1) {
        evidence.label = first + k;
        evidence.here = here;
      }
    }
    if (deviations < kLeastDeviations) continue;
    const double p = std::min(1.0, static_cast<double>(counts.size()) * ShareTail(here * worth, worth, share, error));
    if (p >= evidence.p_value) continue;
    evidence.p_value = p;
    evidence.label = first + k;
    evidence.here = here;
  }
  evidence.statistic = evidence.here;
  return evidence;
}

DriftEvidence DriftWindow::LookAtClasses(size_t mix, size_t n, double effect) const {
  const ClassMix& there = reference_->class_mixes()[mix];
  std::vector<double> counts(static_cast<size_t>(there.task.classes));
  for (size_t age = 0; age < n; ++age) {
    ++counts[static_cast<size_t>(labels_[SlotOf(age) * mixes_ + mix] - there.task.first)];
  }
  return CompareClasses(there, counts, static_cast<double>(n), effect);
}

DriftEvidence DriftWindow::LookAtKernels(const KernelWindow& window, const KernelReference& reference, size_t n,
                                         double effect) const {
  DriftEvidence evidence;
  evidence.statistic = window.Discrepancy(n);
  evidence.p_value = reference.Tail(
      evidence.statistic, EffectiveCount(static_cast<double>(n) / effect, kPhotoCorrelation), reference_->count());
  return evidence;
}

}  // namespace frond
