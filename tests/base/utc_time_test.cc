// Moments as text, both ways.

#include "src/base/utc_time.h"

#include <gtest/gtest.h>

#include <limits>

namespace frond {
namespace {

constexpr int64_t kNow = 1'795'941'000'500;  // 2026-11-29T08:30:00.5Z

TEST(UtcTime, TextOfMoments) {
  EXPECT_EQ(UtcTimeText(kNow), "2026-11-29T08:30:00Z");
  EXPECT_EQ(UtcTimeText(-1), "1969-12-31T23:59:59Z");
  EXPECT_EQ(UtcDayText(20786), "2026-11-29");
  EXPECT_EQ(UtcTimeText(std::numeric_limits<int64_t>::max()), "9999-12-31T23:59:59Z");
  EXPECT_EQ(UtcTimeText(std::numeric_limits<int64_t>::min()), "0000-01-01T00:00:00Z");
}

TEST(UtcTime, EveryDayThereAndBack) {
  for (int64_t day = -800; day < 40'000; day += 7) {
    EXPECT_EQ(ParseMoment(UtcDayText(day), 0).value(), day * 86'400'000);
  }
}

TEST(UtcTime, MomentsAsPeopleGiveThem) {
  EXPECT_EQ(ParseMoment("2026-11-29T08:30", 0).value(), kNow - 500);
  EXPECT_EQ(ParseMoment("2026-11-29T08:30:00Z", 0).value(), kNow - 500);
  EXPECT_EQ(ParseMoment("2028-02-29", 0).value(), ParseMoment("2028-03-01", 0).value() - 86'400'000);
  EXPECT_EQ(ParseMoment("7d", kNow).value(), kNow - 7 * 86'400'000);
  EXPECT_EQ(ParseMoment("24h", kNow).value(), ParseMoment("1d", kNow).value());
  EXPECT_EQ(ParseMoment("90m", kNow).value(), kNow - 5'400'000);
}

TEST(UtcTime, WhatIsNoMoment) {
  for (const char* text :
       {"", "d", "0d", "-7d", "7", "7w", "7 d", "99999999999d", "9999999d", "2026-11", "2026-13-01", "2026-02-30",
        "2026-11-29T24:00", "2026-11-29T08", "29.11.2026", "2026-11-29Z ", "yesterday"}) {
    EXPECT_FALSE(ParseMoment(text, kNow).ok()) << text;
  }
}

}  // namespace
}  // namespace frond
