#include "src/train/watchdog.h"

#include <gtest/gtest.h>

#include "src/train/loss_scale.h"

namespace frond {
namespace {

TEST(LossScale, HalvesOnOverflowAndDoublesAfterTwoThousandGoodSteps) {
  LossScale scale{LossScale::kFirst};
  EXPECT_TRUE(scale.Overflowed());
  EXPECT_EQ(scale.value, 32768);
  for (int step = 0; step < 1999; ++step) scale.Good();
  EXPECT_EQ(scale.value, 32768);
  scale.Good();
  EXPECT_EQ(scale.value, 65536);
  // An overflow begins the count anew.
  for (int step = 0; step < 1999; ++step) scale.Good();
  EXPECT_TRUE(scale.Overflowed());
  scale.Good();
  EXPECT_EQ(scale.value, 32768);
}

TEST(LossScale, EndsAtOneAndAtTwoToTheTwentyFour) {
  LossScale scale{4};
  EXPECT_TRUE(scale.Overflowed());
  EXPECT_TRUE(scale.Overflowed());
  EXPECT_FALSE(scale.Overflowed());
  EXPECT_EQ(scale.value, 1);
  for (int step = 0; step < 100 * 2000; ++step) scale.Good();
  EXPECT_EQ(scale.value, 16777216);
}

TEST(Watchdog, TwoSkipsThenBackWithHalfTheRate) {
  Watchdog dog;
  EXPECT_TRUE(dog.Good(0, 0));
  EXPECT_EQ(dog.Bad(), Remedy::kSkip);
  EXPECT_EQ(dog.Bad(), Remedy::kSkip);
  EXPECT_EQ(dog.rate_factor, 1);
  EXPECT_EQ(dog.Bad(), Remedy::kRollBack);
  EXPECT_EQ(dog.rate_factor, 0.5);
  // A good step between ends a row.
  EXPECT_EQ(dog.Bad(), Remedy::kSkip);
  EXPECT_EQ(dog.Bad(), Remedy::kSkip);
  dog.Good(6, 0);
  EXPECT_EQ(dog.Bad(), Remedy::kSkip);
  EXPECT_EQ(dog.all_skips, 6);
  EXPECT_EQ(dog.all_roll_backs, 1);
}

TEST(Watchdog, GivesUpAfterFourWaysBackWithoutAnUndisturbedEpoch) {
  Watchdog dog;
  dog.Good(0, 0);
  const auto three = [&] {
    dog.Bad();
    dog.Bad();
    return dog.Bad();
  };
  for (int i = 0; i < 3; ++i) EXPECT_EQ(three(), Remedy::kRollBack);
  dog.EpochEnds();  // a disturbed one
  EXPECT_EQ(three(), Remedy::kRollBack);
  EXPECT_EQ(dog.rate_factor, 1.0 / 16);
  EXPECT_EQ(three(), Remedy::kStop);

  dog = {};
  dog.Good(0, 0);
  for (int epoch = 0; epoch < 20; epoch += 2) {
    EXPECT_EQ(three(), Remedy::kRollBack);
    dog.EpochEnds();
    dog.Good(2 * epoch, epoch + 1);
    dog.EpochEnds();
  }
}

TEST(Watchdog, BeforeTheFirstStepTheWeightsAreToBlame) {
  Watchdog dog;
  dog.Bad();
  dog.Bad();
  EXPECT_EQ(dog.Bad(), Remedy::kTame);
  EXPECT_EQ(dog.roll_backs, 0);
  EXPECT_EQ(dog.rate_factor, 1);
}

TEST(Watchdog, KeepsTheFirstGoodStateOfAnEpochAndOneEveryFiveHundredSteps) {
  Watchdog dog;
  EXPECT_TRUE(dog.Good(3, 0));
  EXPECT_FALSE(dog.Good(4, 0));
  EXPECT_TRUE(dog.Good(5, 1));
  for (int64_t step = 6; step < 505; ++step) ASSERT_FALSE(dog.Good(step, 1)) << step;
  EXPECT_TRUE(dog.Good(505, 1));
  EXPECT_FALSE(dog.Good(506, 1));
}

}  // namespace
}  // namespace frond
