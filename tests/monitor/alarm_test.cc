#include "src/monitor/alarm.h"

#include <gtest/gtest.h>

#include <limits>

namespace frond {
namespace {

using std::chrono::seconds;

class AlarmTest : public testing::Test {
 protected:
  std::optional<AlarmEvent> At(int second, std::optional<double> value) {
    // The wall clock goes backwards: it is shown, and nothing is timed by it.
    Facts facts;
    facts.of = "latency.p95";
    return alarm_.Watch(value, "p95 is high", facts, start_ + seconds(second), wall_ - std::chrono::hours(second));
  }
  SteadyTime start_{seconds(1'000'000)};
  WallTime wall_{seconds(2'000'000'000)};
  Alarm alarm_{"leaf/1",
               "latency.p95",
               {.raise_above = 200, .clear_below = 180, .raise_after = seconds(10), .clear_after = seconds(30)}};
};

TEST_F(AlarmTest, IsRaisedOnlyAfterAWhileAboveAndOnce) {
  EXPECT_FALSE(At(0, 500));
  EXPECT_FALSE(At(9, 500));
  const std::optional<AlarmEvent> event = At(10, 450);
  ASSERT_TRUE(event);
  EXPECT_TRUE(event->raised);
  EXPECT_EQ(event->model, "leaf/1");
  EXPECT_EQ(event->kind, "latency.p95");
  EXPECT_EQ(event->message, "p95 is high");
  EXPECT_EQ(event->value, 450);
  EXPECT_EQ(event->time, wall_ - std::chrono::hours(10));
  EXPECT_EQ(event->facts->of, "latency.p95");
  EXPECT_FALSE(At(11, 450));
  EXPECT_TRUE(alarm_.raised());
}

TEST_F(AlarmTest, APeakAloneRaisesNothing) {
  EXPECT_FALSE(At(0, 500));
  EXPECT_FALSE(At(5, 100));
  EXPECT_FALSE(At(12, 500));
  EXPECT_FALSE(At(21, 500));
  EXPECT_TRUE(At(22, 500));
}

TEST_F(AlarmTest, BetweenTheLimitsItStaysWhatItWas) {
  for (int second = 0; second < 100; ++second) EXPECT_FALSE(At(second, 190));
  EXPECT_FALSE(At(100, 201));
  EXPECT_TRUE(At(110, 201));
  for (int second = 111; second < 300; ++second) EXPECT_FALSE(At(second, second % 2 == 0 ? 181 : 500));
  EXPECT_TRUE(alarm_.raised());
  EXPECT_FALSE(At(300, 179));
  EXPECT_FALSE(At(329, 179));
  const std::optional<AlarmEvent> cleared = At(330, 179);
  ASSERT_TRUE(cleared);
  EXPECT_FALSE(cleared->raised);
  EXPECT_TRUE(cleared->facts);
}

TEST_F(AlarmTest, WhatCannotBeToldChangesNothing) {
  EXPECT_FALSE(At(0, 500));
  EXPECT_FALSE(At(20, std::nullopt));
  EXPECT_FALSE(At(21, std::numeric_limits<double>::quiet_NaN()));
  EXPECT_FALSE(At(22, 500)) << "the time above begins again";
  EXPECT_TRUE(At(32, 500));
  EXPECT_FALSE(At(1000, std::nullopt));
  EXPECT_TRUE(alarm_.raised());
}

TEST(Silences, CoverWhatTheyNameUntilTheyEnd) {
  const WallTime now{seconds(1000)};
  const AlarmEvent event{true, "leaf/1", "drift.features", "", 0, now, {}};
  EXPECT_TRUE((Silence{"", "", "", now + seconds(1)}.Covers(event)));
  EXPECT_TRUE((Silence{"leaf/1", "drift.features", "", now + seconds(1)}.Covers(event)));
  EXPECT_TRUE((Silence{"leaf", "", "", now + seconds(1)}.Covers(event))) << "every version";
  EXPECT_FALSE((Silence{"lea", "", "", now + seconds(1)}.Covers(event)));
  EXPECT_FALSE((Silence{"leaf/2", "", "", now + seconds(1)}.Covers(event)));
  EXPECT_FALSE((Silence{"", "latency.p95", "", now + seconds(1)}.Covers(event)));
  EXPECT_FALSE((Silence{"", "", "", now}.Covers(event)));
}

}  // namespace
}  // namespace frond
