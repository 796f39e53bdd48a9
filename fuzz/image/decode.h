#ifndef FROND_FUZZ_IMAGE_DECODE_H_
#define FROND_FUZZ_IMAGE_DECODE_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "frond/image.h"

namespace frond {

inline constexpr int64_t kFuzzPixels = 1 << 16;  // larger pictures are slow, and all alike

inline void Require(bool holds) {
  if (!holds) __builtin_trap();
}

// Feeds a decoder; what it gives must be within the limit, and every byte of it readable and set.
template <class Decoder>
void FuzzDecoder(Decoder decode, const uint8_t* data, size_t size) {
  const Result<Image> image = decode(std::as_bytes(std::span(data, size)), DecodeOptions{.max_pixels = kFuzzPixels});
  if (!image.ok()) {
    Require(!image.error().message.empty());
    return;
  }
  Require(int64_t{image->width()} * image->height() <= kFuzzPixels);
  uint32_t sum = 0;
  for (const uint8_t byte : image->pixels()) sum += byte;
  Require(sum <= 255 * image->pixels().size());
}

}  // namespace frond

#endif  // FROND_FUZZ_IMAGE_DECODE_H_
