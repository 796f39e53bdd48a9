// A part of a photo has the whole's pixels, and DecodeToInput gives DecodeImage's and Preprocess's floats, to the last
// bit: of JPEG files of every form, wherever the part lies.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <ostream>
#include <random>
#include <string>
#include <vector>

#include "src/image/decode.h"
#include "src/image/orient.h"
#include "tests/image/generated_picture.h"
#include "tests/image/written_jpeg.h"
#include "tests/support/temp_dir.h"

namespace frond::testing {

void PrintTo(const JpegForm& form, std::ostream* out) { *out << form.name; }

namespace {

constexpr JpegForm kForms[] = {
    {"grey", 1},
    {"grey22", 1, 2, 2},
    {"s444", 3, 1, 1},
    {"s422", 3, 2, 1},
    {"s420", 3, 2, 2},
    {"s440", 3, 1, 2},
    {"s411", 3, 4, 1},
    {"s410", 3, 4, 2},
    {"s441", 3, 1, 4},
    {"v4of2", 3, 1, 4, 2},
    {"ycck", 4, 1, 1},
    {"ycck420", 4, 2, 2},
    {"s420progressive", 3, 2, 2, 1, true},
    {"s444progressive", 3, 1, 1, 1, true},
    {"greyprogressive", 1, 1, 1, 1, true},
    {"s420restarts", 3, 2, 2, 1, false, 3},
    {"s444restarts", 3, 1, 1, 1, false, 7},
    {"s420progressiverestarts", 3, 2, 2, 1, true, 5},
};

std::span<const std::byte> BytesOf(const std::string& file) { return std::as_bytes(std::span(file)); }

// Compares DecodePart's answer with the whole, both of these options.
void ExpectPart(const std::string& file, const Image& whole, const Region& region, const DecodeOptions& options,
                const std::string& what) {
  const Result<PicturePart> part = DecodePart(BytesOf(file), options, [&](int width, int height) {
    EXPECT_EQ(width, whole.width());
    EXPECT_EQ(height, whole.height());
    return region;
  });
  ASSERT_TRUE(part.ok()) << what << part.error().ToString();
  ASSERT_EQ(part->width, whole.width()) << what;
  ASSERT_EQ(part->height, whole.height()) << what;
  ASSERT_EQ(part->pixels.draft(), whole.draft()) << what;
  ASSERT_EQ(part->left, region.left);
  ASSERT_EQ(part->top, region.top);
  ASSERT_EQ(part->pixels.width(), region.width);
  ASSERT_EQ(part->pixels.height(), region.height);
  for (int y = 0; y < region.height; ++y) {
    const uint8_t* expected = whole.row(region.top + y) + ptrdiff_t{3} * region.left;
    ASSERT_EQ(std::memcmp(part->pixels.row(y), expected, size_t{3} * static_cast<size_t>(region.width)), 0)
        << what << ", row " << y << " of " << region.width << "x" << region.height << " at " << region.left << ", "
        << region.top << " of " << whole.width() << "x" << whole.height();
  }
}

class PhotoParts : public ::testing::TestWithParam<JpegForm> {};

Region RandomRegion(std::mt19937& random, int width, int height) {
  const auto up_to = [&](int most) { return static_cast<int>(random() % static_cast<unsigned>(most + 1)); };
  Region region;
  region.left = up_to(width - 1);
  region.top = up_to(height - 1);
  region.width = 1 + up_to(width - region.left - 1);
  region.height = 1 + up_to(height - region.top - 1);
  return region;
}

TEST_P(PhotoParts, HaveTheWholesPixels) {
  std::mt19937 random(1);
  constexpr int kSides[] = {1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 33, 34, 35, 47, 48, 64, 65, 97, 130, 161, 200};
  for (int i = 0; i < 60; ++i) {
    const int width = kSides[random() % std::size(kSides)];
    const int height = kSides[random() % std::size(kSides)];
    const std::string file = WriteJpeg(GetParam(), width, height);
    const Image whole = DecodeImage(BytesOf(file)).value();
    for (int k = 0; k < 25; ++k) {
      ASSERT_NO_FATAL_FAILURE(ExpectPart(file, whole, RandomRegion(random, width, height), {}, ""));
    }
  }
}

// Each way to lie across blocks: every row and column as the first, and as the last.
TEST_P(PhotoParts, HaveTheWholesPixelsFromAndToEveryRowAndColumn) {
  constexpr int kWidth = 149;
  constexpr int kHeight = 115;
  const std::string file = WriteJpeg(GetParam(), kWidth, kHeight);
  const Image whole = DecodeImage(BytesOf(file)).value();
  for (int x = 0; x < kWidth; ++x) {
    ASSERT_NO_FATAL_FAILURE(ExpectPart(file, whole, {x, 40, std::min(20, kWidth - x), 9}, {}, "from column "));
    ASSERT_NO_FATAL_FAILURE(ExpectPart(file, whole, {0, 0, x + 1, 3}, {}, "to column "));
  }
  for (int y = 0; y < kHeight; ++y) {
    ASSERT_NO_FATAL_FAILURE(ExpectPart(file, whole, {50, y, 9, std::min(20, kHeight - y)}, {}, "from row "));
    ASSERT_NO_FATAL_FAILURE(ExpectPart(file, whole, {60, 0, 70, y + 1}, {}, "to row "));
  }
}

TEST_P(PhotoParts, AreOfTheUprightPicture) {
  std::mt19937 random(2);
  for (int orientation = 1; orientation <= 8; ++orientation) {
    const std::string file = WriteJpeg(GetParam(), 100, 71, orientation);
    const Image whole = DecodeImage(BytesOf(file)).value();
    ASSERT_EQ(whole.width(), IsTransposed(orientation) ? 71 : 100);
    for (int k = 0; k < 25; ++k) {
      ASSERT_NO_FATAL_FAILURE(ExpectPart(file, whole, RandomRegion(random, whole.width(), whole.height()), {},
                                         "orientation " + std::to_string(orientation)));
    }
  }
}

TEST_P(PhotoParts, AreOfTheDraft) {
  std::mt19937 random(3);
  for (const int min_side : {1, 20, 50}) {
    const std::string file = WriteJpeg(GetParam(), 203, 165, 6);
    const DecodeOptions options{.draft_min_side = min_side};
    const Image whole = DecodeImage(BytesOf(file), options).value();
    ASSERT_GT(whole.draft(), 1);
    for (int k = 0; k < 25; ++k) {
      ASSERT_NO_FATAL_FAILURE(
          ExpectPart(file, whole, RandomRegion(random, whole.width(), whole.height()), options, "draft"));
    }
  }
}

// What DecodeToInput says and writes, or its error, against the steps one by one.
void ExpectInput(const std::string& file, const Preprocessing& preprocessing, const std::string& what) {
  const size_t floats =
      size_t{3} * static_cast<size_t>(preprocessing.height) * static_cast<size_t>(preprocessing.width);
  std::vector<float> expected(floats, -77.0F);
  std::vector<float> input(floats, -78.0F);
  const Result<Image> whole = DecodeImage(BytesOf(file), DecodeOptionsFor(preprocessing));
  const Result<PhotoInput> photo = DecodeToInput(BytesOf(file), preprocessing, input);
  ASSERT_EQ(photo.ok(), whole.ok()) << what;
  ASSERT_TRUE(Preprocess(*whole, preprocessing, expected).ok()) << what;
  EXPECT_EQ(photo->width, whole->width() * whole->draft()) << what;
  EXPECT_EQ(photo->height, whole->height() * whole->draft()) << what;
  ASSERT_EQ(std::memcmp(input.data(), expected.data(), floats * sizeof(float)), 0) << what;
}

TEST_P(PhotoParts, MakeTheWholesInput) {
  std::mt19937 random(4);
  constexpr int kSides[] = {1, 5, 16, 33, 48, 56, 64, 97, 128, 161, 260, 400};
  const auto one_of = [&](const auto& list) { return list[random() % std::size(list)]; };
  for (int i = 0; i < 150; ++i) {
    const int width = one_of(kSides);
    const int height = one_of(kSides);
    const int orientation = static_cast<int>(random() % 9);
    Preprocessing preprocessing;
    preprocessing.width = one_of(std::array{32, 48, 49, 64});
    preprocessing.height = random() % 2 == 0 ? preprocessing.width : one_of(std::array{32, 56});
    preprocessing.mode =
        one_of(std::array{ResizeMode::kCrop, ResizeMode::kCrop, ResizeMode::kSquash, ResizeMode::kPad});
    preprocessing.interpolation = one_of(std::array{Interpolation::kBicubic, Interpolation::kBilinear});
    preprocessing.crop_pct = one_of(std::array{0.875, 0.5, 0.9, 1.0});
    preprocessing.draft = random() % 4 == 0;
    ASSERT_NO_FATAL_FAILURE(ExpectInput(WriteJpeg(GetParam(), width, height, orientation), preprocessing,
                                        std::to_string(width) + "x" + std::to_string(height) + ", orientation " +
                                            std::to_string(orientation) + ", case " + std::to_string(i)));
  }
}

// A photo of the size that the resize asks for, which is cut and not resized, and one that is resized along one side
// alone.
TEST_P(PhotoParts, MakeTheInputOfAPhotoThatIsNotResized) {
  Preprocessing preprocessing;
  preprocessing.width = preprocessing.height = 56;
  for (const ResizeMode mode : {ResizeMode::kCrop, ResizeMode::kSquash}) {
    preprocessing.mode = mode;
    for (const auto& [width, height] : {std::pair{128, 64}, {64, 128}, {64, 64}, {90, 64}}) {
      ASSERT_NO_FATAL_FAILURE(ExpectInput(WriteJpeg(GetParam(), width, height), preprocessing, "not resized"));
    }
  }
}

TEST(ReadToInput, IsDecodeToInputAndNamesTheFileItIsOf) {
  const TempDir dir;
  const std::string file = WriteJpeg(kForms[0], 90, 64);
  const std::string path = dir.File("leaf.jpg");
  std::ofstream(path, std::ios::binary) << file;
  Preprocessing preprocessing;
  preprocessing.width = preprocessing.height = 48;
  std::vector<float> expected(size_t{3} * 48 * 48);
  std::vector<float> input(expected.size());
  const PhotoInput decoded = DecodeToInput(BytesOf(file), preprocessing, expected).value();
  const PhotoInput read = ReadToInput(path, preprocessing, input).value();
  EXPECT_EQ(input, expected);
  EXPECT_EQ(read.width, decoded.width);
  EXPECT_EQ(read.height, decoded.height);

  const Result<PhotoInput> missing = ReadToInput(dir.File("none.jpg"), preprocessing, input);
  EXPECT_EQ(missing.error().code, ErrorCode::kNotFound);
  const Result<PhotoInput> huge = ReadToInput(path, preprocessing, input, 90 * 64 - 1);
  EXPECT_EQ(huge.error().code, ErrorCode::kLimit);
  std::ofstream(path, std::ios::binary) << file.substr(0, file.size() / 2);
  const Result<PhotoInput> damaged = ReadToInput(path, preprocessing, input);
  EXPECT_EQ(damaged.error().code, ErrorCode::kBadFormat);
  EXPECT_NE(damaged.error().message.find(path), std::string::npos) << damaged.error().message;
}

INSTANTIATE_TEST_SUITE_P(Forms, PhotoParts, ::testing::ValuesIn(kForms),
                         [](const auto& form) { return std::string(form.param.name); });

// Wherever a file is damaged or cut off, and wherever the part lies, the answer is the whole's.
TEST(PhotoPartsDamage, IsRefusedAsInTheWhole) {
  std::mt19937 random(5);
  int refused = 0;
  int decoded = 0;
  for (const JpegForm& form : kForms) {
    const std::string good = WriteJpeg(form, 90, 140);
    for (int i = 0; i < 150; ++i) {
      std::string file = good;
      if (i % 3 == 0) {
        file.resize(random() % file.size());
      } else {
        for (unsigned k = 0; k <= random() % 3; ++k) {
          const size_t at = random() % file.size();
          file[at] = i % 3 == 1 ? static_cast<char>(file[at] ^ (1 << random() % 8)) : static_cast<char>(random());
        }
      }
      const DecodeOptions options{.max_pixels = 1 << 20};
      const Result<Image> whole = DecodeImage(BytesOf(file), options);
      Region region;
      const Result<PicturePart> part = DecodePart(BytesOf(file), options, [&](int width, int height) {
        region = RandomRegion(random, width, height);
        return region;
      });
      ASSERT_EQ(part.ok(), whole.ok()) << form.name << " " << i
                                       << (whole.ok() ? part.error().ToString() : whole.error().ToString());
      if (!whole.ok()) {
        ASSERT_EQ(part.error().ToString(), whole.error().ToString()) << form.name << " " << i;
        ++refused;
        continue;
      }
      ++decoded;
      ASSERT_NO_FATAL_FAILURE(ExpectPart(file, *whole, region, options, std::string(form.name) + " damaged"));
    }
  }
  EXPECT_GT(refused, 500);
  EXPECT_GT(decoded, 500);
}

// The last bytes hold the last pixels' codes, which no part at the top has.
TEST(PhotoPartsDamage, BelowThePartIsNoticed) {
  for (const JpegForm& form : kForms) {
    const std::string good = WriteJpeg(form, 200, 300);
    const std::string cut = good.substr(0, good.size() - 8);
    const auto corner = [](int, int) { return Region{0, 0, 16, 16}; };
    EXPECT_TRUE(DecodePart(BytesOf(good), {}, corner).ok()) << form.name;
    EXPECT_FALSE(DecodePart(BytesOf(cut), {}, corner).ok()) << form.name;
  }
}

}  // namespace
}  // namespace frond::testing
