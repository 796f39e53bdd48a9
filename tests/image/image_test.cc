#include "frond/image.h"

#include <gtest/gtest.h>

namespace frond {
namespace {

TEST(Image, HasItsSidesAndNoGaps) {
  Result<Image> image = Image::Create(5, 3);
  ASSERT_TRUE(image.ok());
  EXPECT_EQ(image->pixels().size(), 45u);
  EXPECT_EQ(image->row(2) - image->row(0), 30);
}

TEST(Image, RefusesSidesNoFormatHas) {
  for (const auto& [width, height] : {std::pair(0, 5), std::pair(5, 0), std::pair(-1, 5), std::pair(65536, 5)}) {
    const Result<Image> image = Image::Create(width, height);
    ASSERT_FALSE(image.ok()) << width << "x" << height;
    EXPECT_EQ(image.error().code, ErrorCode::kInvalidArgument);
  }
}

}  // namespace
}  // namespace frond
