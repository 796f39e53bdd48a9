// What is known of a model at work, with a clock of the test's own.

#include "src/monitor/model_watch.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "tests/support/temp_dir.h"
#include "tests/support/tiny_model.h"

namespace frond {
namespace {

using std::chrono::seconds;
using Steady = std::chrono::steady_clock;

class ModelWatchTest : public testing::Test {
 protected:
  Steady::time_point At(int second) const { return Steady::time_point(seconds(100'000 + second)); }
  std::vector<AlarmEvent> Judge(int second) { return watch_.Judge(At(second), WallTime(seconds(5'000'000 + second))); }
  void Answer(int second, double ms, int times = 1) {
    for (int i = 0; i < times; ++i) watch_.RequestEnded(RequestOutcome::kAnswered, ms, At(second));
  }
  ModelWatch watch_{"leaf/1", {}};
};

TEST_F(ModelWatchTest, CountsHowRequestsEndAndTimesThoseThatWereAnswered) {
  for (int ms = 1; ms <= 100; ++ms) Answer(0, ms);
  watch_.RequestEnded(RequestOutcome::kFull, 1e6, At(1));
  watch_.RequestEnded(RequestOutcome::kBadRequest, 1e6, At(1));
  const WatchSnapshot snapshot = watch_.Snapshot(At(2));
  EXPECT_EQ(snapshot.model, "leaf/1");
  EXPECT_EQ(snapshot.requests[static_cast<size_t>(RequestOutcome::kAnswered)], 100U);
  EXPECT_EQ(snapshot.requests[static_cast<size_t>(RequestOutcome::kFull)], 1U);
  EXPECT_EQ(snapshot.requests[static_cast<size_t>(RequestOutcome::kBadRequest)], 1U);
  const WatchSnapshot::Latency& total = snapshot.latency[0];
  EXPECT_EQ(total.count, 100U);
  EXPECT_NEAR(total.p50, 50, 0.6);
  EXPECT_NEAR(total.p95, 95, 1);
  EXPECT_EQ(total.max, 100);
  EXPECT_NEAR(snapshot.requests_per_s, 100 / 60.0, 1e-9);
  // Forgotten by the window, not by what is counted from the beginning.
  const WatchSnapshot later = watch_.Snapshot(At(1000));
  EXPECT_EQ(later.latency[0].count, 0U);
  EXPECT_TRUE(std::isnan(later.latency[0].p95));
  EXPECT_EQ(later.requests[0], 100U);
  const LatencyCounts counts = watch_.Counts()[0];
  EXPECT_EQ(std::accumulate(counts.counts.begin(), counts.counts.end(), uint64_t{0}), 100U);
  EXPECT_EQ(counts.counts[0], 5U) << "up to and with 5 ms";
  EXPECT_NEAR(counts.sum_seconds, 5.05, 1e-9);
}

TEST_F(ModelWatchTest, StagesAreThoseOfPhotos) {
  watch_.PhotoRun({NAN, 1, 2, 3, 4}, At(0));
  watch_.PhotoRun({NAN, 1, NAN, NAN, 4}, At(0));  // a tensor
  const WatchSnapshot snapshot = watch_.Snapshot(At(0));
  const std::array<uint64_t, kStages> expected = {0, 2, 1, 1, 2};
  for (size_t stage = 0; stage < kStages; ++stage) EXPECT_EQ(snapshot.latency[stage].count, expected[stage]);
}

TEST_F(ModelWatchTest, RecentSlicesAddUpToTheWindow) {
  for (int second = 0; second < 300; second += 7) Answer(second, 10);
  watch_.RequestEnded(RequestOutcome::kLate, 1, At(123));
  const WatchSnapshot snapshot = watch_.Snapshot(At(299));
  ASSERT_EQ(snapshot.recent.size(), 30U);
  EXPECT_EQ(snapshot.recent.front().seconds_ago, 290);
  EXPECT_EQ(snapshot.recent.back().seconds_ago, 0);
  uint64_t answered = 0;
  uint64_t failed = 0;
  for (const WatchSnapshot::Slice& slice : snapshot.recent) {
    answered += slice.answered;
    failed += slice.failed;
  }
  EXPECT_EQ(answered, snapshot.latency[0].count);
  EXPECT_EQ(failed, 1U);
}

TEST_F(ModelWatchTest, AP95BeyondTheLimitIsAnAlarmUntilItIsWellBelow) {
  Answer(0, 500, 19);
  EXPECT_TRUE(Judge(30).empty()) << "too few requests to tell";
  Answer(30, 500, 10);
  EXPECT_TRUE(Judge(31).empty()) << "not for long enough";
  const std::vector<AlarmEvent> events = Judge(41);
  ASSERT_EQ(events.size(), 1U);
  EXPECT_TRUE(events[0].raised);
  EXPECT_EQ(events[0].kind, "latency.p95");
  EXPECT_EQ(events[0].model, "leaf/1");
  EXPECT_NEAR(events[0].value, 500, 5);
  EXPECT_NE(events[0].message.find("beyond the limit of 200 ms"), std::string::npos) << events[0].message;
  EXPECT_TRUE(Judge(42).empty());
  Answer(400, 20, 100);
  EXPECT_TRUE(Judge(400).empty());
  const std::vector<AlarmEvent> cleared = Judge(460);
  ASSERT_EQ(cleared.size(), 1U);
  EXPECT_FALSE(cleared[0].raised);
}

TEST_F(ModelWatchTest, RefusalsAreErrorsAndClientsFaultsAreNot) {
  Answer(0, 10, 50);
  for (int i = 0; i < 50; ++i) {
    watch_.RequestEnded(RequestOutcome::kBadRequest, 1, At(0));
    watch_.RequestEnded(RequestOutcome::kCancelled, 1, At(0));
  }
  EXPECT_TRUE(Judge(0).empty());
  EXPECT_TRUE(Judge(20).empty());
  for (int i = 0; i < 3; ++i) watch_.RequestEnded(RequestOutcome::kFull, 1, At(20));
  EXPECT_TRUE(Judge(21).empty());
  const std::vector<AlarmEvent> events = Judge(31);
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].kind, "errors");
  EXPECT_EQ(events[0].message, "3 of 53 requests of the last 5 minutes were refused or failed");
}

TEST_F(ModelWatchTest, WhatPhotosAreCalledIsCountedAndAnotherModelBeginsAnew) {
  const TempDir dir;
  WriteTinyModel(dir.File("tiny.safetensors"));
  const Model model = *Model::Load(dir.File("tiny.safetensors"));
  EXPECT_FALSE(watch_.Traffic());
  watch_.Begin(model);
  const std::vector<float> features(static_cast<size_t>(model.spec().head_channels));
  std::vector<float> logits(static_cast<size_t>(model.output_size()));
  const PhotoStatistics statistics = {};
  for (int i = 0; i < 4; ++i) {
    logits.assign(logits.size(), 0);
    logits[i == 0 ? 0 : 2] = 3;
    watch_.Observe(model, statistics, features, logits);
  }
  logits[0] = NAN;
  watch_.Observe(model, statistics, features, logits);
  WatchSnapshot snapshot = watch_.Snapshot(At(0));
  EXPECT_EQ(snapshot.photos, 4U);
  ASSERT_EQ(snapshot.classes.size(), logits.size());
  EXPECT_EQ(snapshot.classes[0].photos, 1U);
  EXPECT_EQ(snapshot.classes[2].share, 0.75);
  const double expected = 1 / (1 + static_cast<double>(logits.size() - 1) * std::exp(-3 / model.temperature()));
  ASSERT_EQ(snapshot.estimated_accuracy.size(), 1U);
  EXPECT_NEAR(snapshot.estimated_accuracy[0], expected, 1e-6);
  EXPECT_FALSE(snapshot.drift_watched);
  EXPECT_EQ(snapshot.drift_unwatched_why.code, ErrorCode::kNotFound);
  ASSERT_TRUE(watch_.Traffic());
  EXPECT_EQ(watch_.TakeTraffic(1)->photos(), 4U);
  EXPECT_FALSE(watch_.Traffic());

  Answer(0, 10);
  const Model again = *Model::Load(dir.File("tiny.safetensors"));
  watch_.Begin(again);
  logits[0] = 0;
  watch_.Observe(model, statistics, features, logits);  // the old one's last
  snapshot = watch_.Snapshot(At(0));
  EXPECT_EQ(snapshot.photos, 0U);
  EXPECT_EQ(snapshot.latency[0].count, 1U);
}

}  // namespace
}  // namespace frond
