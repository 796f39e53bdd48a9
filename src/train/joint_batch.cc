#include "src/train/joint_batch.h"

namespace frond {

BatchTotals AddUpBatch(Peers* peers, int64_t photos, const torch::Tensor& task_weights) {
  if (peers == nullptr) return {{nullptr, photos, 0, true}, task_weights};
  const int64_t size = peers->size();
  torch::Tensor values = torch::zeros({size + task_weights.size(0)}, torch::kFloat64);
  values[peers->rank()] = photos;
  values.narrow(0, size, task_weights.size(0)).copy_(task_weights);
  peers->Sum(values);
  const torch::Tensor counts = values.narrow(0, 0, size);
  BatchTotals totals;
  totals.batch = {peers, counts.sum().item<int64_t>(), counts.narrow(0, 0, peers->rank()).sum().item<int64_t>(),
                  photos > 0};
  totals.task_weights = values.narrow(0, size, task_weights.size(0)).to(task_weights.options());
  return totals;
}

BatchOutcome::BatchOutcome(Peers* peers, double loss, const std::vector<TaskCount>& counts, bool interrupted) {
  std::vector<double> values = {loss, interrupted ? 1.0 : 0.0};
  for (const TaskCount& count : counts) {
    values.push_back(count.right);
    values.push_back(static_cast<double>(count.labelled));
  }
  values_ = torch::tensor(values, torch::kFloat64);
  if (peers != nullptr) wait_ = peers->StartSum(values_, Peers::Lane::kBatch);
}

void BatchOutcome::Wait() {
  if (wait_) wait_();
}

double BatchOutcome::loss() const { return values_[0].item<double>(); }

bool BatchOutcome::interrupted() const { return values_[1].item<double>() > 0; }

void BatchOutcome::AddTo(std::vector<TaskCount>& counts) const {
  const auto values = values_.accessor<double, 1>();
  for (size_t t = 0; t < counts.size(); ++t) {
    const auto at = static_cast<int64_t>(2 + 2 * t);
    counts[t].right += values[at];
    counts[t].labelled += static_cast<int64_t>(values[at + 1]);
  }
}

}  // namespace frond
