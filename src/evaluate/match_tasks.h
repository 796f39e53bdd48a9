#ifndef FROND_SRC_EVALUATE_MATCH_TASKS_H_
#define FROND_SRC_EVALUATE_MATCH_TASKS_H_

#include <string>
#include <vector>

#include "frond/model.h"
#include "frond/result.h"
#include "src/data/dataset.h"

namespace frond {

// For each label of the data set the model's class of that name, whatever the order of either. Errors: kMismatch for a
// model without labels, for a label that the model has not, or has twice; a class without photos is none.
Result<std::vector<int>> MatchLabels(const std::vector<std::string>& data, const std::vector<std::string>& model);

// Where a data set's tasks and classes lie among a model's.
struct MatchedTasks {
  std::vector<size_t> task;  // the model's, for each of the data's
  std::vector<int> classes;  // the model's class, for each of the data's labels
  size_t tasks = 0;          // of the model

  // For each of the model's tasks the photo's class among the model's, or kNoLabel.
  std::vector<int> ClassesOf(const Sample& sample) const;
};

// By the names of tasks, and within each by those of classes; the data may lack tasks of the model. Errors: kMismatch
// for a task that the model has not; those of MatchLabels.
Result<MatchedTasks> MatchTasks(const Dataset& dataset, const Model& model);

}  // namespace frond

#endif  // FROND_SRC_EVALUATE_MATCH_TASKS_H_
