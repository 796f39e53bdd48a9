#ifndef FROND_SRC_IMAGE_RESAMPLE_H_
#define FROND_SRC_IMAGE_RESAMPLE_H_

#include <cstdint>
#include <optional>

#include "frond/image.h"
#include "src/base/isa.h"
#include "src/image/part.h"

namespace frond {

// A resize to width x height, of which only the window is computed: what a
// following crop would throw away costs nothing. Sides may exceed an Image's.
struct Resize {
  // A part of the source, in its pixels; filters still reach past it.
  struct Box {
    float left = 0;
    float top = 0;
    float right = 0;
    float bottom = 0;
  };
  // In pixels of the resized picture.
  struct Window {
    int64_t left = 0;
    int64_t top = 0;
    int width = 0;
    int height = 0;
  };

  int64_t width = 0;   // px
  int64_t height = 0;  // px
  Interpolation interpolation = Interpolation::kBicubic;
  std::optional<Box> box = std::nullopt;        // absent: the whole source
  std::optional<Window> window = std::nullopt;  // absent: all of it
};

// Pillow's Image.resize of an 8-bit RGB picture, to the last bit: separable, with
// the filter stretched by the scale where it shrinks (antialias), rounded to 8
// bits between the passes, in Pillow 13's order. Errors: kInvalidArgument for sides below 1
// and for a window or box outside of its picture, kLimit where memory is refused.
Result<Image> Resample(const Image& src, const Resize& resize, Isa isa);

// The source pixels of a picture of width x height px that a resize's window is made of: Resample of any part that has
// them gives the whole's bytes. All of it where Resample would refuse.
Region ReachOf(const Resize& resize, int width, int height);
Result<Image> Resample(const PartView& src, const Resize& resize, Isa isa);

}  // namespace frond

#endif  // FROND_SRC_IMAGE_RESAMPLE_H_
