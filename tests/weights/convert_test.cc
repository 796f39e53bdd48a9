// ToFloat: exact values from every element type, at any alignment, any stride.

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "src/weights/convert_bytes.h"
#include "tests/weights/expect.h"
#include "tests/weights/file_builders.h"

namespace frond::testing {
namespace {

// Converts `raw` placed at an odd address.
std::vector<float> Unaligned(DType dtype, const Shape& shape, const Shape& strides, const std::string& raw) {
  const std::string padded = "x" + raw;
  StoredTensor tensor{"w", dtype, shape, strides, AsBytes(padded).subspan(1)};
  return ToFloat(tensor);
}

TEST(Convert, EveryType) {
  const auto one = [](DType dtype, const std::string& raw) { return Unaligned(dtype, {1}, {1}, raw).at(0); };
  EXPECT_EQ(one(DType::kFloat64, Le(-0.5)), -0.5f);
  EXPECT_EQ(one(DType::kFloat32, Le(1.25f)), 1.25f);
  EXPECT_EQ(one(DType::kBFloat16, Le<uint16_t>(0xc040)), -3.0f);
  EXPECT_EQ(one(DType::kInt64, Le<int64_t>(-5)), -5.0f);
  EXPECT_EQ(one(DType::kInt32, Le<int32_t>(1 << 24)), 16777216.0f);
  EXPECT_EQ(one(DType::kInt16, Le<int16_t>(-300)), -300.0f);
  EXPECT_EQ(one(DType::kInt8, Le<int8_t>(-128)), -128.0f);
  EXPECT_EQ(one(DType::kUint8, Le<uint8_t>(255)), 255.0f);
  EXPECT_EQ(one(DType::kBool, Le<uint8_t>(2)), 1.0f);
}

TEST(Convert, EveryHalfPrecisionNumber) {
  for (uint32_t bits = 0; bits < 65536; ++bits) {
    const float got = Unaligned(DType::kFloat16, {1}, {1}, Le(static_cast<uint16_t>(bits))).at(0);
    const int exponent = static_cast<int>((bits >> 10) & 31);
    const auto mantissa = static_cast<double>(bits & 1023);
    const double sign = (bits & 0x8000) != 0 ? -1 : 1;
    if (exponent == 31) {
      ASSERT_TRUE(mantissa == 0 ? std::isinf(got) : std::isnan(got)) << bits;
      continue;
    }
    const double want = sign * (exponent == 0 ? std::ldexp(mantissa, -24) : std::ldexp(1024 + mantissa, exponent - 25));
    ASSERT_EQ(got, static_cast<float>(want)) << bits;
    ASSERT_EQ(std::signbit(got), sign < 0) << bits;
  }
}

TEST(Convert, StridesAreFollowed) {
  const std::string six = Floats({1, 2, 3, 4, 5, 6});
  EXPECT_EQ(Unaligned(DType::kFloat32, {2, 3}, {3, 1}, six), (std::vector<float>{1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(Unaligned(DType::kFloat32, {3, 2}, {1, 3}, six), (std::vector<float>{1, 4, 2, 5, 3, 6}));
  EXPECT_EQ(Unaligned(DType::kFloat32, {1, 2, 1, 3}, {99, 3, 77, 1}, six), (std::vector<float>{1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(Unaligned(DType::kFloat32, {2, 2, 2}, {1, 0, 2}, six), (std::vector<float>{1, 3, 1, 3, 2, 4, 2, 4}));
  EXPECT_EQ(Unaligned(DType::kFloat32, {}, {}, six), (std::vector<float>{1}));
  EXPECT_TRUE(Unaligned(DType::kFloat32, {0, 3}, {3, 1}, "").empty());
}

TEST(Utf8, FollowsRfc3629) {
  for (const char* good : {"", "a.weight", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x8c\xbf", "\xf4\x8f\xbf\xbf"})
    EXPECT_TRUE(IsCleanUtf8(good)) << good;
  for (const char* bad : {"\x80", "\xc0\x80", "\xc1\xbf", "\xc3", "\xe0\x80\x80", "\xed\xa0\x80", "\xf0\x80\x80\x80",
                          "\xf4\x90\x80\x80", "\xff", "\n", "\x7f", "\xe2\x82"}) {
    EXPECT_FALSE(IsCleanUtf8(bad));
  }
}

}  // namespace
}  // namespace frond::testing
