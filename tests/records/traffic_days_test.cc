// How photos moved from day to day, as a report tells it from the summaries alone.

#include "src/records/traffic_days.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "src/monitor/traffic_key.h"
#include "tests/monitor/world.h"
#include "tests/records/records.h"
#include "tests/support/temp_dir.h"

namespace frond {
namespace {

class TrafficDaysTest : public testing::Test {
 protected:
  void Keep(RecordStore& store, int64_t day, int photos, const Weather& weather = {}) {
    TrafficSummary summary(watched.basis, static_cast<uint64_t>(day));
    for (int i = 0; i < photos; ++i) summary.Add(watched.Observe(world.Photo(weather)));
    store.Append(DailySummary{day, "leaf/1", summary.Serialize()});
  }
  std::vector<TrafficDays> Gathered(const RecordFilter& filter = {}) const {
    return GatherTrafficDays(OpenReader(path), filter).value();
  }

  World world{3};
  Watched watched{world};
  TempDir dir;
  std::string path = dir.File("store.db");
};

TEST_F(TrafficDaysTest, SaysHowEachDayDiffersFromTheWeekBefore) {
  auto store = OpenStore(path);
  store->Append(SummaryKey{"leaf/1", TrafficKeyToJson(watched.basis, watched.reference.get())});
  for (int day = 0; day < 9; ++day) Keep(*store, kToday + day, 150, {.brightness = day == 8 ? -3.0F : 0.0F});
  Keep(*store, kToday + 9, 5);
  Keep(*store, kToday + 30, 100);
  store->Append(DailySummary{kToday + 2, "leaf/2", "of a model whose key nobody left"});
  store->Append(DailySummary{kToday + 31, "leaf/1", "damaged"});
  store.reset();

  const std::vector<TrafficDays> models = Gathered();
  ASSERT_EQ(models.size(), 1U);
  const TrafficDays& leaf = models[0];
  EXPECT_EQ(leaf.model, "leaf/1");
  ASSERT_EQ(leaf.days.size(), 11U);
  ASSERT_EQ(leaf.measures.size(), kPhotoStatistics + 1);
  EXPECT_EQ(leaf.measures[0].kind, "input.brightness");
  EXPECT_NEAR(leaf.measures[0].training.value(), 0.5, 0.02);
  EXPECT_EQ(leaf.measures.back().kind, "predictions.confidence");
  EXPECT_EQ(leaf.days[0].day, kToday);
  EXPECT_EQ(leaf.days[0].photos, 150U);
  EXPECT_FALSE(leaf.days[0].compared);  // there was nothing before
  EXPECT_NEAR(leaf.days[3].figures[0].mean, 0.5, 0.02);
  EXPECT_NEAR(leaf.days[3].figures[0].deviation, 0.05, 0.01);
  for (size_t day = 1; day < 8; ++day) {
    EXPECT_TRUE(leaf.days[day].compared);
    EXPECT_TRUE(leaf.days[day].differs.empty()) << day;
  }
  EXPECT_NEAR(leaf.days[8].figures[0].mean, 0.35, 0.02);
  ASSERT_FALSE(leaf.days[8].differs.empty());
  EXPECT_EQ(leaf.days[8].differs[0].kind, "input.brightness");
  EXPECT_TRUE(Has(leaf.days[8].differs[0].message, "darker than in the week before"))
      << leaf.days[8].differs[0].message;
  EXPECT_TRUE(leaf.days[8].differs[0].message.ends_with(" photos of the day)")) << leaf.days[8].differs[0].message;
  EXPECT_FALSE(leaf.days[9].compared);   // too few
  EXPECT_FALSE(leaf.days[10].compared);  // no week before

  // The days before `since` are looked at, not shown.
  const std::vector<TrafficDays> late = Gathered({.since_ms = (kToday + 8) * kDayMs + kHourMs});
  ASSERT_EQ(late.size(), 1U);
  ASSERT_EQ(late[0].days.size(), 3U);
  EXPECT_EQ(late[0].days[0].day, kToday + 8);
  EXPECT_FALSE(late[0].days[0].differs.empty());
  EXPECT_TRUE(Gathered({.model = "leaf/2"}).empty());
  EXPECT_EQ(Gathered({.model = "leaf/1"}).size(), 1U);
}

TEST_F(TrafficDaysTest, WithoutAKeyThereIsNothing) {
  auto store = OpenStore(path);
  Keep(*store, kToday, 100);
  store->Append(SummaryKey{"stem/1", "damaged"});
  store.reset();
  EXPECT_TRUE(Gathered().empty());
}

}  // namespace
}  // namespace frond
