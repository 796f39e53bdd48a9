#ifndef FROND_SRC_IMAGE_PART_H_
#define FROND_SRC_IMAGE_PART_H_

#include <functional>

#include "frond/image.h"

namespace frond {

// A rectangle of a picture, in its pixels.
struct Region {
  int left = 0;
  int top = 0;
  int width = 0;
  int height = 0;
};

// A picture of width x height px of which the pixels from (left, top) on are at hand.
struct PartView {
  const Image* pixels = nullptr;
  int left = 0;
  int top = 0;
  int width = 0;
  int height = 0;
};

inline PartView WholeOf(const Image& image) { return {&image, 0, 0, image.width(), image.height()}; }

// The same, with its pixels.
struct PicturePart {
  Image pixels;
  int left = 0;
  int top = 0;
  int width = 0;
  int height = 0;

  PartView view() const { return {&pixels, left, top, width, height}; }
};

// Says which part of a picture of width x height px is wanted; the part has a pixel at least and lies in the picture.
using PartChooser = std::function<Region(int width, int height)>;

}  // namespace frond

#endif  // FROND_SRC_IMAGE_PART_H_
