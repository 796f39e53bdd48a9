// Every figure of the reader beside one that is counted by hand.

#include "src/records/record_reader.h"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <numeric>

#include "src/base/format.h"
#include "tests/records/records.h"
#include "tests/support/temp_dir.h"

namespace frond {
namespace {

// Three days: of n = 20, 40 and 60 answers of day d each fifth is birch, and latencies are 1 to n ms.
class RecordReaderTest : public testing::Test {
 protected:
  static std::string Filled(const std::string& path) {
    auto store = OpenStore(path);
    for (int day = 0; day < 3; ++day) {
      for (int i = 0; i < 20 * (day + 1); ++i) {
        AnswerRecord answer = Answer(StrCat(day, "/", i), i % 5 == 0 ? "birch" : "apple", i % 5 == 0 ? 0.6 : 0.9,
                                     kNow + day * kDayMs + i * 60'000);
        answer.latencies.total_ms = i + 1;
        answer.photo.brightness = 0.25 + 0.5 * (i % 2);
        if (day == 2) answer.model = "stem";
        store->Append(answer);
      }
    }
    AnswerRecord refused = Answer("refused", "", 0, kNow + kHourMs * 5);
    refused.tasks.clear();
    refused.status = "bad_format";
    refused.reason = "no photo";
    refused.latencies = {};
    refused.photo = {};
    store->Append(refused);
    for (int i = 0; i < 10; ++i) store->Append(Feedback(StrCat("0/", i), "apple", kNow + 2 * kDayMs));
    store->Append(Feedback("0/0", "cherry", kNow + 3 * kDayMs));  // said again: the last counts
    store->Append(Feedback("lost", "apple", kNow));               // is not kept
    store->Append(EventRecord{kNow, "latency", true, "leaf", "slow", std::nullopt});
    store->Append(EventRecord{kNow + kDayMs, "drift", false, "stem", "gone", 0.25});
    return path;
  }

  TempDir dir;
  std::string path = Filled(dir.File("store.db"));
  RecordReader reader = OpenReader(path);
  RecordFilter all;
  RecordFilter first_day = {.until_ms = kNow + kDayMs};
  RecordFilter stem = {.model = "stem"};
};

TEST_F(RecordReaderTest, Totals) {
  const RecordTotals totals = reader.Totals(all).value();
  EXPECT_EQ(totals.answers, 121);
  EXPECT_EQ(totals.feedback, 11);
  EXPECT_EQ(totals.events, 2);
  EXPECT_EQ(totals.first_ms, kNow);
  EXPECT_EQ(totals.last_ms, kNow + 2 * kDayMs + 59 * 60'000);
  EXPECT_EQ(reader.Totals(first_day)->answers, 21);
  EXPECT_EQ(reader.Totals(stem)->answers, 60);
  EXPECT_FALSE(reader.Totals({.model = "none"})->first_ms);
}

TEST_F(RecordReaderTest, ModelsAndStatuses) {
  const auto models = reader.Models(all).value();
  ASSERT_EQ(models.size(), 2U);
  EXPECT_EQ(models[0].model, "leaf");
  EXPECT_EQ(models[0].answers, 61);
  const auto statuses = reader.Statuses(all).value();
  ASSERT_EQ(statuses.size(), 2U);
  EXPECT_EQ(statuses[0].status, "ok");
  EXPECT_EQ(statuses[0].answers, 120);
  EXPECT_EQ(statuses[1].reason, "no photo");
}

TEST_F(RecordReaderTest, Latencies) {
  const auto hours = reader.LatencyOverTime(all).value();
  ASSERT_EQ(hours.size(), 4U);  // one of each day, and that of the refusal
  EXPECT_EQ(hours[0].start_ms, kNow);
  EXPECT_EQ(hours[0].answers, 20);
  EXPECT_NEAR(hours[0].total.Quantile(0.5), 10, 0.1);
  EXPECT_EQ(hours[1].start_ms, kNow + 5 * kHourMs);
  EXPECT_EQ(hours[1].answers, 1);
  EXPECT_EQ(hours[1].total.count(), 0U);
  EXPECT_NEAR(hours[3].total.Quantile(1), 60, 0.6);
  EXPECT_EQ(reader.LatencyOverTime(all, kDayMs)->size(), 3U);
  const StageLatencies stages = reader.LatencyByStage(first_day).value();
  EXPECT_EQ(stages.queue.count(), 20U);
  const std::pair<const LatencySketch*, double> medians[] = {
      {&stages.queue, 1}, {&stages.decode, 2}, {&stages.preprocess, 3}, {&stages.inference, 4}, {&stages.total, 10}};
  for (const auto& [sketch, ms] : medians) EXPECT_NEAR(sketch->Quantile(0.5), ms, 0.01 * ms);
}

TEST_F(RecordReaderTest, ClassMixByDay) {
  const auto mix = reader.ClassMix(all).value();
  ASSERT_EQ(mix.size(), 6U);
  for (int day = 0; day < 3; ++day) {
    const ClassCount& apple = mix[2 * static_cast<size_t>(day)];
    const ClassCount& birch = mix[2 * static_cast<size_t>(day) + 1];
    EXPECT_EQ(apple.day, kToday + day);
    EXPECT_EQ(apple.label, "apple");
    EXPECT_EQ(apple.answers, 16 * (day + 1));
    EXPECT_EQ(birch.answers, 4 * (day + 1));
  }
}

TEST_F(RecordReaderTest, Confidences) {
  const auto histograms = reader.Confidences(all).value();
  ASSERT_EQ(histograms.size(), 1U);
  EXPECT_EQ(histograms[0].bins[12], 24);
  EXPECT_EQ(histograms[0].bins[18], 96);
  EXPECT_EQ(std::accumulate(histograms[0].bins.begin(), histograms[0].bins.end(), int64_t{0}), 120);
}

TEST_F(RecordReaderTest, MeasuredAndEstimatedAccuracy) {
  const auto tasks = reader.Accuracy(all).value();
  ASSERT_EQ(tasks.size(), 1U);
  // Of ten judged 0/0 and 0/5 were called birch; what is said of an answer that was never there does not count.
  EXPECT_EQ(tasks[0].judged, 10);
  EXPECT_EQ(tasks[0].right, 8);
  EXPECT_NEAR(tasks[0].measured.low, 0.4902, 1e-4);  // scipy.stats.binomtest(8, 10).proportion_ci(method="wilson")
  EXPECT_NEAR(tasks[0].measured.high, 0.9433, 1e-4);
  EXPECT_EQ(tasks[0].answers, 120);
  EXPECT_NEAR(tasks[0].estimated, (96 * 0.9 + 24 * 0.6) / 120, 1e-12);
  const double deviation = std::sqrt(96 * 0.9 * 0.1 + 24 * 0.6 * 0.4) / 120;
  EXPECT_NEAR(tasks[0].estimated_interval.high - tasks[0].estimated, 1.96 * deviation, 1e-4);

  const auto days = reader.AccuracyByDay(all).value();
  ASSERT_EQ(days.size(), 3U);
  EXPECT_EQ(days[0].day, kToday);  // of the answers, though the feedback came later
  EXPECT_EQ(days[0].judged, 10);
  EXPECT_EQ(days[2].judged, 0);
  EXPECT_EQ(days[2].answers, 60);
  EXPECT_EQ(reader.Accuracy(stem)->front().judged, 0);
}

TEST_F(RecordReaderTest, Corrections) {
  const auto corrections = reader.Corrections(all).value();
  ASSERT_EQ(corrections.size(), 2U);
  EXPECT_EQ(corrections[0].predicted, "birch");
  EXPECT_EQ(corrections[0].label, "apple");
  EXPECT_EQ(corrections[1].label, "cherry");
  EXPECT_EQ(reader.Corrections(all, 1)->size(), 1U);
}

TEST_F(RecordReaderTest, MeasuredAccuracyOutlivesTheAnswers) {
  RecordStoreOptions options = AtNow();
  options.max_age_days = 2;
  options.unix_ms = [] { return kNow + 3 * kDayMs + kHourMs; };
  OpenStore(path, options).reset();
  const RecordReader later = OpenReader(path);
  EXPECT_EQ(later.Totals(first_day)->answers, 0);
  EXPECT_EQ(later.Accuracy(first_day)->front().judged, 10);
}

TEST_F(RecordReaderTest, PhotosByDay) {
  const auto days = reader.PhotosByDay(all).value();
  ASSERT_EQ(days.size(), 3U);
  EXPECT_EQ(days[1].day, kToday + 1);
  EXPECT_EQ(days[1].photos, 40);
  EXPECT_NEAR(days[1].brightness.mean, 0.5, 1e-12);
  EXPECT_NEAR(days[1].brightness.deviation, 0.25, 1e-12);
  EXPECT_TRUE(std::isnan(days[1].colour.mean));
}

TEST_F(RecordReaderTest, EventsNewestFirst) {
  const auto events = reader.Events(all).value();
  ASSERT_EQ(events.size(), 2U);
  EXPECT_EQ(events[0].kind, "drift");
  EXPECT_FALSE(events[0].raised);
  EXPECT_EQ(events[0].p_value, 0.25);
  EXPECT_EQ(events[1].message, "slow");
  EXPECT_FALSE(events[1].p_value);
  EXPECT_EQ(reader.Events(stem)->size(), 1U);
}

TEST_F(RecordReaderTest, SeesTheStoreAsItWasOpened) {
  OpenStore(path)->Append(Answer("later"));
  EXPECT_EQ(reader.Totals(all)->answers, 121);
  EXPECT_EQ(OpenReader(path).Totals(all)->answers, 122);
}

TEST_F(RecordReaderTest, WhatIsNoStoreIsSaidSo) {
  const auto error = [&](const std::string& file) { return RecordReader::Open(file).error(); };
  EXPECT_EQ(error(dir.File("nothing")).code, ErrorCode::kNotFound);
  EXPECT_EQ(error(dir.path().string()).code, ErrorCode::kBadFormat);
  std::ofstream(dir.File("empty")).flush();
  EXPECT_TRUE(Has(error(dir.File("empty")).message, "is empty"));
  std::ofstream(dir.File("text")) << std::string(5000, 'x');
  EXPECT_EQ(error(dir.File("text")).code, ErrorCode::kBadFormat);
  Database other = Database::Open(dir.File("other"), Database::Mode::kWrite).value();
  ASSERT_TRUE(other.Run("CREATE TABLE notes(text)").ok());
  EXPECT_TRUE(Has(error(dir.File("other")).message, "another program"));
  Database store = Database::Open(path, Database::Mode::kWrite).value();
  ASSERT_TRUE(store.Run("PRAGMA user_version=2").ok());
  EXPECT_EQ(error(path).code, ErrorCode::kUnsupported);
  EXPECT_TRUE(Has(error(path).message, "version 2"));
}

TEST(RecordTime, DaysBeforeTheFirstToo) {
  EXPECT_EQ(DayOf(0), 0);
  EXPECT_EQ(DayOf(-1), -1);
  EXPECT_EQ(DayOf(-kDayMs), -1);
  EXPECT_EQ(DayOf(kDayMs - 1), 0);
  EXPECT_EQ(StartOf(-1, kHourMs), -kHourMs);
}

}  // namespace
}  // namespace frond
