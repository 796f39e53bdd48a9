#include "src/data/linear_discriminant.h"

#include <algorithm>
#include <cmath>

namespace frond {
namespace {

// Columns with mean 0 and deviation 1; constant ones become 0.
std::vector<float> Standardised(const FoldedRows& rows) {
  const size_t D = rows.columns;
  const size_t N = rows.labels.size();
  std::vector<float> out(N * D);
  for (size_t d = 0; d < D; ++d) {
    const auto value = [&](size_t n) { return static_cast<double>(rows.features[n * D + d]); };
    double sum = 0;
    for (size_t n = 0; n < N; ++n) sum += value(n);
    const double mean = sum / static_cast<double>(N);
    double squares = 0;
    for (size_t n = 0; n < N; ++n) squares += (value(n) - mean) * (value(n) - mean);
    const double deviation = std::sqrt(squares / static_cast<double>(N));
    for (size_t n = 0; n < N && deviation > 1e-6; ++n) {
      out[n * D + d] = static_cast<float>((value(n) - mean) / deviation);
    }
  }
  return out;
}

// A = L L^T in place, in the lower triangle; A is positive definite once shrunk.
void Factorise(std::vector<double>& A, size_t D) {
  for (size_t i = 0; i < D; ++i) {
    for (size_t j = 0; j <= i; ++j) {
      double sum = A[i * D + j];
      for (size_t k = 0; k < j; ++k) sum -= A[i * D + k] * A[j * D + k];
      A[i * D + j] = i == j ? std::sqrt(std::max(sum, 1e-12)) : sum / A[j * D + j];
    }
  }
}

void Solve(const std::vector<double>& L, size_t D, std::vector<double>& x) {
  for (size_t i = 0; i < D; ++i) {
    for (size_t k = 0; k < i; ++k) x[i] -= L[i * D + k] * x[k];
    x[i] /= L[i * D + i];
  }
  for (size_t i = D; i-- > 0;) {
    for (size_t k = i + 1; k < D; ++k) x[i] -= L[k * D + i] * x[k];
    x[i] /= L[i * D + i];
  }
}

}  // namespace

double Discriminant::Score(size_t of_class, std::span<const float> row) const {
  double score = bias[of_class];
  for (size_t d = 0; d < row.size(); ++d) score += weights[of_class][d] * static_cast<double>(row[d]);
  return score;
}

Discriminant FitDiscriminant(const FoldedRows& rows, double shrinkage, int held_out) {
  const size_t D = rows.columns;
  const size_t N = rows.labels.size();
  const auto C = static_cast<size_t>(rows.classes);
  std::vector<std::vector<double>> means(C, std::vector<double>(D));
  std::vector<double> counts(C);
  double total = 0;
  for (size_t n = 0; n < N; ++n) {
    if (rows.folds[n] == held_out) continue;
    const auto c = static_cast<size_t>(rows.labels[n]);
    for (size_t d = 0; d < D; ++d) means[c][d] += static_cast<double>(rows.features[n * D + d]);
    ++counts[c];
    ++total;
  }
  for (size_t c = 0; c < C; ++c) {
    for (double& mean : means[c]) mean /= std::max(counts[c], 1.0);
  }
  std::vector<double> covariance(D * D);  // lower triangle
  std::vector<double> centred(D);
  for (size_t n = 0; n < N; ++n) {
    if (rows.folds[n] == held_out) continue;
    const std::vector<double>& mean = means[static_cast<size_t>(rows.labels[n])];
    for (size_t d = 0; d < D; ++d) {
      centred[d] = static_cast<double>(rows.features[n * D + d]) - mean[d];
    }
    for (size_t i = 0; i < D; ++i) {
      for (size_t j = 0; j <= i; ++j) covariance[i * D + j] += centred[i] * centred[j];
    }
  }
  double trace = 0;
  for (size_t i = 0; i < D; ++i) trace += covariance[i * D + i] / std::max(total, 1.0);
  for (double& value : covariance) value *= (1 - shrinkage) / std::max(total, 1.0);
  for (size_t i = 0; i < D; ++i) covariance[i * D + i] += shrinkage * trace / static_cast<double>(D) + 1e-9;
  Factorise(covariance, D);

  Discriminant fitted;
  for (size_t c = 0; c < C; ++c) {
    std::vector<double> weights = means[c];
    Solve(covariance, D, weights);
    double bias = counts[c] > 0 ? std::log(counts[c] / total) : -INFINITY;
    for (size_t d = 0; d < D; ++d) bias -= 0.5 * weights[d] * means[c][d];
    fitted.weights.push_back(std::move(weights));
    fitted.bias.push_back(bias);
  }
  return fitted;
}

std::vector<int> CrossValidatedClasses(const FoldedRows& rows) {
  constexpr double kShrinkage = 0.1;
  const std::vector<float> standardised = Standardised(rows);
  FoldedRows scaled = rows;
  scaled.features = standardised;
  std::vector<int> classes(rows.labels.size(), 0);
  for (int fold = 0; fold < rows.fold_count; ++fold) {
    if (std::find(rows.folds.begin(), rows.folds.end(), fold) == rows.folds.end()) continue;
    const Discriminant fitted = FitDiscriminant(scaled, kShrinkage, fold);
    for (size_t n = 0; n < classes.size(); ++n) {
      if (rows.folds[n] != fold) continue;
      double best = -INFINITY;
      for (size_t c = 0; c < fitted.bias.size(); ++c) {
        const double score = fitted.Score(c, scaled.features.subspan(n * rows.columns, rows.columns));
        if (score <= best) continue;
        best = score;
        classes[n] = static_cast<int>(c);
      }
    }
  }
  return classes;
}

}  // namespace frond
