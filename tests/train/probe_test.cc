#include "src/train/probe.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "src/data/random.h"

namespace frond {
namespace {

struct Rows {
  std::vector<float> features;
  std::vector<int> labels;
};

// Classes are normal around points `apart` along axes of their own.
Rows Clouds(int rows, int columns, int classes, double apart, uint64_t seed) {
  Random random({seed});
  Rows made;
  for (int n = 0; n < rows; ++n) {
    made.labels.push_back(n % classes);
    for (int d = 0; d < columns; ++d) {
      double normal = -6;
      for (int i = 0; i < 12; ++i) normal += random.Uniform();
      made.features.push_back(static_cast<float>(normal + (d == made.labels.back() ? apart : 0)));
    }
  }
  return made;
}

struct Answers {
  double accuracy = 0;
  double confidence = 0;
};

Answers Answer(const Probe& probe, const Rows& rows, size_t columns) {
  Answers answers;
  const size_t classes = probe.bias.size();
  for (size_t n = 0; n < rows.labels.size(); ++n) {
    std::vector<double> scores(classes);
    size_t best = 0;
    double sum = 0;
    for (size_t c = 0; c < classes; ++c) {
      double score = static_cast<double>(probe.bias[c]);
      for (size_t d = 0; d < columns; ++d) {
        score += static_cast<double>(probe.weights[c * columns + d] * rows.features[n * columns + d]);
      }
      scores[c] = std::exp(score);
      sum += scores[c];
      if (scores[c] > scores[best]) best = c;
    }
    answers.accuracy += static_cast<int>(best) == rows.labels[n] ? 1 : 0;
    answers.confidence += scores[best] / sum;
  }
  answers.accuracy /= static_cast<double>(rows.labels.size());
  answers.confidence /= static_cast<double>(rows.labels.size());
  return answers;
}

// On the mean of some draws: of 300 rows the accuracy itself is known to 3 points.
TEST(Probe, IsAsCertainOfNewRowsAsItIsRight) {
  constexpr int kColumns = 64;
  constexpr int kDraws = 8;
  for (const double apart : {1.0, 2.0, 4.0}) {
    double confidence = 0;
    double accuracy = 0;
    double expected = 0;
    for (uint64_t draw = 0; draw < kDraws; ++draw) {
      const Rows known = Clouds(300, kColumns, 3, apart, 2 * draw);
      const Rows fresh = Clouds(600, kColumns, 3, apart, 2 * draw + 1);
      const Probe probe = FitProbe(known.features, kColumns, known.labels, 3);
      const Answers answers = Answer(probe, fresh, kColumns);
      confidence += answers.confidence / kDraws;
      accuracy += answers.accuracy / kDraws;
      expected += probe.accuracy / kDraws;
    }
    EXPECT_NEAR(confidence, accuracy, 0.04) << apart;
    EXPECT_NEAR(expected, accuracy, 0.04) << apart;
    EXPECT_GT(accuracy, apart < 2 ? 0.4 : 0.7) << apart;
  }
}

// Features times ten and moved are the same features: so are the answers.
TEST(Probe, UnitsOfFeaturesDoNotMatter) {
  const Rows rows = Clouds(90, 8, 3, 2, 3);
  Rows other = rows;
  for (float& value : other.features) value = 10 * value + 5;
  const Answers a = Answer(FitProbe(rows.features, 8, rows.labels, 3), rows, 8);
  const Answers b = Answer(FitProbe(other.features, 8, other.labels, 3), other, 8);
  EXPECT_EQ(a.accuracy, b.accuracy);
  EXPECT_NEAR(a.confidence, b.confidence, 1e-3);
}

TEST(Probe, FewPhotosMakeFiniteWeights) {
  for (const auto& labels : {std::vector<int>{0, 1}, std::vector<int>{0, 0, 1}, std::vector<int>{0, 0, 2, 2, 2}}) {
    const std::vector<float> features(labels.size() * 4, 0.5F);
    const Probe probe = FitProbe(features, 4, labels, 3);
    ASSERT_EQ(probe.weights.size(), 12U);
    ASSERT_EQ(probe.bias.size(), 3U);
    for (const float value : probe.weights) EXPECT_TRUE(std::isfinite(value));
    for (const float value : probe.bias) EXPECT_TRUE(std::isfinite(value));
  }
}

}  // namespace
}  // namespace frond
