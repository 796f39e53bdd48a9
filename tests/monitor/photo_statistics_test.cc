// Statistics of pictures whose statistics are known.

#include "src/monitor/photo_statistics.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <vector>

namespace frond {
namespace {

using Colour = std::array<double, 3>;

std::vector<float> Input(const Preprocessing& preprocessing, const std::function<Colour(int, int)>& colour) {
  std::vector<float> input;
  for (size_t c = 0; c < 3; ++c) {
    for (int y = 0; y < preprocessing.height; ++y) {
      for (int x = 0; x < preprocessing.width; ++x) {
        input.push_back(static_cast<float>((colour(x, y)[c] - preprocessing.mean[c]) / preprocessing.std[c]));
      }
    }
  }
  return input;
}

PhotoStatistics Measure(const std::function<Colour(int, int)>& colour, const Preprocessing& preprocessing = {}) {
  const Result<PhotoStatistics> photo = MeasurePhoto(Input(preprocessing, colour), preprocessing, 512, 256);
  EXPECT_TRUE(photo.ok());
  return photo.ok() ? *photo : PhotoStatistics{};
}

float Of(const PhotoStatistics& photo, PhotoStatistic statistic) { return StatisticOf(photo, statistic); }

TEST(PhotoStatistics, OneColourIsWhatItIs) {
  for (const int size : {1, 5, 16, 33, 224}) {
    Preprocessing preprocessing;
    preprocessing.height = preprocessing.width = size;
    const PhotoStatistics photo = Measure([](int, int) { return Colour{0.6, 0.4, 0.2}; }, preprocessing);
    EXPECT_NEAR(Of(photo, PhotoStatistic::kBrightness), 0.299 * 0.6 + 0.587 * 0.4 + 0.114 * 0.2, 1e-5) << size;
    EXPECT_NEAR(Of(photo, PhotoStatistic::kContrast), 0, 2e-3) << size;
    EXPECT_NEAR(Of(photo, PhotoStatistic::kRedGreen), 0.2, 1e-5) << size;
    EXPECT_NEAR(Of(photo, PhotoStatistic::kYellowBlue), 0.3, 1e-5) << size;
    EXPECT_TRUE(std::isfinite(Of(photo, PhotoStatistic::kSharpness))) << size;
    EXPECT_EQ(Of(photo, PhotoStatistic::kSize), 17) << size;
    EXPECT_EQ(Of(photo, PhotoStatistic::kAspect), 1) << size;
  }
}

TEST(PhotoStatistics, StripesHaveTheirContrast) {
  const PhotoStatistics photo = Measure([](int x, int) { return x % 8 < 4 ? Colour{1, 1, 1} : Colour{0, 0, 0}; });
  EXPECT_NEAR(Of(photo, PhotoStatistic::kBrightness), 0.5, 1e-5);
  EXPECT_NEAR(Of(photo, PhotoStatistic::kContrast), 0.5, 1e-5);
}

TEST(PhotoStatistics, BlurTakesSharpnessAndLightDoesNot) {
  const auto waves = [](double period, double light) {
    return Measure([=](int x, int y) {
      const double value = light * (0.5 + 0.4 * std::sin(6.283 * x / period) * std::sin(6.283 * y / period));
      return Colour{value, value, value};
    });
  };
  const float fine = Of(waves(6, 1), PhotoStatistic::kSharpness);
  EXPECT_GT(fine, Of(waves(12, 1), PhotoStatistic::kSharpness) + 0.5);
  EXPECT_NEAR(fine, Of(waves(6, 0.5), PhotoStatistic::kSharpness), 0.05);
}

TEST(PhotoStatistics, UnknownSizesAreNoNumbers) {
  const Preprocessing preprocessing;
  const std::vector<float> input = Input(preprocessing, [](int, int) { return Colour{}; });
  const Result<PhotoStatistics> photo = MeasurePhoto(input, preprocessing, 0, 0);
  ASSERT_TRUE(photo.ok());
  EXPECT_TRUE(std::isnan(Of(*photo, PhotoStatistic::kSize)));
  EXPECT_TRUE(std::isnan(Of(*photo, PhotoStatistic::kAspect)));
}

TEST(PhotoStatistics, RefusesWhatIsNoInput) {
  const Preprocessing preprocessing;
  std::vector<float> input = Input(preprocessing, [](int, int) { return Colour{}; });
  input[5] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_EQ(MeasurePhoto(input, preprocessing, 1, 1).error().code, ErrorCode::kBadFormat);
  input.pop_back();
  EXPECT_EQ(MeasurePhoto(input, preprocessing, 1, 1).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(MeasurePhoto({}, preprocessing, 1, 1).error().code, ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace frond
