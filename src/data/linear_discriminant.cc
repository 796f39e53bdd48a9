#include "src/data/linear_discriminant.h"

#include <algorithm>
#include <cmath>
#include <utility>

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

double Dot(const double* a, const double* b, size_t count) {
  double sum = 0;
  for (size_t i = 0; i < count; ++i) sum += a[i] * b[i];
  return sum;
}

// A positive definite matrix as its Cholesky factor.
class Factor {
 public:
  // The lower triangle of A, D x D.
  Factor(std::vector<double> A, size_t D) : lower_(std::move(A)), side_(D) {
    for (size_t i = 0; i < D; ++i) {
      for (size_t j = 0; j <= i; ++j) {
        const double sum = lower_[i * D + j] - Dot(&lower_[i * D], &lower_[j * D], j);
        lower_[i * D + j] = i == j ? std::sqrt(std::max(sum, 1e-12)) : sum / lower_[j * D + j];
      }
    }
  }

  // A^-1 x
  std::vector<double> Solve(std::vector<double> x) const {
    for (size_t i = 0; i < side_; ++i) x[i] = (x[i] - Dot(&lower_[i * side_], x.data(), i)) / lower_[i * side_ + i];
    for (size_t i = side_; i-- > 0;) {
      for (size_t k = i + 1; k < side_; ++k) x[i] -= lower_[k * side_ + i] * x[k];
      x[i] /= lower_[i * side_ + i];
    }
    return x;
  }

 private:
  std::vector<double> lower_;
  size_t side_;
};

// The shrunken covariance a I + b R^T R of centred rows R, N x D, and its inverse: by a factor of D x D, or where rows
// are fewer than columns of N x N, since (a I + b R^T R)^-1 = (I - b R^T (a I + b R R^T)^-1 R) / a (Woodbury 1950).
class ShrunkCovariance {
 public:
  ShrunkCovariance(std::vector<double> rows, size_t N, size_t D, double shrinkage)
      : rows_(std::move(rows)),
        count_(N),
        columns_(D),
        a_(shrinkage * Dot(rows_.data(), rows_.data(), N * D) / AtLeastOne(N) / static_cast<double>(D) + 1e-9),
        b_((1 - shrinkage) / AtLeastOne(N)),
        factor_(N < D ? OfRows() : OfColumns(), std::min(N, D)) {}

  // Its inverse times x.
  std::vector<double> Solve(const std::vector<double>& x) const {
    if (count_ >= columns_) return factor_.Solve(x);
    std::vector<double> inner(count_);
    for (size_t n = 0; n < count_; ++n) inner[n] = Dot(&rows_[n * columns_], x.data(), columns_);
    inner = factor_.Solve(std::move(inner));
    std::vector<double> solved = x;
    for (size_t n = 0; n < count_; ++n) {
      for (size_t d = 0; d < columns_; ++d) solved[d] -= b_ * inner[n] * rows_[n * columns_ + d];
    }
    for (double& value : solved) value /= a_;
    return solved;
  }

 private:
  static double AtLeastOne(size_t count) { return std::max(static_cast<double>(count), 1.0); }

  // a I + b R R^T, its lower triangle.
  std::vector<double> OfRows() const {
    std::vector<double> matrix(count_ * count_);
    for (size_t i = 0; i < count_; ++i) {
      for (size_t j = 0; j <= i; ++j) {
        matrix[i * count_ + j] = b_ * Dot(&rows_[i * columns_], &rows_[j * columns_], columns_);
      }
      matrix[i * count_ + i] += a_;
    }
    return matrix;
  }

  // a I + b R^T R, likewise.
  std::vector<double> OfColumns() const {
    std::vector<double> matrix(columns_ * columns_);
    for (size_t n = 0; n < count_; ++n) {
      const double* row = &rows_[n * columns_];
      for (size_t i = 0; i < columns_; ++i) {
        for (size_t j = 0; j <= i; ++j) matrix[i * columns_ + j] += b_ * row[i] * row[j];
      }
    }
    for (size_t i = 0; i < columns_; ++i) matrix[i * columns_ + i] += a_;
    return matrix;
  }

  std::vector<double> rows_;
  size_t count_;
  size_t columns_;
  double a_;
  double b_;
  Factor factor_;
};

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
  std::vector<double> centred;
  for (size_t n = 0; n < N; ++n) {
    if (rows.folds[n] == held_out) continue;
    const std::vector<double>& mean = means[static_cast<size_t>(rows.labels[n])];
    for (size_t d = 0; d < D; ++d) centred.push_back(static_cast<double>(rows.features[n * D + d]) - mean[d]);
  }
  const ShrunkCovariance covariance(std::move(centred), static_cast<size_t>(total), D, shrinkage);

  Discriminant fitted;
  for (size_t c = 0; c < C; ++c) {
    std::vector<double> weights = covariance.Solve(means[c]);
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
