// The photos of tests/golden/photos against what Pillow made of them
// (tools/goldens/make_photos.py), byte for byte.

#include <gtest/gtest.h>

#include <fstream>
#include <ostream>

#include "frond/image.h"

namespace frond {
namespace {

struct Golden {
  std::string file;
  int draft_min_side = 0;
  int width = 0;
  int height = 0;
  uint64_t hash = 0;  // FNV-1a of the RGB bytes

  friend void PrintTo(const Golden& golden, std::ostream* out) {
    *out << golden.file << " draft " << golden.draft_min_side;
  }
};

std::vector<Golden> Goldens() {
  std::ifstream list(FROND_PHOTO_DIR "/photos.txt");
  std::vector<Golden> goldens;
  for (Golden golden; list >> golden.file >> std::dec >> golden.draft_min_side >> golden.width >> golden.height >>
                      std::hex >> golden.hash;) {
    goldens.push_back(golden);
  }
  return goldens;
}

uint64_t Fnv1a64(std::span<const uint8_t> bytes) {
  uint64_t value = 0xCBF29CE484222325;
  for (const uint8_t byte : bytes) value = (value ^ byte) * 0x100000001B3;
  return value;
}

class PhotoGolden : public ::testing::TestWithParam<Golden> {};

TEST_P(PhotoGolden, IsPillows) {
  const Golden& golden = GetParam();
  DecodeOptions options;
  options.draft_min_side = golden.draft_min_side;
  const Result<Image> image = ReadImage(FROND_PHOTO_DIR "/" + golden.file, options);
  ASSERT_TRUE(image.ok()) << image.error().ToString();
  EXPECT_EQ(image->width(), golden.width);
  EXPECT_EQ(image->height(), golden.height);
  EXPECT_EQ(Fnv1a64(image->pixels()), golden.hash);
}

INSTANTIATE_TEST_SUITE_P(All, PhotoGolden, ::testing::ValuesIn(Goldens()));

TEST(PhotoGoldens, AreAllThere) { EXPECT_GE(Goldens().size(), 150u); }

TEST(PhotoGoldens, LimitOnPixelsHoldsForEach) {
  for (const Golden& golden : Goldens()) {
    const int64_t pixels = int64_t{golden.width} * golden.height;
    if (golden.draft_min_side != 0) continue;
    const std::string path = FROND_PHOTO_DIR "/" + golden.file;
    EXPECT_TRUE(ReadImage(path, {.max_pixels = pixels}).ok()) << golden.file;
    const Result<Image> refused = ReadImage(path, {.max_pixels = pixels - 1});
    ASSERT_FALSE(refused.ok()) << golden.file;
    EXPECT_EQ(refused.error().code, ErrorCode::kLimit) << refused.error().ToString();
    EXPECT_NE(refused.error().message.find(golden.file), std::string::npos) << refused.error().message;
  }
}

}  // namespace
}  // namespace frond
