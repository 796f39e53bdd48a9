#include "src/train/task_loss.h"

#include <gtest/gtest.h>

#include <cmath>

#include "src/train/loss.h"
#include "tests/train/generated_module.h"

namespace frond {
namespace {

// Three photos: both labels, crop alone, disease alone.
Dataset ThreePhotos() {
  Dataset dataset;
  dataset.tasks = {{"crop", 0, 2}, {"disease", 2, 3}};
  dataset.labels = {"coffee", "rice", "healthy", "miner", "rust"};
  dataset.samples = {{"a", {1, 2}}, {"b", {0, kNoLabel}}, {"c", {kNoLabel, 4}}};
  return dataset;
}

const std::vector<size_t> kAll = {0, 1, 2};

double Nll(const std::vector<double>& logits, size_t truth) {
  double sum = 0;
  for (const double logit : logits) sum += std::exp(logit);
  return std::log(sum) - logits[truth];
}

torch::Tensor Logits() {
  return torch::tensor(
      {{0.5F, 1.5F, 1.0F, 0.0F, -1.0F}, {2.0F, 0.0F, 9.0F, 9.0F, 9.0F}, {7.0F, 7.0F, 0.0F, 0.0F, 3.0F}});
}

TEST(TaskTargets, LieSideBySideWithZerosWhereThereIsNoLabel) {
  const torch::Tensor targets = TaskTargets(ThreePhotos(), {2, 0, 1}, 0.3);
  EXPECT_TRUE(torch::allclose(targets, torch::tensor({{0.0F, 0.0F, 0.1F, 0.1F, 0.8F},
                                                      {0.15F, 0.85F, 0.8F, 0.1F, 0.1F},
                                                      {0.85F, 0.15F, 0.0F, 0.0F, 0.0F}})))
      << targets;
}

TEST(TaskLoss, IsTheMeanOverTasksOfThePhotosThatHaveALabel) {
  const Dataset dataset = ThreePhotos();
  const torch::Tensor loss = TaskLoss(Logits(), TaskTargets(dataset, kAll, 0), dataset.tasks, {});
  // By hand: crop of the first two photos, disease of the first and the third.
  const double crop = (Nll({0.5, 1.5}, 1) + Nll({2, 0}, 0)) / 2;
  const double disease = (Nll({1, 0, -1}, 0) + Nll({0, 0, 3}, 2)) / 2;
  EXPECT_NEAR(loss.item<double>(), (crop + disease) / 2, 1e-6);
}

TEST(TaskLoss, ATaskWithoutLabelsInTheBatchIsLeftOut) {
  const Dataset dataset = ThreePhotos();
  const torch::Tensor loss = TaskLoss(Logits().slice(0, 1, 2), TaskTargets(dataset, {1}, 0), dataset.tasks, {});
  EXPECT_NEAR(loss.item<double>(), Nll({2, 0}, 0), 1e-6);
}

TEST(TaskLoss, NoGradientReachesTheOutputsOfAMissingLabel) {
  const Dataset dataset = ThreePhotos();
  const torch::Tensor logits = Logits().requires_grad_(true);
  TaskLoss(logits, TaskTargets(dataset, kAll, 0.1), dataset.tasks, {}).backward();
  const torch::Tensor gradient = logits.grad();
  EXPECT_EQ(gradient.slice(0, 1, 2).slice(1, 2, 5).abs().sum().item<double>(), 0);
  EXPECT_EQ(gradient.slice(0, 2, 3).slice(1, 0, 2).abs().sum().item<double>(), 0);
  EXPECT_GT(gradient.slice(0, 0, 1).abs().min().item<double>(), 0);
}

TEST(TaskLoss, OfOneTaskIsItsCrossEntropyToTheBit) {
  Dataset dataset = ThreePhotos();
  dataset.tasks = {{"", 0, 5}};
  dataset.samples = {{"a", {4}}, {"b", {0}}, {"c", {2}}};
  const torch::Tensor weights = torch::tensor({1.0F, 2.0F, 0.5F, 1.0F, 3.0F});
  const torch::Tensor targets = TaskTargets(dataset, kAll, 0.1);
  EXPECT_TRUE(torch::equal(targets, SmoothedTargets({4, 0, 2}, 5, 0.1)));
  EXPECT_TRUE(
      torch::equal(TaskLoss(Logits(), targets, dataset.tasks, weights), CrossEntropy(Logits(), targets, weights)));
}

TEST(TaskLoss, MixedPhotosWeighWhatTheyAreLabelledFor) {
  const Dataset dataset = ThreePhotos();
  torch::Tensor targets = TaskTargets(dataset, kAll, 0);
  // The second photo is a quarter the first, the rest of it has no disease: its disease weighs a quarter.
  targets[1] = targets[1] * 0.75 + targets[0] * 0.25;
  const double crop = (Nll({0.5, 1.5}, 1) + 0.75 * Nll({2, 0}, 0) + 0.25 * Nll({2, 0}, 1)) / 2;
  const double disease = (Nll({1, 0, -1}, 0) + 0.25 * Nll({9, 9, 9}, 0) + Nll({0, 0, 3}, 2)) / 2.25;
  EXPECT_NEAR(TaskLoss(Logits(), targets, dataset.tasks, {}).item<double>(), (crop + disease) / 2, 1e-6);
}

TEST(BalancedWeights, AreOfEachTasksLabels) {
  Dataset dataset = ThreePhotos();
  dataset.samples = {{"a", {0, 2}}, {"b", {0, 3}}, {"c", {0, 4}}, {"d", {1, kNoLabel}}, {"e", {1, 2}, Split::kVal}};
  // crop: 4 / (2 * 3) and 4 / (2 * 1); disease: 3 / (3 * 1) each.
  EXPECT_TRUE(torch::allclose(BalancedWeights(dataset), torch::tensor({2.0F / 3, 2.0F, 1.0F, 1.0F, 1.0F})));
}

TEST(CountRight, CountsLabelledPhotosAlone) {
  const Dataset dataset = ThreePhotos();
  std::vector<TaskCount> counts(2);
  CountRight(Logits(), TaskTargets(dataset, kAll, 0.1), dataset.tasks, counts);
  EXPECT_EQ(counts[0].labelled, 2);
  EXPECT_EQ(counts[0].right, 2);
  EXPECT_EQ(counts[1].labelled, 2);
  EXPECT_EQ(counts[1].right, 2);
  torch::Tensor wrong = Logits();
  wrong[0][1] = -9;  // the first photo's crop
  CountRight(wrong, TaskTargets(dataset, kAll, 0.1), dataset.tasks, counts);
  EXPECT_EQ(counts[0].right, 3);
  EXPECT_NEAR(MeanAccuracy(counts), (0.75 + 1) / 2, 1e-12);
  counts[1] = {};
  EXPECT_NEAR(MeanAccuracy(counts), 0.75, 1e-12);
  EXPECT_EQ(MeanAccuracy(std::span<const TaskCount>()), 0);
}

}  // namespace
}  // namespace frond
