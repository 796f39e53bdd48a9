#include "src/monitor/eigen.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>

namespace frond {
namespace {

constexpr size_t kSpare = 8;
constexpr int kIterations = 24;
constexpr int kSweeps = 20;

double Dot(const double* a, const double* b, size_t n) {
  double sums[4] = {};
  size_t i = 0;
  for (; i + 4 <= n; i += 4) {
    for (size_t k = 0; k < 4; ++k) sums[k] += a[i + k] * b[i + k];
  }
  for (; i < n; ++i) sums[0] += a[i] * b[i];
  return sums[0] + sums[1] + sums[2] + sums[3];
}

// Gram and Schmidt, twice, for what rounding leaves. A row that depends on those before becomes 0.
void Orthonormalise(std::vector<double>& rows, size_t count, size_t n) {
  for (size_t r = 0; r < count; ++r) {
    double* row = rows.data() + r * n;
    const double before = std::sqrt(Dot(row, row, n));
    for (int pass = 0; pass < 2; ++pass) {
      for (size_t q = 0; q < r; ++q) {
        const double* other = rows.data() + q * n;
        const double along = Dot(row, other, n);
        for (size_t i = 0; i < n; ++i) row[i] -= along * other[i];
      }
    }
    const double length = std::sqrt(Dot(row, row, n));
    const double scale = length > 1e-10 * before && length > 0 ? 1 / length : 0;
    for (size_t i = 0; i < n; ++i) row[i] *= scale;
  }
}

std::vector<double> Times(const std::vector<double>& rows, size_t count, std::span<const double> matrix, size_t n) {
  std::vector<double> product(count * n);
  for (size_t i = 0; i < n; ++i) {
    for (size_t r = 0; r < count; ++r) product[r * n + i] = Dot(rows.data() + r * n, matrix.data() + i * n, n);
  }
  return product;
}

// Eigenvalues on the diagonal of `a` (k x k), vectors in the columns of the result, by Jacobi's rotations.
std::vector<double> Jacobi(std::vector<double>& a, size_t k) {
  std::vector<double> v(k * k);
  for (size_t i = 0; i < k; ++i) v[i * k + i] = 1;
  for (int sweep = 0; sweep < kSweeps; ++sweep) {
    for (size_t p = 0; p < k; ++p) {
      for (size_t q = p + 1; q < k; ++q) {
        const double off = a[p * k + q];
        if (std::abs(off) <= 1e-15 * std::sqrt(std::abs(a[p * k + p] * a[q * k + q]))) continue;
        const double theta = (a[q * k + q] - a[p * k + p]) / (2 * off);
        const double t = (theta < 0 ? -1 : 1) / (std::abs(theta) + std::sqrt(theta * theta + 1));
        const double c = 1 / std::sqrt(t * t + 1);
        const double s = t * c;
        for (size_t i = 0; i < k; ++i) {
          const double ip = a[i * k + p];
          const double iq = a[i * k + q];
          a[i * k + p] = c * ip - s * iq;
          a[i * k + q] = s * ip + c * iq;
        }
        for (size_t i = 0; i < k; ++i) {
          const double pi = a[p * k + i];
          const double qi = a[q * k + i];
          a[p * k + i] = c * pi - s * qi;
          a[q * k + i] = s * pi + c * qi;
          const double vp = v[i * k + p];
          const double vq = v[i * k + q];
          v[i * k + p] = c * vp - s * vq;
          v[i * k + q] = s * vp + c * vq;
        }
      }
    }
  }
  return v;
}

}  // namespace

Eigenpairs LargestEigenpairs(std::span<const double> matrix, size_t n, size_t count) {
  count = std::min(count, n);
  const size_t k = std::min(n, count + kSpare);
  std::mt19937_64 random(1);
  std::normal_distribution<double> normal;
  std::vector<double> rows(k * n);
  for (double& value : rows) value = normal(random);
  Orthonormalise(rows, k, n);
  for (int i = 0; i < kIterations; ++i) {
    rows = Times(rows, k, matrix, n);
    Orthonormalise(rows, k, n);
  }
  const std::vector<double> images = Times(rows, k, matrix, n);
  std::vector<double> small(k * k);
  for (size_t p = 0; p < k; ++p) {
    for (size_t q = 0; q < k; ++q) small[p * k + q] = Dot(rows.data() + p * n, images.data() + q * n, n);
  }
  const std::vector<double> turn = Jacobi(small, k);
  std::vector<size_t> order(k);
  std::iota(order.begin(), order.end(), size_t{0});
  std::ranges::sort(order, [&](size_t a, size_t b) { return small[a * k + a] > small[b * k + b]; });
  Eigenpairs pairs;
  pairs.vectors.resize(count * n);
  for (size_t j = 0; j < count; ++j) {
    const size_t from = order[j];
    pairs.values.push_back(std::max(0.0, small[from * k + from]));
    for (size_t p = 0; p < k; ++p) {
      const double share = turn[p * k + from];
      for (size_t i = 0; i < n; ++i) pairs.vectors[j * n + i] += share * rows[p * n + i];
    }
  }
  return pairs;
}

}  // namespace frond
