#include "src/evaluate/predictions_by_task.h"

#include "src/data/dataset.h"

namespace frond {

PredictionsByTask::PredictionsByTask(const std::vector<Task>& tasks, const std::vector<std::string>& labels)
    : tasks_(tasks) {
  for (const Task& task : tasks) {
    const std::span<const std::string> own = task.Of(std::span(labels));
    predictions_.push_back({.task = task.name, .labels = {own.begin(), own.end()}});
  }
}

void PredictionsByTask::Add(const std::string& path, std::span<const int> classes, std::span<const float> logits) {
  for (size_t t = 0; t < tasks_.size(); ++t) {
    if (classes[t] == kNoLabel) continue;
    const std::span<const float> own = tasks_[t].Of(logits);
    predictions_[t].paths.push_back(path);
    predictions_[t].truth.push_back(classes[t] - tasks_[t].first);
    predictions_[t].logits.insert(predictions_[t].logits.end(), own.begin(), own.end());
  }
}

}  // namespace frond
