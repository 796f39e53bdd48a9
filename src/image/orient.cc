#include "src/image/orient.h"

#include <algorithm>
#include <cstddef>
#include <cstring>

namespace frond {
namespace {

constexpr int kTile = 32;  // px; a tile of source and one of destination stay in the L1 cache

void MirrorRow(uint8_t* row, int width) {
  for (int left = 0, right = width - 1; left < right; ++left, --right) {
    std::swap_ranges(row + ptrdiff_t{3} * left, row + ptrdiff_t{3} * left + 3, row + ptrdiff_t{3} * right);
  }
}

void MirrorLeftRight(Image& image) {
  for (int y = 0; y < image.height(); ++y) MirrorRow(image.row(y), image.width());
}

void MirrorTopBottom(Image& image) {
  const ptrdiff_t row_bytes = ptrdiff_t{3} * image.width();
  for (int top = 0, bottom = image.height() - 1; top < bottom; ++top, --bottom) {
    std::swap_ranges(image.row(top), image.row(top) + row_bytes, image.row(bottom));
  }
}

// Pixel (x, y) of the result is pixel (y, x) of the source, counted from the
// right where `from_right` and from the bottom where `from_bottom`.
Result<Image> Transpose(const Image& src, bool from_right, bool from_bottom) {
  FROND_ASSIGN(Image dst, Image::Create(src.height(), src.width()));
  for (int y0 = 0; y0 < dst.height(); y0 += kTile) {
    const int y1 = std::min(y0 + kTile, dst.height());
    for (int x0 = 0; x0 < dst.width(); x0 += kTile) {
      const int x1 = std::min(x0 + kTile, dst.width());
      for (int x = x0; x < x1; ++x) {
        const uint8_t* from = src.row(from_bottom ? src.height() - 1 - x : x);
        for (int y = y0; y < y1; ++y) {
          const int column = from_right ? src.width() - 1 - y : y;
          std::memcpy(dst.row(y) + ptrdiff_t{3} * x, from + ptrdiff_t{3} * column, 3);
        }
      }
    }
  }
  return dst;
}

}  // namespace

Result<Image> Orient(Image image, int orientation) {
  switch (orientation) {
    case 2: MirrorLeftRight(image); break;
    case 3:
      MirrorLeftRight(image);
      MirrorTopBottom(image);
      break;
    case 4: MirrorTopBottom(image); break;
    case 5: return Transpose(image, /*from_right=*/false, /*from_bottom=*/false);
    case 6: return Transpose(image, /*from_right=*/false, /*from_bottom=*/true);
    case 7: return Transpose(image, /*from_right=*/true, /*from_bottom=*/true);
    case 8: return Transpose(image, /*from_right=*/true, /*from_bottom=*/false);
    default: break;
  }
  return image;
}

Region RegionAsStored(const Region& upright, int orientation, int width, int height) {
  Region stored = upright;
  if (IsTransposed(orientation)) stored = {upright.top, upright.left, upright.height, upright.width};
  const bool from_right = orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
  const bool from_bottom = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
  if (from_right) stored.left = width - stored.left - stored.width;
  if (from_bottom) stored.top = height - stored.top - stored.height;
  return stored;
}

}  // namespace frond
