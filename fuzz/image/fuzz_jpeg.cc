// libFuzzer target for JPEG files, from the first byte to the upright picture, at
// full size and at the smallest draft.

#include "fuzz/image/decode.h"
#include "src/image/decode.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto file = std::as_bytes(std::span(data, size));
  if (frond::SniffPhoto(file) != frond::PhotoFormat::kJpeg) return 0;
  frond::FuzzDecoder(frond::DecodeImage, data, size);
  const frond::Result<frond::Image> draft =
      frond::DecodeImage(file, {.max_pixels = frond::kFuzzPixels, .draft_min_side = 1});
  frond::Require(draft.ok() || !draft.error().message.empty());
  return 0;
}
