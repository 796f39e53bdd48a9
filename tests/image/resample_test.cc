#include "src/image/resample.h"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <random>
#include <sstream>

#include "src/image/resample_kernels.h"
#include "tests/image/generated_picture.h"

// Pillow's answers (tests/golden/resizes.txt) on every instruction set of the
// machine, and every table against the scalar one over drawn geometries.

namespace frond {
namespace {

class ResampleTest : public testing::TestWithParam<Isa> {};

INSTANTIATE_TEST_SUITE_P(EachIsa, ResampleTest, testing::ValuesIn(AvailableIsas()),
                         [](const auto& param_info) { return std::string(IsaName(param_info.param)); });

// Calls body(words) for each line of the goldens that begins with `kind`; returns their number.
template <class Body>
int ForEachGolden(const std::string& kind, const Body& body) {
  std::ifstream file(FROND_GOLDEN_DIR "/resizes.txt");
  EXPECT_TRUE(file.is_open());
  int count = 0;
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::string first;
    if (!(words >> first) || first != kind) continue;
    ++count;
    SCOPED_TRACE(line);
    body(words);
  }
  return count;
}

Interpolation ReadInterpolation(std::istream& words) {
  std::string name;
  words >> name;
  return name == "bicubic" ? Interpolation::kBicubic : Interpolation::kBilinear;
}

void ExpectCrc(const Result<Image>& image, std::istream& words) {
  ASSERT_TRUE(image.ok()) << image.error().ToString();
  uint32_t expected = 0;
  words >> std::hex >> expected;
  ASSERT_TRUE(words);
  EXPECT_EQ(Crc32(std::as_bytes(image->pixels())), expected);
}

TEST_P(ResampleTest, GivesPillowsBytes) {
  const int cases = ForEachGolden("resize", [](std::istream& words) {
    Resize resize{.interpolation = ReadInterpolation(words)};
    int width = 0;
    int height = 0;
    words >> width >> height >> resize.width >> resize.height;
    ExpectCrc(Resample(GeneratedPicture(width, height), resize, GetParam()), words);
  });
  EXPECT_GE(cases, 2 * 200);
}

TEST_P(ResampleTest, GivesPillowsBytesOfABox) {
  const Image picture = GeneratedPicture(100, 80);
  const int cases = ForEachGolden("box", [&](std::istream& words) {
    Resize resize{.interpolation = ReadInterpolation(words)};
    Resize::Box box;
    words >> box.left >> box.top >> box.right >> box.bottom >> resize.width >> resize.height;
    resize.box = box;
    ExpectCrc(Resample(picture, resize, GetParam()), words);
  });
  EXPECT_EQ(cases, 50);
}

// Any bytes of a picture, to any size, any window of it: what the scalar twin gives for the whole, cropped.
TEST_P(ResampleTest, AWindowIsACropOfTheWhole) {
  std::mt19937 random(7);
  const auto draw = [&](int least, int most) { return std::uniform_int_distribution<int>(least, most)(random); };
  for (int round = 0; round < 300; ++round) {
    Image src = Image::Create(draw(1, 90), draw(1, 90)).value();
    for (uint8_t& byte : src.pixels()) byte = static_cast<uint8_t>(draw(0, 2) == 0 ? draw(0, 255) : draw(0, 1) * 255);
    Resize resize{.width = draw(1, 90), .height = draw(1, 90)};
    if (round % 5 == 0) resize.width = src.width();
    if (round % 7 == 0) resize.height = src.height();
    resize.interpolation = round % 2 == 0 ? Interpolation::kBicubic : Interpolation::kBilinear;
    const Image whole = Resample(src, resize, Isa::kScalar).value();
    Resize::Window window;
    window.left = draw(0, whole.width() - 1);
    window.top = draw(0, whole.height() - 1);
    window.width = draw(1, whole.width() - static_cast<int>(window.left));
    window.height = draw(1, whole.height() - static_cast<int>(window.top));
    resize.window = window;
    const Result<Image> part = Resample(src, resize, GetParam());
    ASSERT_TRUE(part.ok());
    ASSERT_EQ(part->width(), window.width);
    ASSERT_EQ(part->height(), window.height);
    for (int y = 0; y < window.height; ++y) {
      const uint8_t* expected = whole.row(static_cast<int>(window.top) + y) + window.left * 3;
      ASSERT_TRUE(std::equal(expected, expected + size_t{3} * window.width, part->row(y)))
          << src.width() << "x" << src.height() << " to " << resize.width << "x" << resize.height << ", window "
          << window.width << "x" << window.height << " at " << window.left << ", " << window.top << ", row " << y;
    }
  }
}

TEST(Resample, TheTablesAreThoseAskedFor) {
  for (const Isa isa : AvailableIsas()) {
    const Isa got = ResampleKernelsFor(isa).isa;
    // Without vectors in hardware the twin stands in; photos have no bfloat16.
    EXPECT_TRUE(got == isa || (isa == Isa::kPortable && got == Isa::kScalar) ||
                (isa == Isa::kAvx512Bf16 && got == Isa::kAvx512))
        << IsaName(isa);
  }
}

TEST(Resample, AThinPhotoIsNeverMadeWhole) {
  const Image line = GeneratedPicture(65535, 1);
  const Resize::Window window{8'000'000, 10, 224, 224};
  const Result<Image> middle = Resample(line, {.width = 65535 * 256, .height = 256, .window = window}, Isa::kScalar);
  ASSERT_TRUE(middle.ok());
  EXPECT_EQ(middle->width(), 224);
}

TEST(Resample, RefusesWhatLiesOutside) {
  const Image picture = GeneratedPicture(20, 10);
  using Box = Resize::Box;
  using Window = Resize::Window;
  const float nan = std::nanf("");
  for (const Resize& resize :
       {Resize{.width = 0, .height = 5}, Resize{.width = 5, .height = -1},
        Resize{.width = 5, .height = 5, .box = Box{-1, 0, 5, 5}},
        Resize{.width = 5, .height = 5, .box = Box{0, 0, 20.5, 5}},
        Resize{.width = 5, .height = 5, .box = Box{5, 0, 5, 5}},
        Resize{.width = 5, .height = 5, .box = Box{0, nan, 5, 5}},
        Resize{.width = 5, .height = 5, .window = Window{0, 0, 6, 5}},
        Resize{.width = 5, .height = 5, .window = Window{0, -1, 5, 5}},
        Resize{.width = 5, .height = 5, .window = Window{INT64_MAX, 0, 5, 5}},
        Resize{.width = 5, .height = 5, .window = Window{0, 0, 0, 5}}, Resize{.width = 70000, .height = 5}}) {
    const Result<Image> image = Resample(picture, resize, Isa::kScalar);
    ASSERT_FALSE(image.ok());
    EXPECT_EQ(image.error().code, ErrorCode::kInvalidArgument);
  }
}

}  // namespace
}  // namespace frond
