// MMD beside a double loop, and the permutation test's promises.

#include "src/monitor/kernel_test.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "src/monitor/eigen.h"
#include "src/monitor/significance.h"

namespace frond {
namespace {

constexpr size_t kDimensions = 5;

std::vector<float> Points(size_t count, std::mt19937_64& random, float shift = 0) {
  std::normal_distribution<float> normal(shift, 1);
  std::vector<float> points(count * kDimensions);
  for (float& value : points) value = normal(random);
  return points;
}

double NaiveMean(const std::vector<float>& a, const std::vector<float>& b, double scale) {
  double sum = 0;
  for (size_t i = 0; i < a.size(); i += kDimensions) {
    for (size_t j = 0; j < b.size(); j += kDimensions) {
      double square = 0;
      for (size_t d = 0; d < kDimensions; ++d) square += std::pow(static_cast<double>(a[i + d]) - b[j + d], 2);
      sum += 1 / (1 + square * scale);
    }
  }
  return sum / (static_cast<double>(a.size() / kDimensions) * static_cast<double>(b.size() / kDimensions));
}

double NaiveMmd2(const std::vector<float>& a, const std::vector<float>& b, double scale) {
  return NaiveMean(a, a, scale) - 2 * NaiveMean(a, b, scale) + NaiveMean(b, b, scale);
}

TEST(Mmd, IsTheDoubleLoops) {
  std::mt19937_64 random(1);
  for (const size_t count : {2U, 9U, 40U}) {
    const std::vector<float> there = Points(count, random);
    const KernelReference reference(there, kDimensions);
    for (const size_t n : {1U, 7U, 33U}) {
      const std::vector<float> here = Points(n, random, 0.5);
      const Result<KernelTestResult> result = PermutationTest(reference, here, 20, 1);
      ASSERT_TRUE(result.ok());
      EXPECT_NEAR(result->mmd2, NaiveMmd2(here, there, reference.scale()), 1e-5);
    }
  }
}

TEST(Mmd, OfASlidingWindowIsThatOfItsPoints) {
  std::mt19937_64 random(2);
  const std::vector<float> there = Points(30, random);
  const KernelReference reference(there, kDimensions);
  KernelWindow window(reference, 12);
  const std::vector<float> stream = Points(50, random, 0.3F);
  for (size_t i = 0; i < 50; ++i) {
    window.Add(std::span(stream).subspan(i * kDimensions, kDimensions));
    for (const size_t n : {1U, 5U, 12U}) {
      if (n > window.count()) continue;
      const std::vector<float> last(stream.begin() + static_cast<std::ptrdiff_t>((i + 1 - n) * kDimensions),
                                    stream.begin() + static_cast<std::ptrdiff_t>((i + 1) * kDimensions));
      EXPECT_NEAR(window.Discrepancy(n), NaiveMmd2(last, there, reference.scale()), 1e-5) << i << " " << n;
    }
  }
}

TEST(Mmd, PermutationPValuesAreUniformWithoutADifference) {
  constexpr int kTrials = 400;
  std::mt19937_64 random(3);
  std::vector<int> tenths(10);
  int below_5_percent = 0;
  for (int trial = 0; trial < kTrials; ++trial) {
    const KernelReference reference(Points(25, random), kDimensions);
    const double p = PermutationTest(reference, Points(15, random), 99, static_cast<uint64_t>(trial))->p_value;
    ++tenths[std::min<size_t>(9, static_cast<size_t>(p * 10))];
    below_5_percent += p <= 0.05 ? 1 : 0;
  }
  double chi_square = 0;
  for (const int count : tenths) chi_square += std::pow(count - kTrials / 10.0, 2) / (kTrials / 10.0);
  EXPECT_LT(chi_square, 27.9);  // 0.1 % of 9 degrees of freedom
  EXPECT_LT(below_5_percent, 0.09 * kTrials);
}

TEST(Mmd, SpectralPValuesAreCloseToThem) {
  constexpr int kTrials = 300;
  std::mt19937_64 random(4);
  int below_5_percent = 0;
  int below_1_percent = 0;
  for (int trial = 0; trial < kTrials; ++trial) {
    const KernelReference reference(Points(60, random), kDimensions);
    KernelWindow window(reference, 30);
    const std::vector<float> here = Points(30, random);
    for (size_t i = 0; i < 30; ++i) window.Add(std::span(here).subspan(i * kDimensions, kDimensions));
    const double p = reference.Tail(window.Discrepancy(30), 30, 60);
    below_5_percent += p < 0.05 ? 1 : 0;
    below_1_percent += p < 0.01 ? 1 : 0;
  }
  EXPECT_LT(below_5_percent, 0.1 * kTrials);
  EXPECT_GT(below_5_percent, 0.02 * kTrials);
  EXPECT_LT(below_1_percent, 0.03 * kTrials);
}

TEST(Mmd, SeesWhatDiffers) {
  std::mt19937_64 random(5);
  const KernelReference reference(Points(100, random), kDimensions);
  EXPECT_LE(PermutationTest(reference, Points(30, random, 1), 99, 1)->p_value, 0.01);
}

TEST(Mmd, RefusesWhatAreNoPoints) {
  std::mt19937_64 random(6);
  const KernelReference reference(Points(10, random), kDimensions);
  std::vector<float> points = Points(3, random);
  EXPECT_EQ(PermutationTest(reference, {}, 9, 1).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(PermutationTest(reference, std::span(points).first(7), 9, 1).error().code, ErrorCode::kInvalidArgument);
  points[4] = std::numeric_limits<float>::infinity();
  EXPECT_EQ(PermutationTest(reference, points, 9, 1).error().code, ErrorCode::kInvalidArgument);
}

TEST(Mmd, PointsThatAreAllOneDoNoHarm) {
  const std::vector<float> same(10 * kDimensions, 3.0F);
  const KernelReference reference(same, kDimensions);
  const Result<KernelTestResult> result = PermutationTest(reference, same, 19, 1);
  EXPECT_NEAR(result->mmd2, 0, 1e-6);
  EXPECT_EQ(result->p_value, 1);
  EXPECT_GE(reference.Tail(0, 10, 10), 0);
}

TEST(Eigenpairs, OfAMatrixThatWasMadeOfThem) {
  constexpr size_t kSize = 40;
  std::mt19937_64 random(7);
  std::normal_distribution<double> normal;
  std::vector<double> matrix(kSize * kSize);
  // sum of 20 / (k + 1) v v^T over orthonormal v: columns of a product of reflections.
  std::vector<std::vector<double>> vectors(kSize, std::vector<double>(kSize));
  for (size_t k = 0; k < kSize; ++k) vectors[k][k] = 1;
  for (int r = 0; r < 6; ++r) {
    std::vector<double> axis(kSize);
    double square = 0;
    for (double& value : axis) {
      value = normal(random);
      square += value * value;
    }
    for (auto& v : vectors) {
      double along = 0;
      for (size_t i = 0; i < kSize; ++i) along += v[i] * axis[i];
      for (size_t i = 0; i < kSize; ++i) v[i] -= 2 * along / square * axis[i];
    }
  }
  for (size_t k = 0; k < kSize; ++k) {
    for (size_t i = 0; i < kSize; ++i) {
      for (size_t j = 0; j < kSize; ++j) {
        matrix[i * kSize + j] += 20.0 / static_cast<double>(k + 1) * vectors[k][i] * vectors[k][j];
      }
    }
  }
  const Eigenpairs pairs = LargestEigenpairs(matrix, kSize, 5);
  ASSERT_EQ(pairs.values.size(), 5U);
  for (size_t k = 0; k < 5; ++k) {
    EXPECT_NEAR(pairs.values[k], 20.0 / static_cast<double>(k + 1), 1e-6);
    double along = 0;
    for (size_t i = 0; i < kSize; ++i) along += pairs.vectors[k * kSize + i] * vectors[k][i];
    EXPECT_NEAR(std::abs(along), 1, 1e-6);
  }
}

}  // namespace
}  // namespace frond
