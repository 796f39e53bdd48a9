#ifndef FROND_SRC_IMAGE_COMPOSE_H_
#define FROND_SRC_IMAGE_COMPOSE_H_

#include <cstddef>
#include <cstdint>

namespace frond {

// (value * alpha + 255 * (255 - alpha)) / 255 as Pillow's alpha_composite rounds
// it over opaque white: 7 more bits, half added, and the division by 255 as
// (x + (x >> 8)) >> 8.
constexpr uint8_t OverWhite(uint8_t value, uint8_t alpha) {
  const uint32_t scaled = (value * uint32_t{alpha} + 255 * (255 - uint32_t{alpha})) << 7;
  const uint32_t half = scaled + (0x80 << 7);
  return static_cast<uint8_t>((((half >> 8) + half) >> 8) >> 7);
}

// Pixels first, first + step, ... of a row of RGBA, alpha not multiplied in, over
// white, into the same pixels of a row of RGB.
void RowOverWhite(const uint8_t* rgba, int width, uint8_t* rgb, int first = 0, int step = 1);

// The same from a row of grey.
void RowFromGrey(const uint8_t* grey, int width, uint8_t* rgb, int first = 0, int step = 1);

// One row of CMYK as JPEG files store it (Adobe's way: 255 is no ink), as Pillow converts it to RGB.
void RowFromInvertedCmyk(const uint8_t* cmyk, int width, uint8_t* rgb);

}  // namespace frond

#endif  // FROND_SRC_IMAGE_COMPOSE_H_
