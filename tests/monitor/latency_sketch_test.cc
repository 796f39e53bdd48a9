// Quantiles of the sketch beside those of the sorted values.

#include "src/monitor/latency_sketch.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <random>
#include <vector>

#include "src/monitor/sliding.h"

namespace frond {
namespace {

constexpr double kQuantiles[] = {0, 0.001, 0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 0.9999, 1};

void ExpectWithinOnePercent(const LatencySketch& sketch, std::vector<double> values) {
  ASSERT_EQ(sketch.count(), values.size());
  std::ranges::sort(values);
  for (const double q : kQuantiles) {
    const double exact = values[static_cast<size_t>(q * static_cast<double>(values.size() - 1))];
    EXPECT_NEAR(sketch.Quantile(q), exact, LatencySketch::kRelativeError * exact) << "quantile " << q;
  }
}

struct Stream {
  const char* name;
  std::function<double(std::mt19937_64&)> next;
};

double Uniform(std::mt19937_64& random) { return std::uniform_real_distribution<double>(0, 1)(random); }

const Stream kStreams[] = {
    {"constant", [](auto&) { return 12.345; }},
    {"heavy-tailed", [](auto& random) { return 0.5 * std::pow(1 - Uniform(random), -1 / 0.8); }},  // Pareto, no mean
    {"bimodal",
     [](auto& random) { return Uniform(random) < 0.5 ? 2 + Uniform(random) : 1900 + 100 * Uniform(random); }},
    // Every value at the very bound of a bucket, and the largest and least that are told apart.
    {"adversarial",
     [](auto& random) {
       const double step = 0.99 * LatencySketch::kRelativeError;
       const double bound = std::pow((1 + step) / (1 - step), std::floor(1500 * Uniform(random)));
       const double nudge = 1 + (Uniform(random) - 0.5) * 1e-15;
       return std::min(LatencySketch::kLeastMs * bound * nudge, LatencySketch::kMostMs);
     }},
};

class Streams : public testing::TestWithParam<int> {};
INSTANTIATE_TEST_SUITE_P(All, Streams, testing::Range(0, 4));

TEST_P(Streams, TenMillionValuesAreWithinOnePercent) {
  const Stream& stream = kStreams[GetParam()];
  SCOPED_TRACE(stream.name);
  std::mt19937_64 random(7);
  std::vector<double> values(10'000'000);
  LatencySketch sketch;
  for (double& value : values) {
    // What a stream may exceed is counted as the largest.
    value = std::min(stream.next(random), LatencySketch::kMostMs);
    sketch.Add(value);
  }
  ExpectWithinOnePercent(sketch, std::move(values));
}

TEST_P(Streams, AHundredSketchesAddUp) {
  const Stream& stream = kStreams[GetParam()];
  SCOPED_TRACE(stream.name);
  std::mt19937_64 random(8);
  std::vector<double> values;
  LatencySketch all;
  double sum = 0;
  for (int i = 0; i < 100; ++i) {
    LatencySketch one;
    for (int k = 0; k < 100 * i; ++k) {  // the first is empty
      values.push_back(std::min(stream.next(random), LatencySketch::kMostMs));
      one.Add(values.back());
      sum += values.back();
    }
    all.Merge(one);
  }
  EXPECT_NEAR(all.sum_ms(), sum, 1e-9 * sum);
  EXPECT_EQ(all.max_ms(), std::ranges::max(values));
  ExpectWithinOnePercent(all, std::move(values));
}

TEST(LatencySketch, WhatIsNoLatencyDoesNoHarm) {
  LatencySketch sketch;
  EXPECT_TRUE(std::isnan(sketch.Quantile(0.5)));
  sketch.Add(std::numeric_limits<double>::quiet_NaN());
  EXPECT_EQ(sketch.count(), 0U);
  sketch.Add(-3);
  EXPECT_EQ(sketch.Quantile(1), 0);
  sketch.Add(std::numeric_limits<double>::infinity());
  EXPECT_EQ(sketch.Quantile(1), LatencySketch::kMostMs);
  EXPECT_EQ(sketch.Quantile(0), 0);
}

TEST(Sliding, ForgetsWhatIsOlderThanTheWindow) {
  using std::chrono::seconds;
  using Latency = Sliding<LatencySketch>;
  Latency latency(6, seconds(10));
  const Latency::Time start{seconds(1'000'000)};
  latency.At(start).Add(1);
  latency.At(start + seconds(15)).Add(2);
  latency.At(start + seconds(55)).Add(3);
  EXPECT_EQ(latency.Last(seconds(60), start + seconds(55)).count(), 3U);
  EXPECT_EQ(latency.Last(seconds(20), start + seconds(55)).count(), 1U);
  EXPECT_EQ(latency.Last(seconds(60), start + seconds(65)).count(), 2U);
  latency.At(start + seconds(60)).Add(4);  // in the first one's place
  const LatencySketch last = latency.Last(seconds(60), start + seconds(60));
  EXPECT_EQ(last.count(), 3U);
  EXPECT_EQ(last.max_ms(), 4);
  EXPECT_EQ(latency.Last(seconds(60), start + seconds(500)).count(), 0U);
}

}  // namespace
}  // namespace frond
