#ifndef FROND_SRC_EVALUATE_PREDICTIONS_BY_TASK_H_
#define FROND_SRC_EVALUATE_PREDICTIONS_BY_TASK_H_

#include <span>
#include <string>
#include <vector>

#include "frond/task.h"
#include "src/evaluate/evaluation.h"

namespace frond {

// Sorts a network's answers by task: the Predictions of each hold the photos that have a label for it, with their
// logits of its classes alone.
class PredictionsByTask {
 public:
  // `labels`: of all classes.
  PredictionsByTask(const std::vector<Task>& tasks, const std::vector<std::string>& labels);

  // `classes`: for each task the photo's class among all, or kNoLabel. `logits`: of all classes.
  void Add(const std::string& path, std::span<const int> classes, std::span<const float> logits);

  std::vector<Predictions> Take() && { return std::move(predictions_); }  // in the tasks' order; some may be empty

 private:
  std::vector<Task> tasks_;
  std::vector<Predictions> predictions_;
};

}  // namespace frond

#endif  // FROND_SRC_EVALUATE_PREDICTIONS_BY_TASK_H_
