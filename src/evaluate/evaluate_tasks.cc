#include <algorithm>

#include "src/base/format.h"
#include "src/evaluate/evaluation.h"

namespace frond {

Result<std::vector<Evaluation>> EvaluateTasks(const std::vector<Predictions>& tasks,
                                              std::span<const double> temperatures) {
  std::vector<Evaluation> evaluations;
  for (size_t t = 0; t < tasks.size(); ++t) {
    if (tasks[t].count() == 0 && tasks.size() > 1) continue;
    Result<Evaluation> evaluation = Evaluate(tasks[t], temperatures.empty() ? 1 : temperatures[t]);
    if (!evaluation.ok()) {
      return tasks[t].task.empty() ? evaluation.error() : evaluation.error().In(tasks[t].task);
    }
    evaluations.push_back(std::move(evaluation).value());
  }
  if (!evaluations.empty()) return evaluations;
  return Error{ErrorCode::kInvalidArgument, "no photo has a label for any task", "give photos whose classes are known"};
}

Result<std::vector<double>> FitTemperatures(const std::vector<Predictions>& tasks, const TemperaturePrior& prior) {
  std::vector<double> temperatures;
  for (const Predictions& task : tasks) {
    if (task.count() == 0) {
      temperatures.push_back(prior.temperature);
      continue;
    }
    FROND_ASSIGN(temperatures.emplace_back(), FitTemperature(task, prior));
  }
  return temperatures;
}

double MeanAccuracy(const std::vector<Evaluation>& tasks) {
  double sum = 0;
  for (const Evaluation& evaluation : tasks) sum += evaluation.top1;
  return sum / static_cast<double>(std::max<size_t>(1, tasks.size()));
}

}  // namespace frond
