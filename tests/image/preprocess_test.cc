#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <sstream>
#include <vector>

#include "frond/image.h"
#include "src/image/geometry.h"
#include "tests/image/generated_picture.h"

namespace frond {
namespace {

// tests/golden/resizes.txt: the bits of the tensors that timm's evaluation transform
// makes of generated photos, for square models and others, in each mode.
TEST(Preprocess, GivesTimmsTensorToTheBit) {
  std::ifstream file(FROND_GOLDEN_DIR "/resizes.txt");
  ASSERT_TRUE(file.is_open());
  int cases = 0;
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::string kind, mode, interpolation, norm;
    int width = 0;
    int height = 0;
    uint32_t expected = 0;
    Preprocessing p;
    words >> kind;
    if (kind != "transform") continue;
    words >> mode >> interpolation >> norm >> width >> height >> p.width >> p.height >> p.crop_pct >> std::hex >>
        expected;
    ASSERT_TRUE(words) << line;
    p.mode = mode == "crop" ? ResizeMode::kCrop : mode == "squash" ? ResizeMode::kSquash : ResizeMode::kPad;
    p.interpolation = interpolation == "bicubic" ? Interpolation::kBicubic : Interpolation::kBilinear;
    if (norm == "half") p.mean = p.std = {0.5, 0.5, 0.5};
    std::vector<float> out(size_t{3} * p.height * p.width, std::nanf(""));
    const Status status = Preprocess(GeneratedPicture(width, height), p, out);
    ASSERT_TRUE(status.ok()) << status.error().ToString();
    EXPECT_EQ(Crc32(std::as_bytes(std::span(out))), expected) << line;
    ++cases;
  }
  EXPECT_GE(cases, 300);
}

TEST(Preprocess, EveryPublishedResizeIsWhole) {
  for (const std::string& name : SpecNames()) {
    const Preprocessing p = FindSpec(name)->preprocessing;
    EXPECT_GE(ScaledSide(p.height, p.crop_pct), p.height) << name;
  }
  // torchvision's pairs of crop and resize come back from crop_pct.
  EXPECT_EQ(ScaledSide(224, FindSpec("torchvision_efficientnet_b0")->preprocessing.crop_pct), 256);
  EXPECT_EQ(ScaledSide(240, FindSpec("torchvision_efficientnet_b1")->preprocessing.crop_pct), 255);
  EXPECT_EQ(ScaledSide(300, FindSpec("torchvision_efficientnet_b3")->preprocessing.crop_pct), 320);
  EXPECT_EQ(ScaledSide(380, FindSpec("torchvision_efficientnet_b4")->preprocessing.crop_pct), 384);
}

TEST(Preprocess, APadLosesNothingAndFillsWithTheMean) {
  Image photo = Image::Create(400, 100).value();
  for (uint8_t& byte : photo.pixels()) byte = 255;
  Preprocessing p{.height = 64, .width = 64, .crop_pct = 1, .mode = ResizeMode::kPad};
  p.mean = {0.25, 0.5, 0.75};
  p.std = {1, 1, 1};
  std::vector<float> out(3 * 64 * 64);
  ASSERT_TRUE(Preprocess(photo, p, out).ok());
  for (int c = 0; c < 3; ++c) {
    for (int y = 0; y < 64; ++y) {
      const bool inside = y >= 24 && y < 40;  // 64 x 16
      for (int x = 0; x < 64; ++x) {
        EXPECT_NEAR(out[(c * 64 + y) * 64 + x], inside ? 1 - p.mean[c] : 0, 0.5 / 255 + 1e-6) << c << " " << y;
      }
    }
  }
}

TEST(Preprocess, AnswersPhotosOfAnyShape) {
  std::vector<float> out(3 * 224 * 224);
  for (const auto& [width, height] : {std::pair(1, 1), std::pair(65535, 1), std::pair(1, 65535), std::pair(223, 225)}) {
    for (const ResizeMode mode : {ResizeMode::kCrop, ResizeMode::kSquash, ResizeMode::kPad}) {
      out.assign(out.size(), std::nanf(""));
      Preprocessing p;
      p.mode = mode;
      const Status status = Preprocess(GeneratedPicture(width, height), p, out);
      ASSERT_TRUE(status.ok()) << status.error().ToString();
      for (const float value : out) ASSERT_LE(std::abs(value), 3) << width << "x" << height;  // false for NaN
    }
  }
}

TEST(Preprocess, RefusesAnOutputOfAnotherSize) {
  std::vector<float> out(3 * 224 * 224 + 1);
  const Status status = Preprocess(GeneratedPicture(30, 20), Preprocessing{}, out);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, ErrorCode::kInvalidArgument);
}

TEST(DecodeOptionsFor, AllowsADraftOnlyWhereThePreprocessingDoes) {
  Preprocessing p;
  EXPECT_EQ(DecodeOptionsFor(p).draft_min_side, 0);
  p.draft = true;
  EXPECT_EQ(DecodeOptionsFor(p).draft_min_side, 512);
  p.width = 448;
  EXPECT_EQ(DecodeOptionsFor(p).draft_min_side, 1024);
}

}  // namespace
}  // namespace frond
