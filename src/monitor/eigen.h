#ifndef FROND_SRC_MONITOR_EIGEN_H_
#define FROND_SRC_MONITOR_EIGEN_H_

#include <cstddef>
#include <span>
#include <vector>

namespace frond {

struct Eigenpairs {
  std::vector<double> values;   // largest first
  std::vector<double> vectors;  // values.size() x n, each of length 1
};

// The `count` largest eigenvalues, and their vectors, of a symmetric n x n matrix without negative ones: orthogonal
// iteration with some vectors to spare, then Rayleigh and Ritz (Golub & Van Loan, section 8.2). To some thousandths of
// the largest; of n = 256 and 32 of them in a few tens of milliseconds.
Eigenpairs LargestEigenpairs(std::span<const double> matrix, size_t n, size_t count);

}  // namespace frond

#endif  // FROND_SRC_MONITOR_EIGEN_H_
