#ifndef FROND_SRC_TRAIN_TASK_LOSS_H_
#define FROND_SRC_TRAIN_TASK_LOSS_H_

#include <cstdint>
#include <span>
#include <vector>

#include "frond/task.h"
#include "src/data/dataset.h"
#include "src/train/torch.h"

namespace frond {

// N x K targets of a batch's photos, where K counts the classes of all tasks: SmoothedTargets for each task, and zeros
// where a photo has no label for it.
torch::Tensor TaskTargets(const Dataset& dataset, const std::vector<size_t>& photos, double smoothing);

// What a batch's targets weigh in the loss of each task: the sum of them, each times its class' weight.
// `class_weights`: of all classes, or empty.
torch::Tensor TaskWeights(const torch::Tensor& targets, const std::vector<Task>& tasks,
                          const torch::Tensor& class_weights);

// Mean, over the tasks that weigh anything, of CrossEntropy over the task's classes; rows of zeros weigh nothing there.
// `task_weights`, where it is defined, are TaskWeights of a larger batch: the loss is then these photos' part of its
// loss.
torch::Tensor TaskLoss(const torch::Tensor& logits, const torch::Tensor& targets, const std::vector<Task>& tasks,
                       const torch::Tensor& class_weights, const torch::Tensor& task_weights = {});

// What a class weighs in its task's loss so that all weigh alike: N / (K n), where of the task's N training photos n
// are of the class and K is its number of classes.
torch::Tensor BalancedWeights(const Dataset& dataset);

// Photos of an epoch that a task has labels for, and how many of them were named rightly.
struct TaskCount {
  double right = 0;
  int64_t labelled = 0;
};

// Adds a batch to each task's count; of mixed photos the larger share is the truth.
void CountRight(const torch::Tensor& logits, const torch::Tensor& targets, const std::vector<Task>& tasks,
                std::vector<TaskCount>& counts);

// Mean over the tasks that have labels; 0 where none has.
double MeanAccuracy(std::span<const TaskCount> counts);

}  // namespace frond

#endif  // FROND_SRC_TRAIN_TASK_LOSS_H_
