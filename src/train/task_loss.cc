#include "src/train/task_loss.h"

#include "src/train/loss.h"

namespace frond {
namespace {

torch::Tensor Of(const Task& task, const torch::Tensor& all, int64_t dimension) {
  return all.narrow(dimension, task.first, task.classes);
}

}  // namespace

torch::Tensor TaskTargets(const Dataset& dataset, const std::vector<size_t>& photos, double smoothing) {
  std::vector<torch::Tensor> parts;
  for (size_t t = 0; t < dataset.tasks.size(); ++t) {
    const Task& task = dataset.tasks[t];
    std::vector<int64_t> labels;
    for (const size_t photo : photos) {
      const int label = dataset.samples[photo].labels[t];
      labels.push_back(label == kNoLabel ? kNoLabel : label - task.first);
    }
    parts.push_back(SmoothedTargets(labels, task.classes, smoothing));
  }
  return torch::cat(parts, 1);
}

torch::Tensor TaskWeights(const torch::Tensor& targets, const std::vector<Task>& tasks,
                          const torch::Tensor& class_weights) {
  std::vector<torch::Tensor> sums;
  for (const Task& task : tasks) {
    const torch::Tensor own = Of(task, targets, 1);
    sums.push_back((class_weights.defined() ? own * Of(task, class_weights, 0) : own).sum());
  }
  return torch::stack(sums);
}

torch::Tensor TaskLoss(const torch::Tensor& logits, const torch::Tensor& targets, const std::vector<Task>& tasks,
                       const torch::Tensor& class_weights, const torch::Tensor& task_weights) {
  const torch::Tensor weights = task_weights.defined() ? task_weights : TaskWeights(targets, tasks, class_weights);
  torch::Tensor sum;
  int64_t labelled = 0;
  for (size_t t = 0; t < tasks.size(); ++t) {
    const torch::Tensor weight = weights[static_cast<int64_t>(t)];
    if (weight.item<double>() <= 0) continue;
    const torch::Tensor of_classes = class_weights.defined() ? Of(tasks[t], class_weights, 0) : class_weights;
    const torch::Tensor loss = CrossEntropy(Of(tasks[t], logits, 1), Of(tasks[t], targets, 1), of_classes, weight);
    sum = labelled++ == 0 ? loss : sum + loss;
  }
  return labelled > 0 ? sum / labelled : logits.sum() * 0;
}

torch::Tensor BalancedWeights(const Dataset& dataset) {
  std::vector<float> counts(dataset.labels.size());
  for (const size_t i : dataset.Indices(Split::kTrain)) {
    for (const int label : dataset.samples[i].labels) {
      if (label != kNoLabel) ++counts[static_cast<size_t>(label)];
    }
  }
  std::vector<torch::Tensor> parts;
  for (const Task& task : dataset.tasks) {
    const torch::Tensor own = Of(task, torch::tensor(counts), 0);
    parts.push_back(own.sum() / (own * static_cast<double>(task.classes)));
  }
  return torch::cat(parts);
}

void CountRight(const torch::Tensor& logits, const torch::Tensor& targets, const std::vector<Task>& tasks,
                std::vector<TaskCount>& counts) {
  for (size_t t = 0; t < tasks.size(); ++t) {
    const torch::Tensor own = Of(tasks[t], targets, 1);
    const torch::Tensor labelled = own.sum(1) > 0;
    const torch::Tensor right = Of(tasks[t], logits, 1).argmax(1).eq(own.argmax(1)).logical_and(labelled);
    counts[t].right += right.sum().item<double>();
    counts[t].labelled += labelled.sum().item<int64_t>();
  }
}

double MeanAccuracy(std::span<const TaskCount> counts) {
  double sum = 0;
  int tasks = 0;
  for (const TaskCount& count : counts) {
    if (count.labelled == 0) continue;
    sum += count.right / static_cast<double>(count.labelled);
    ++tasks;
  }
  return tasks > 0 ? sum / tasks : 0;
}

}  // namespace frond
