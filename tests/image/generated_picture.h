#ifndef FROND_TESTS_IMAGE_GENERATED_PICTURE_H_
#define FROND_TESTS_IMAGE_GENERATED_PICTURE_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "frond/image.h"

namespace frond {

// picture() of tools/goldens/make_resizes.py: noise, and squares of 0 and 255.
inline Image GeneratedPicture(int width, int height) {
  Image image = Image::Create(width, height).value();
  uint32_t i = 0;
  for (uint8_t& value : image.pixels()) {
    const uint32_t x = i / 3 % static_cast<uint32_t>(width);
    const uint32_t y = i / 3 / static_cast<uint32_t>(width);
    const uint32_t noise = ((i * 2654435761U) >> 13) ^ (i >> 3);
    const uint32_t square = x / 8 + 5 * (y / 8);
    value = static_cast<uint8_t>(square % 4 != 0 ? noise & 255 : square % 8 == 0 ? 255 : 0);
    ++i;
  }
  return image;
}

// CRC-32 of zlib, without it.
inline uint32_t Crc32(std::span<const std::byte> bytes) {
  uint32_t crc = ~0U;
  for (const std::byte byte : bytes) {
    crc ^= static_cast<uint32_t>(byte);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ (0xEDB88320U & (0U - (crc & 1)));
  }
  return ~crc;
}

}  // namespace frond

#endif  // FROND_TESTS_IMAGE_GENERATED_PICTURE_H_
