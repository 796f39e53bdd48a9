#ifndef FROND_SRC_DATA_LINEAR_DISCRIMINANT_H_
#define FROND_SRC_DATA_LINEAR_DISCRIMINANT_H_

#include <cstddef>
#include <span>
#include <vector>

namespace frond {

// Rows of features with their classes and folds.
struct FoldedRows {
  std::span<const float> features;  // rows x columns
  size_t columns = 0;
  std::span<const int> labels;  // of each row, 0 to classes - 1
  std::span<const int> folds;   // likewise, 0 to fold_count - 1
  int classes = 0;
  int fold_count = 0;
};

constexpr int kNoFold = -1;

// Fisher's linear discriminant (1936; Gaussians of one covariance, priors as counted): a row's log probability of a
// class is weights . row + bias, but for a number that all classes share.
struct Discriminant {
  std::vector<std::vector<double>> weights;  // classes x columns
  std::vector<double> bias;                  // -inf for a class without rows

  double Score(size_t of_class, std::span<const float> row) const;
};

// Fitted to the rows that are not of fold `held_out`. The covariance is shrunk by `shrinkage` towards its mean variance
// times the identity, so that columns may outnumber rows: as scikit-learn's
// LinearDiscriminantAnalysis(solver="lsqr", shrinkage=...). Chosen over logistic regression since it has no steps to
// tune and costs one Cholesky factor.
Discriminant FitDiscriminant(const FoldedRows& rows, double shrinkage, int held_out = kNoFold);

// For each row, the class that a discriminant gives it when fitted to the rows of the other folds, columns scaled to
// deviation 1 over all rows, shrinkage 0.1. A class without rows in the other folds is never given.
std::vector<int> CrossValidatedClasses(const FoldedRows& rows);

}  // namespace frond

#endif  // FROND_SRC_DATA_LINEAR_DISCRIMINANT_H_
