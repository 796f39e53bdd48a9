#include "src/image/geometry.h"

#include <algorithm>
#include <cmath>

namespace frond {
namespace {

// Python's round(): halves to even, which is what the default rounding mode gives.
int64_t RoundHalfEven(double x) { return static_cast<int64_t>(std::nearbyint(x)); }

struct Size {
  int64_t width;
  int64_t height;
};

Size ShorterSideTo(int side, int photo_width, int photo_height) {
  const int64_t shorter = std::min(photo_width, photo_height);
  const int64_t longer = int64_t{side} * std::max(photo_width, photo_height) / shorter;
  return photo_width <= photo_height ? Size{side, longer} : Size{longer, side};
}

Size KeepRatio(double ratio, int photo_width, int photo_height) {
  return {std::max<int64_t>(RoundHalfEven(photo_width / ratio), 1),
          std::max<int64_t>(RoundHalfEven(photo_height / ratio), 1)};
}

Size ResizedSize(int photo_width, int photo_height, const Preprocessing& preprocessing) {
  const int width = ScaledSide(preprocessing.width, preprocessing.crop_pct);
  const int height = ScaledSide(preprocessing.height, preprocessing.crop_pct);
  const double across = static_cast<double>(photo_width) / width;
  const double down = static_cast<double>(photo_height) / height;
  switch (preprocessing.mode) {
    case ResizeMode::kSquash: return {width, height};
    case ResizeMode::kPad: return KeepRatio(std::max(across, down), photo_width, photo_height);
    case ResizeMode::kCrop: break;
  }
  if (width == height) return ShorterSideTo(width, photo_width, photo_height);
  return KeepRatio(std::min(across, down), photo_width, photo_height);
}

struct Centred {
  int64_t source;  // where the window begins in the resized picture
  int target;      // and where it lies in the input
  int length;
};

Centred Centre(int64_t resized, int wanted) {
  if (resized < wanted) {
    return {0, static_cast<int>((wanted - resized) / 2), static_cast<int>(resized)};
  }
  return {RoundHalfEven(static_cast<double>(resized - wanted) / 2), 0, wanted};
}

}  // namespace

int ScaledSide(int side, double crop_pct) { return static_cast<int>(side / crop_pct); }

uint8_t FillByte(double mean) { return static_cast<uint8_t>(std::clamp<int64_t>(RoundHalfEven(255 * mean), 0, 255)); }

Placement PlacementOf(int photo_width, int photo_height, const Preprocessing& preprocessing) {
  const Size size = ResizedSize(photo_width, photo_height, preprocessing);
  const Centred across = Centre(size.width, preprocessing.width);
  const Centred down = Centre(size.height, preprocessing.height);
  Placement placement;
  placement.resize.width = size.width;
  placement.resize.height = size.height;
  placement.resize.interpolation = preprocessing.interpolation;
  placement.resize.window = Resize::Window{across.source, down.source, across.length, down.length};
  placement.left = across.target;
  placement.top = down.target;
  return placement;
}

}  // namespace frond
