// Thousands of damaged photos, the same on every run. A file that is cut short is
// refused, or gives the whole picture: never a part of it.

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <random>

#include "frond/image.h"
#include "src/image/decode.h"

namespace frond {
namespace {

constexpr int kBitFlips = 400;
constexpr int kSplices = 200;
constexpr int64_t kMaxPixels = 1 << 20;  // damage may ask for more: slow, and all alike

std::string ReadBytes(const std::string& name) {
  std::ifstream file(FROND_PHOTO_DIR "/" + name, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

Result<Image> Decode(const std::string& bytes) {
  // A copy of exactly this size, so that a sanitizer sees a read past its end.
  const std::vector<char> copy(bytes.begin(), bytes.end());
  const DecodeOptions options{.max_pixels = kMaxPixels};
  Result<Image> whole = DecodeImage(std::as_bytes(std::span(copy)), options);
  // A part is refused for whatever the whole is refused for.
  const Result<PicturePart> part = DecodePart(std::as_bytes(std::span(copy)), options, [](int width, int height) {
    return Region{width / 3, height / 3, (width + 2) / 3, (height + 2) / 3};
  });
  EXPECT_EQ(part.ok() ? "" : part.error().ToString(), whole.ok() ? "" : whole.error().ToString());
  return whole;
}

bool Same(const Image& a, const Image& b) {
  return a.width() == b.width() && std::ranges::equal(a.pixels(), b.pixels());
}

class PhotoMutations : public ::testing::TestWithParam<const char*> {
 protected:
  void ExpectAnswer(const std::string& bytes, const std::string& what) {
    const Result<Image> image = Decode(bytes);
    if (image.ok()) {
      EXPECT_LE(static_cast<int64_t>(image->width()) * image->height(), kMaxPixels) << what;
    } else {
      EXPECT_FALSE(image.error().message.empty()) << what;
    }
  }
};

TEST_P(PhotoMutations, CutShortIsNeverAPartOfThePicture) {
  const std::string good = ReadBytes(GetParam());
  const Result<Image> whole = Decode(good);
  ASSERT_TRUE(whole.ok());
  for (size_t size = 0; size < good.size(); ++size) {
    const Result<Image> cut = Decode(good.substr(0, size));
    if (cut.ok()) {
      // Only what follows the pixels may be missing: JPEG's end marker of 2 bytes.
      EXPECT_TRUE(Same(*cut, *whole)) << "first " << size << " of " << good.size();
      EXPECT_GE(size + 2, good.size());
    } else {
      EXPECT_EQ(cut.error().code, ErrorCode::kBadFormat) << size << ": " << cut.error().ToString();
    }
  }
}

TEST_P(PhotoMutations, BitFlips) {
  std::mt19937 random(1);
  const std::string good = ReadBytes(GetParam());
  for (int i = 0; i < kBitFlips; ++i) {
    std::string file = good;
    const unsigned flips = 1 + random() % 3;
    for (unsigned k = 0; k < flips; ++k) {
      const size_t at = i % 2 == 0 ? random() % std::min<size_t>(file.size(), 100) : random() % file.size();
      file[at] = static_cast<char>(file[at] ^ (1 << random() % 8));
    }
    ExpectAnswer(file, "bit flip " + std::to_string(i));
  }
}

TEST_P(PhotoMutations, Splices) {
  std::mt19937 random(2);
  const std::string good = ReadBytes(GetParam());
  for (int i = 0; i < kSplices; ++i) {
    std::string file = good;
    const size_t at = random() % file.size();
    const size_t count = std::min<size_t>(1 + random() % 40, file.size() - at);
    switch (i % 4) {
      case 0: file.erase(at, count); break;
      case 1: file.insert(at, file.substr(random() % file.size(), count)); break;
      case 2: file.replace(at, count, std::string(count, i % 8 < 4 ? '\xFF' : '\0')); break;
      default:
        for (size_t k = at; k < at + count; ++k) file[k] = static_cast<char>(random());
        break;
    }
    ExpectAnswer(file, "splice " + std::to_string(i));
  }
}

INSTANTIATE_TEST_SUITE_P(Files, PhotoMutations,
                         ::testing::Values("jpeg_420.jpg", "jpeg_cmyk.jpg", "jpeg_exif6.jpg", "jpeg_grey.jpg",
                                           "jpeg_progressive.jpg", "jpeg_restarts.jpg", "png_grey16_interlaced.png",
                                           "png_palette4_trns.png", "png_rgb8.png", "png_rgba8_interlaced.png",
                                           "png_exif7.png", "webp_animated.webp", "webp_exif5.webp",
                                           "webp_lossless_alpha.webp", "webp_lossless_palette.webp", "webp_lossy.webp",
                                           "webp_lossy_alpha.webp"));

// JPEG and WebP have no checksums. PNG has, and so every flip in its pixels is noticed.
TEST(PhotoMutations, EveryFlipInThePixelsOfAPngIsNoticed) {
  const std::string good = ReadBytes("png_rgb8.png");
  for (size_t at = good.find("IDAT"); at < good.find("IEND") - 4; ++at) {
    std::string file = good;
    file[at] = static_cast<char>(file[at] ^ 0x10);
    EXPECT_FALSE(Decode(file).ok()) << at;
  }
}

// An interval between restart markers that is missing, or there twice, is noticed.
TEST(PhotoMutations, LostIntervalsOfAJpegAreNoticed) {
  const std::string good = ReadBytes("jpeg_restarts.jpg");
  std::vector<size_t> markers;
  for (size_t at = good.find("\xFF\xDA"); at + 1 < good.size(); ++at) {
    if (good[at] == '\xFF' && (good[at + 1] & 0xF8) == 0xD0) markers.push_back(at);
  }
  ASSERT_GE(markers.size(), 4u);
  for (size_t i = 0; i + 1 < markers.size(); ++i) {
    const size_t length = markers[i + 1] - markers[i];
    std::string lost = good;
    lost.erase(markers[i], length);
    EXPECT_FALSE(Decode(lost).ok()) << i;
    std::string twice = good;
    twice.insert(markers[i], good.substr(markers[i], length));
    EXPECT_FALSE(Decode(twice).ok()) << i;
    std::string empty = good;
    empty.erase(markers[i] + 2, length - 2);
    EXPECT_FALSE(Decode(empty).ok()) << i;
  }
}

}  // namespace
}  // namespace frond
