#ifndef FROND_SRC_IMAGE_GEOMETRY_H_
#define FROND_SRC_IMAGE_GEOMETRY_H_

#include "frond/spec.h"
#include "src/image/resample.h"

namespace frond {

// How a photo of some size becomes the model's input: resized, of that a window,
// which lies at (left, top) of the input; the rest of the input is filled.
struct Placement {
  Resize resize;
  int left = 0;  // px
  int top = 0;   // px
};

// torchvision's and timm's geometry, with scale(n) = int(n / crop_pct) and rounding
// as Python rounds (halves to even):
// - crop: the shorter side to scale(n), the longer one to int(scale(n) * long / short);
//   a model that is not square: both sides by the ratio that just covers
//   scale(height) x scale(width), rounded (timm's ResizeKeepRatio);
// - squash: both sides to scale(height) x scale(width);
// - pad: both sides by the ratio that just fits into scale(height) x scale(width),
//   rounded, 1 px at least.
// Then the centre, from round((n - size) / 2) on. What is smaller than the input lies
// at (size - n) / 2, rounded down.
Placement PlacementOf(int photo_width, int photo_height, const Preprocessing& preprocessing);

// scale(height) and scale(width): what the photo is resized to before the crop.
int ScaledSide(int side, double crop_pct);

// The fill of `pad`: the mean as a byte, so that the border is about 0 to the model.
uint8_t FillByte(double mean);

}  // namespace frond

#endif  // FROND_SRC_IMAGE_GEOMETRY_H_
