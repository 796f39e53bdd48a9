#include "src/train/probe.h"

#include <algorithm>
#include <cmath>

#include "src/data/linear_discriminant.h"

namespace frond {
namespace {

// Blocks that are left out in turn: small ones where a fit costs little, since what is fitted to a fifth less knows
// less. With 5, 10 and 20 the classifier of the folds below is sure of 85.6, 86.1 and 86.3 %, and right for 88.4.
int FoldCount(size_t rows, size_t columns) {
  constexpr double kCheap = 1e9;  // multiplications a fit
  const double cost =
      static_cast<double>(rows) * static_cast<double>(columns) * static_cast<double>(std::min(rows, columns));
  return cost < kCheap ? 20 : 5;
}

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

// The mean probability of the likeliest class, of rows of `classes` scores that are divided by `scale`.
double MeanConfidence(const std::vector<float>& scores, size_t classes, double scale) {
  double confidence = 0;
  for (size_t first = 0; first < scores.size(); first += classes) {
    const std::span<const float> row = std::span(scores).subspan(first, classes);
    const auto most = static_cast<double>(std::ranges::max(row));
    double sum = 0;
    for (const float score : row) sum += std::exp((static_cast<double>(score) - most) / scale);
    confidence += 1 / sum;
  }
  return confidence * static_cast<double>(classes) / static_cast<double>(std::max<size_t>(1, scores.size()));
}

// What scores are divided by to be as certain as `accuracy` says (expectation consistency, Clarte et al. 2023). On the
// folds above the least negative log likelihood makes a probe sure of 84 % where it is right for 88 %: some photos of
// which it is sure and wrong weigh more there than many of which it is too modest.
double ConsistentScale(const std::vector<float>& scores, size_t classes, double accuracy) {
  double low = 1e-6;
  double high = 1e9;  // scores of features of any unit
  while (high / low > 1.0001) {
    const double scale = std::sqrt(low * high);
    (MeanConfidence(scores, classes, scale) > accuracy ? low : high) = scale;
  }
  return std::sqrt(low * high);
}

}  // namespace

Probe FitProbe(std::span<const float> features, size_t columns, std::span<const int> labels, int classes) {
  const int fold_count = FoldCount(labels.size(), columns);
  const std::vector<int> folds = BlocksOfClasses(labels, classes, fold_count);
  const FoldedRows rows{features, columns, labels, folds, classes, fold_count};
  const auto C = static_cast<size_t>(classes);
  std::vector<float> left_out;  // rows x classes
  double right = 0;
  for (int fold = 0; fold < fold_count; ++fold) {
    const Discriminant fitted = FitDiscriminant(rows, kShrinkage, fold);
    for (size_t n = 0; n < labels.size(); ++n) {
      if (folds[n] != fold) continue;
      AppendScores(fitted, features.subspan(n * columns, columns), left_out);
      const auto row = left_out.end() - classes;
      right += std::max_element(row, left_out.end()) - row == labels[n] ? 1 : 0;
    }
  }
  // Laplace's rule, for few rows that are all right are no certainty.
  const double scale = ConsistentScale(left_out, C, (right + 1) / (static_cast<double>(labels.size()) + 2));

  Discriminant fitted = FitDiscriminant(rows, kShrinkage);
  Probe probe;
  probe.accuracy = right / static_cast<double>(std::max<size_t>(1, labels.size()));
  double least = INFINITY;
  for (const double bias : fitted.bias) least = std::isfinite(bias) ? std::min(least, bias) : least;
  for (size_t c = 0; c < C; ++c) {
    for (const double weight : fitted.weights[c]) probe.weights.push_back(static_cast<float>(weight / scale));
    probe.bias.push_back(static_cast<float>((std::isfinite(fitted.bias[c]) ? fitted.bias[c] : least) / scale));
  }
  return probe;
}

}  // namespace frond
