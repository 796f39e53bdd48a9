#include "src/engine/plan/arena.h"

#include <gtest/gtest.h>

#include <random>

namespace frond {
namespace {

TEST(ArenaTest, ValuesAliveTogetherNeverOverlap) {
  std::mt19937 random(7);
  for (int round = 0; round < 200; ++round) {
    std::vector<Lifetime> lifetimes(1 + random() % 40);
    for (Lifetime& value : lifetimes) {
      value.floats = 1 + random() % 5000;
      value.first_step = static_cast<int>(random() % 30);
      value.last_step = value.first_step + static_cast<int>(random() % 6);
    }
    const Placement placement = PlaceInArena(lifetimes);
    for (size_t a = 0; a < lifetimes.size(); ++a) {
      EXPECT_LE(placement.offsets[a] + lifetimes[a].floats, placement.total_floats);
      EXPECT_EQ(placement.offsets[a] % 16, 0U);
      for (size_t b = 0; b < a; ++b) {
        const bool together =
            lifetimes[a].first_step <= lifetimes[b].last_step && lifetimes[b].first_step <= lifetimes[a].last_step;
        const bool overlap = placement.offsets[a] < placement.offsets[b] + lifetimes[b].floats &&
                             placement.offsets[b] < placement.offsets[a] + lifetimes[a].floats;
        EXPECT_FALSE(together && overlap) << "values " << a << " and " << b << " in round " << round;
      }
    }
  }
}

TEST(ArenaTest, MemoryIsReusedAfterTheLastUse) {
  const Placement placement = PlaceInArena({{1024, 0, 1}, {1024, 2, 3}, {1024, 4, 5}});
  EXPECT_EQ(placement.total_floats, 1024U);
}

}  // namespace
}  // namespace frond
