// libFuzzer target for WebP files, from the first byte to the upright picture.

#include "fuzz/image/decode.h"
#include "src/image/decode.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto file = std::as_bytes(std::span(data, size));
  if (frond::SniffPhoto(file) != frond::PhotoFormat::kWebp) return 0;
  frond::FuzzDecoder(frond::DecodeImage, data, size);
  return 0;
}
