#include "src/train/probe.h"

#include <algorithm>
#include <cmath>

#include "src/data/linear_discriminant.h"
#include "src/evaluate/evaluation.h"

namespace frond {
namespace {

// What is fitted to a fifth less knows less, and its scale is too modest: of few rows, where a fit costs little, blocks
// are small. On the folds below the classifier is right for 88.4 %, and with 5, 10 and 20 blocks sure of 81.3, 82.9 and
// 84.3.
constexpr int kFolds = 5;
constexpr int kFoldsOfFewRows = 20;
// Of half and half covariance and identity. On the features of 320 photos of food in five blocked folds, shrinkages of
// 0.1, 0.5 and 0.9 are right for 86.6, 88.4 and 87.2 %, a logistic regression for 85.9 %.
constexpr double kShrinkage = 0.5;

std::vector<int> BlocksOfClasses(std::span<const int> labels, int classes, int folds_of_class) {
  std::vector<int> counts(static_cast<size_t>(classes));
  for (const int label : labels) ++counts[static_cast<size_t>(label)];
  std::vector<int> seen(counts.size());
  std::vector<int> folds;
  for (const int label : labels) {
    const auto c = static_cast<size_t>(label);
    folds.push_back(seen[c]++ * folds_of_class / counts[c]);
  }
  return folds;
}

// A row's scores of all classes; one that has no photos is as unlikely as the least likely other.
void AppendScores(const Discriminant& fitted, std::span<const float> row, std::vector<float>& logits) {
  const size_t first = logits.size();
  float least = INFINITY;
  for (size_t c = 0; c < fitted.bias.size(); ++c) {
    logits.push_back(static_cast<float>(fitted.Score(c, row)));
    if (std::isfinite(logits.back())) least = std::min(least, logits.back());
  }
  for (size_t i = first; i < logits.size(); ++i) {
    if (!std::isfinite(logits[i])) logits[i] = std::isfinite(least) ? least : 0;
  }
}

// The deviation of scores within a row, so that a temperature is looked for around 1.
double Spread(const std::vector<float>& logits, size_t classes) {
  double squares = 0;
  for (size_t first = 0; first < logits.size(); first += classes) {
    double mean = 0;
    for (size_t c = 0; c < classes; ++c) mean += static_cast<double>(logits[first + c]) / static_cast<double>(classes);
    for (size_t c = 0; c < classes; ++c) {
      const double apart = static_cast<double>(logits[first + c]) - mean;
      squares += apart * apart;
    }
  }
  return std::max(1e-12, std::sqrt(squares / static_cast<double>(std::max<size_t>(1, logits.size()))));
}

}  // namespace

Probe FitProbe(std::span<const float> features, size_t columns, std::span<const int> labels, int classes) {
  const int fold_count = labels.size() < columns ? kFoldsOfFewRows : kFolds;
  const std::vector<int> folds = BlocksOfClasses(labels, classes, fold_count);
  const FoldedRows rows{features, columns, labels, folds, classes, fold_count};
  const auto C = static_cast<size_t>(classes);
  Predictions left_out;
  left_out.labels.resize(C);
  size_t right = 0;
  for (int fold = 0; fold < fold_count; ++fold) {
    const Discriminant fitted = FitDiscriminant(rows, kShrinkage, fold);
    for (size_t n = 0; n < labels.size(); ++n) {
      if (folds[n] != fold) continue;
      AppendScores(fitted, features.subspan(n * columns, columns), left_out.logits);
      left_out.paths.emplace_back();
      left_out.truth.push_back(labels[n]);
      const auto row = left_out.logits.end() - classes;
      right += std::max_element(row, left_out.logits.end()) - row == labels[n] ? 1 : 0;
    }
  }
  const double spread = Spread(left_out.logits, C);
  for (float& logit : left_out.logits) logit = static_cast<float>(static_cast<double>(logit) / spread);
  const Result<double> temperature = FitTemperature(left_out);
  const double scale = spread * (temperature.ok() ? *temperature : 1);

  Discriminant fitted = FitDiscriminant(rows, kShrinkage);
  Probe probe;
  probe.accuracy = static_cast<double>(right) / static_cast<double>(std::max<size_t>(1, labels.size()));
  double least = INFINITY;
  for (const double bias : fitted.bias) least = std::isfinite(bias) ? std::min(least, bias) : least;
  for (size_t c = 0; c < C; ++c) {
    for (const double weight : fitted.weights[c]) probe.weights.push_back(static_cast<float>(weight / scale));
    probe.bias.push_back(static_cast<float>((std::isfinite(fitted.bias[c]) ? fitted.bias[c] : least) / scale));
  }
  return probe;
}

}  // namespace frond
