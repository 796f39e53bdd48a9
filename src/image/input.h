#ifndef FROND_SRC_IMAGE_INPUT_H_
#define FROND_SRC_IMAGE_INPUT_H_

#include <span>

#include "frond/image.h"
#include "frond/result.h"
#include "frond/spec.h"
#include "src/image/part.h"

namespace frond {

// The steps of DecodeToInput, for whoever keeps or changes the picture between them.

// Of a photo's file what FitToInput will read, the rest is left out where that is faster. Errors: those of DecodeImage.
Result<PicturePart> DecodeSeen(std::span<const std::byte> file, const Preprocessing& preprocessing,
                               int64_t max_pixels = DecodeOptions{}.max_pixels);

// What of a photo the model sees, still in bytes: `picture` lies at (left, top) of the input, the rest is fill.
struct FittedPhoto {
  Image picture;
  int left = 0;  // px
  int top = 0;   // px
};

// Resized and cropped as the preprocessing says. Errors: those of Resample.
Result<FittedPhoto> FitToInput(PicturePart photo, const Preprocessing& preprocessing);

// (p / 255 - mean) / std of a picture that lies at (left, top) of the input and wholly in it; what it leaves free is
// FillByte. `out` is 3 x height x width floats in C order. Errors: kInvalidArgument for a size of `out` that disagrees.
Status NormaliseToInput(const Image& picture, int left, int top, const Preprocessing& preprocessing,
                        std::span<float> out);

// Whether `floats` is what an input tensor has. Errors: kInvalidArgument.
Status CheckInputFloats(size_t floats, const Preprocessing& preprocessing);

}  // namespace frond

#endif  // FROND_SRC_IMAGE_INPUT_H_
