// What is kept of days, and days beside each other.

#include "src/monitor/traffic_summary.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include "src/monitor/drift_detector.h"
#include "src/monitor/traffic_key.h"
#include "tests/monitor/world.h"

namespace frond {
namespace {

TrafficSummary Day(World& world, const Watched& watched, int photos, const Weather& weather = {}, uint64_t seed = 1) {
  TrafficSummary day(watched.basis, seed);
  for (int i = 0; i < photos; ++i) day.Add(watched.Observe(world.Photo(weather)));
  return day;
}

bool SameSample(const TrafficSummary& a, const TrafficSummary& b) {
  return std::ranges::equal(a.sample(), b.sample(), [](const ObservedPhoto& x, const ObservedPhoto& y) {
    return std::memcmp(&x.statistics, &y.statistics, sizeof(x.statistics)) == 0 && x.projection == y.projection &&
           x.classes[0].label == y.classes[0].label && x.classes[0].confidence == y.classes[0].confidence;
  });
}

TEST(TrafficSummary, KeepsEachPhotoAsLikely) {
  World world(1);
  const Watched watched(world);
  // Brightness carries the photo's number.
  ObservedPhoto photo = watched.Observe(world.Photo());
  std::vector<int> quarters(4);
  for (uint64_t seed = 0; seed < 20; ++seed) {
    TrafficSummary day(watched.basis, seed);
    for (int i = 0; i < 4000; ++i) {
      photo.statistics[0] = static_cast<float>(i);
      day.Add(photo);
    }
    ASSERT_EQ(day.sample().size(), TrafficSummary::kSample);
    EXPECT_EQ(day.photos(), 4000U);
    for (const ObservedPhoto& kept : day.sample()) ++quarters[static_cast<size_t>(kept.statistics[0]) / 1000];
  }
  for (const int count : quarters) EXPECT_NEAR(count, 20 * 256 / 4, 4.5 * 31);  // deviations of a binomial
}

// With the key alone, days compare as with the model at hand, and say what training was like.
TEST(TrafficKey, StandsForTheModel) {
  World world(12);
  const Watched watched(world);
  const Result<TrafficKey> key = ParseTrafficKey(TrafficKeyToJson(watched.basis, watched.reference.get()));
  ASSERT_TRUE(key.ok()) << key.error().ToString();
  EXPECT_NEAR(key->training.at("input.brightness"), watched.reference->columns()[0].mean, 1e-9);
  EXPECT_EQ(key->training.size(), watched.reference->columns().size());
  const std::string then = Day(world, watched, 200).Serialize();
  const std::string now = Day(world, watched, 100, {.brightness = 2, .mix = {1, 9, 1, 1}}).Serialize();
  const auto compared = [&](const DriftBasis& basis) {
    return CompareTraffic(TrafficSummary::Parse(now, basis).value(), TrafficSummary::Parse(then, basis).value(), basis,
                          "before")
        .value();
  };
  const std::vector<DriftFinding> expected = compared(watched.basis);
  const std::vector<DriftFinding> findings = compared(key->basis);
  ASSERT_EQ(findings.size(), expected.size());
  size_t alarms = 0;
  for (size_t i = 0; i < findings.size(); ++i) {
    EXPECT_EQ(findings[i].message, expected[i].message);
    EXPECT_EQ(findings[i].p_value, expected[i].p_value);
    alarms += findings[i].alarm ? 1 : 0;
  }
  EXPECT_GE(alarms, 2U);
  ObservedPhoto photo;
  EXPECT_FALSE(key->basis.Observe({}, {}, {}, photo).ok()) << "it cannot observe";
  EXPECT_TRUE(ParseTrafficKey(TrafficKeyToJson(watched.basis, nullptr))->training.empty());
}

TEST(TrafficKey, IsRefusedWhereItIsBroken) {
  World world(13);
  const Watched watched(world);
  const std::string good = TrafficKeyToJson(watched.basis, nullptr);
  const auto with = [&](const std::string& what, const std::string& other) {
    std::string changed = good;
    const size_t at = changed.find(what);
    EXPECT_NE(at, std::string::npos) << what;
    return changed.replace(at, what.size(), other);
  };
  for (const std::string& bad :
       {std::string(), std::string("[]"), good.substr(1), with("\"key\":\"", "\"key\":\"-"),
        with("\"directions\":", "\"directions\":99999"), with("\"classes\":4", "\"classes\":0"),
        with("\"classes\":4", "\"classes\":3"), with("\"labels\"", "\"names\"")}) {
    EXPECT_FALSE(ParseTrafficKey(bad).ok()) << bad;
  }
}

TEST(TrafficSummary, ComesBackFromBytes) {
  World world(2);
  const Watched watched(world);
  for (const int photos : {0, 1, 100, 1000}) {
    const TrafficSummary day = Day(world, watched, photos);
    const std::string bytes = day.Serialize();
    EXPECT_LT(bytes.size(), 64U << 10);
    const Result<TrafficSummary> back = TrafficSummary::Parse(bytes, watched.basis);
    ASSERT_TRUE(back.ok()) << back.error().ToString();
    EXPECT_EQ(back->photos(), day.photos());
    EXPECT_EQ(back->class_counts(), day.class_counts());
    EXPECT_TRUE(SameSample(*back, day));
    EXPECT_EQ(back->Serialize(), bytes);
  }
}

TEST(TrafficSummary, RefusesBrokenBytes) {
  World world(3);
  const Watched watched(world);
  const std::string bytes = Day(world, watched, 40).Serialize();
  for (size_t size = 0; size < bytes.size(); size += 7) {
    EXPECT_FALSE(TrafficSummary::Parse(bytes.substr(0, size), watched.basis).ok()) << size;
  }
  EXPECT_EQ(TrafficSummary::Parse(bytes + "x", watched.basis).error().code, ErrorCode::kBadFormat);
  std::string later = bytes;
  later[8] = 2;
  EXPECT_EQ(TrafficSummary::Parse(later, watched.basis).error().code, ErrorCode::kUnsupported);
  std::string unclean = bytes;
  const float nan = std::numeric_limits<float>::quiet_NaN();
  std::memcpy(unclean.data() + 8 + 16 + 16 + 4 * 8, &nan, sizeof(nan));  // the first photo's brightness
  EXPECT_EQ(TrafficSummary::Parse(unclean, watched.basis).error().code, ErrorCode::kBadFormat);
  // Any byte may be another: an error or a summary, never a crash.
  for (size_t i = 0; i < bytes.size(); ++i) {
    std::string mutated = bytes;
    mutated[i] = static_cast<char>(mutated[i] ^ (1 << (i % 8)));
    (void)TrafficSummary::Parse(mutated, watched.basis).ok();
  }
  World other(4);
  const Watched another(other);
  EXPECT_EQ(TrafficSummary::Parse(bytes, another.basis).error().code, ErrorCode::kMismatch);
}

TEST(TrafficSummary, DaysTogetherAreOne) {
  World world(5);
  const Watched watched(world);
  const std::vector<TrafficSummary> days = {Day(world, watched, 900, {.brightness = 20}), Day(world, watched, 100),
                                            Day(world, watched, 0)};
  const Result<TrafficSummary> both = TrafficSummary::Merge(days, 1);
  ASSERT_TRUE(both.ok());
  EXPECT_EQ(both->photos(), 1000U);
  ASSERT_EQ(both->sample().size(), TrafficSummary::kSample);
  const auto bright = std::ranges::count_if(both->sample(), [](const ObservedPhoto& p) { return p.statistics[0] > 1; });
  EXPECT_NEAR(static_cast<double>(bright), 0.9 * 256, 25);
  EXPECT_EQ(TrafficSummary::Merge({}).error().code, ErrorCode::kInvalidArgument);
  World other(6);
  const Watched another(other);
  const std::vector<TrafficSummary> mixed = {days[0], Day(other, another, 50)};
  EXPECT_EQ(TrafficSummary::Merge(mixed).error().code, ErrorCode::kMismatch);
}

TEST(CompareTraffic, LikeDaysAreAlikeAndOthersAreNot) {
  World world(7);
  const Watched watched(world);
  int alarms = 0;
  for (int i = 0; i < 10; ++i) {
    const auto findings =
        CompareTraffic(Day(world, watched, 400, {}, 1), Day(world, watched, 300, {}, 2), watched.basis, "last_week");
    ASSERT_TRUE(findings.ok());
    alarms += std::ranges::any_of(*findings, &DriftFinding::alarm) ? 1 : 0;
  }
  EXPECT_LE(alarms, 1);
  const auto ringing = [&](const Weather& weather) {
    std::vector<std::string> kinds;
    const auto findings = CompareTraffic(Day(world, watched, 400, weather, 1), Day(world, watched, 300, {}, 2),
                                         watched.basis, "last_week");
    for (const DriftFinding& finding : *findings) {
      if (!finding.alarm) continue;
      kinds.push_back(finding.kind);
      EXPECT_NE(finding.message.find("last week"), std::string::npos) << finding.message;
      EXPECT_EQ(finding.message.find("in last week"), std::string::npos) << finding.message;
      EXPECT_EQ(finding.facts.value().against, "last_week");
    }
    return kinds;
  };
  const auto has = [](const std::vector<std::string>& kinds, const char* kind) {
    return std::ranges::find(kinds, kind) != kinds.end();
  };
  EXPECT_TRUE(has(ringing({.brightness = -2}), "input.brightness"));
  EXPECT_TRUE(has(ringing({.features = 1}), "features"));
  EXPECT_TRUE(has(ringing({.mix = {3, 1, 1, 1}}), "predictions.classes"));
  EXPECT_TRUE(has(ringing({.confidence = 0.2F}), "predictions.confidence"));
}

TEST(CompareTraffic, AStreamIsWatchedAgainstAnEarlierOne) {
  World world(8);
  const Watched watched(world);
  const auto reference =
      DriftReference::FromTraffic(Day(world, watched, 600, {.brightness = -5}), watched.basis, "last_week");
  ASSERT_TRUE(reference.ok());
  DriftDetector detector(*reference);
  for (int i = 0; i < 300; ++i) detector.Add(watched.Observe(world.Photo({.brightness = -5})));
  EXPECT_FALSE(detector.alarm());
  for (int i = 0; i < 100; ++i) detector.Add(watched.Observe(world.Photo()));
  EXPECT_TRUE(detector.alarm());
}

TEST(CompareTraffic, RefusesTooFewPhotosAndOtherModels) {
  World world(9);
  const Watched watched(world);
  const TrafficSummary day = Day(world, watched, 100);
  EXPECT_EQ(CompareTraffic(day, Day(world, watched, 20), watched.basis, "then").error().code,
            ErrorCode::kInvalidArgument);
  EXPECT_EQ(CompareTraffic(TrafficSummary(watched.basis), day, watched.basis, "then").error().code,
            ErrorCode::kInvalidArgument);
  World other(10);
  const Watched another(other);
  EXPECT_EQ(CompareTraffic(Day(other, another, 100), day, watched.basis, "then").error().code, ErrorCode::kMismatch);
  EXPECT_EQ(CompareTraffic(day, day, another.basis, "then").error().code, ErrorCode::kMismatch);
}

}  // namespace
}  // namespace frond
