// Tail probabilities beside closed forms, exact sums and draws.

#include "src/monitor/significance.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

namespace frond {
namespace {

// P(chi-square of 2k degrees > x), in closed form.
double ChiSquareTail(int k, double x) {
  double term = 1;
  double sum = 0;
  for (int i = 0; i < k; ++i) {
    sum += term;
    term *= x / 2 / (i + 1);
  }
  return std::exp(-x / 2) * sum;
}

TEST(WeightedChiSquareTail, OfEqualWeightsIsTheChiSquare) {
  for (const int k : {1, 2, 5, 20}) {
    const std::vector<double> weights(static_cast<size_t>(2 * k), 0.5);
    for (double x = 0.2 * k; x < 30 + 6 * k; x *= 1.3) {
      const double exact = ChiSquareTail(k, x);
      EXPECT_NEAR(WeightedChiSquareTail(weights, 3, 3 + 0.5 * x) / exact, 1, 0.05) << k << " " << x;
    }
  }
}

TEST(WeightedChiSquareTail, FallsAllTheWay) {
  const std::vector<double> weights = {1, 0.5, 0.1, 0.01};
  double before = 1;
  for (double value = 0.01; value < 60; value += 0.01) {
    const double p = WeightedChiSquareTail(weights, 0, value);
    EXPECT_LE(p, before + 2e-3) << value;
    before = p;
  }
  EXPECT_LT(before, 1e-12);
  EXPECT_EQ(WeightedChiSquareTail(weights, 1, 0.5), 1);
  EXPECT_EQ(WeightedChiSquareTail({}, 1, 0.5), 1);
}

TEST(KolmogorovTail, IsUniformWithoutADifference) {
  std::mt19937_64 random(1);
  std::uniform_real_distribution<> uniform;
  constexpr int kTrials = 4000;
  int below_5_percent = 0;
  int below_1_percent = 0;
  for (int trial = 0; trial < kTrials; ++trial) {
    std::vector<std::pair<double, bool>> all;
    for (int i = 0; i < 130; ++i) all.emplace_back(uniform(random), i < 30);
    std::ranges::sort(all);
    double d = 0;
    double difference = 0;
    for (const auto& [value, first] : all) {
      difference += first ? 1.0 / 30 : -1.0 / 100;
      d = std::max(d, std::abs(difference));
    }
    const double p = KolmogorovTail(d, 30, 100);
    below_5_percent += p < 0.05 ? 1 : 0;
    below_1_percent += p < 0.01 ? 1 : 0;
  }
  // Discrete, and so a little less than that.
  EXPECT_LT(below_5_percent, 0.06 * kTrials);
  EXPECT_GT(below_5_percent, 0.03 * kTrials);
  EXPECT_LT(below_1_percent, 0.015 * kTrials);
  EXPECT_EQ(KolmogorovTail(0.5, 0, 100), 1);
}

TEST(ShareTail, OfAKnownShareIsTheBinomial) {
  constexpr int kPhotos = 40;
  for (const double share : {0.02, 0.2, 0.7}) {
    for (int count = 0; count <= kPhotos; ++count) {
      double above = 0;
      double below = 0;
      for (int k = 0; k <= kPhotos; ++k) {
        const double p = std::exp(std::lgamma(kPhotos + 1.0) - std::lgamma(k + 1.0) - std::lgamma(kPhotos - k + 1.0) +
                                  k * std::log(share) + (kPhotos - k) * std::log(1 - share));
        (k >= count ? above : below) += p;
        if (k == count) below += p;
      }
      const double exact = std::min(1.0, 2 * std::min(above, below));
      EXPECT_NEAR(ShareTail(count, kPhotos, share, 1e-5) / exact, 1, 1e-2) << share << " " << count;
    }
  }
}

TEST(ShareTail, BelievesLessWhatIsKnownLess) {
  EXPECT_LT(ShareTail(60, 100, 0.3, 0.01), 1e-6);
  EXPECT_GT(ShareTail(60, 100, 0.3, 0.1), 1e-3);
  EXPECT_EQ(ShareTail(0, 0, 0.3, 0.1), 1);
  EXPECT_LE(ShareTail(0.5, 0.9, 0.3, 0.1), 1);
}

TEST(EffectiveCount, EndsAtOneOverTheCorrelation) {
  EXPECT_EQ(EffectiveCount(1, 0.01), 1);
  EXPECT_NEAR(EffectiveCount(101, 0.01), 50.5, 1e-9);
  EXPECT_LT(EffectiveCount(1e9, 0.01), 100);
  EXPECT_EQ(EffectiveCount(50, 0), 50);
}

}  // namespace
}  // namespace frond
