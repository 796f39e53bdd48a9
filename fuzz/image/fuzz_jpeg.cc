// libFuzzer target for JPEG files, from the first byte to the upright picture, at
// full size and at the smallest draft, and a part of it, which must be the whole's.

#include <cstring>

#include "fuzz/image/decode.h"
#include "src/image/decode.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto file = std::as_bytes(std::span(data, size));
  if (frond::SniffPhoto(file) != frond::PhotoFormat::kJpeg) return 0;
  frond::FuzzDecoder(frond::DecodeImage, data, size);
  const frond::Result<frond::Image> draft =
      frond::DecodeImage(file, {.max_pixels = frond::kFuzzPixels, .draft_min_side = 1});
  frond::Require(draft.ok() || !draft.error().message.empty());
  const frond::DecodeOptions options{.max_pixels = frond::kFuzzPixels};
  const frond::Result<frond::Image> whole = frond::DecodeImage(file, options);
  const frond::Result<frond::PicturePart> part = frond::DecodePart(file, options, [&](int width, int height) {
    const int left = data[size / 2] * width / 256;
    const int top = data[size / 3] * height / 256;
    return frond::Region{left, top, 1 + (width - left - 1) / 2, 1 + (height - top - 1) / 2};
  });
  frond::Require(part.ok() == whole.ok());
  if (!whole.ok()) {
    frond::Require(part.error().ToString() == whole.error().ToString());
    return 0;
  }
  const auto row_bytes = static_cast<size_t>(part->pixels.width()) * 3;
  for (int y = 0; y < part->pixels.height(); ++y) {
    const uint8_t* expected = whole->row(part->top + y) + static_cast<size_t>(part->left) * 3;
    frond::Require(std::memcmp(part->pixels.row(y), expected, row_bytes) == 0);
  }
  return 0;
}
