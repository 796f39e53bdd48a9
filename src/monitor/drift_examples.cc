// Which photos speak most for a difference.

#include <algorithm>
#include <cmath>
#include <limits>

#include "src/monitor/drift_window.h"

namespace frond {

std::vector<double> DriftWindow::Weigh(size_t kind, const DriftEvidence& evidence, size_t n) const {
  if (kinds_[kind] == "input.together") return inputs_->Witness(n);
  if (kinds_[kind] == "features") return features_->Witness(n);
  std::vector<double> weights;
  if (kind < columns_) {
    const double sign = evidence.here >= reference_->columns()[kind].mean ? 1 : -1;
    for (size_t age = 0; age < n; ++age) weights.push_back(sign * values_[SlotOf(age) * columns_ + kind]);
    return weights;
  }
  const size_t mix = kind - columns_;
  const ClassMix& there = reference_->class_mixes()[mix];
  const auto label_of = [&](size_t age) {
    return static_cast<size_t>(labels_[SlotOf(age) * mixes_ + mix] - there.task.first);
  };
  std::vector<double> more(there.shares.size());  // than in the reference, of each class
  for (size_t k = 0; k < more.size(); ++k) more[k] = -there.shares[k];
  for (size_t age = 0; age < n; ++age) more[label_of(age)] += 1 / static_cast<double>(n);
  const auto grown = static_cast<size_t>(std::ranges::max_element(more) - more.begin());
  for (size_t age = 0; age < n; ++age) {
    weights.push_back(label_of(age) == grown ? 0 : std::numeric_limits<double>::quiet_NaN());
  }
  return weights;
}

std::vector<std::string> DriftWindow::Examples(size_t kind, const DriftEvidence& evidence, size_t n,
                                               size_t most) const {
  n = std::min(n, count_);
  if (n == 0) return {};
  const std::vector<double> weights = Weigh(kind, evidence, n);
  std::vector<size_t> ages;
  for (size_t age = 0; age < n; ++age) {
    if (!std::isnan(weights[age]) && !ids_[SlotOf(age)].empty()) ages.push_back(age);
  }
  std::ranges::sort(ages,
                    [&](size_t a, size_t b) { return weights[a] > weights[b] || (weights[a] == weights[b] && a < b); });
  std::vector<std::string> ids;
  for (const size_t age : ages) {
    const std::string& id = ids_[SlotOf(age)];
    if (ids.size() == most) break;
    if (std::ranges::find(ids, id) == ids.end()) ids.push_back(id);
  }
  return ids;
}

}  // namespace frond
