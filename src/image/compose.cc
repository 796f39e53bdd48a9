#include "src/image/compose.h"

namespace frond {

void RowOverWhite(const uint8_t* rgba, int width, uint8_t* rgb, int first, int step) {
  for (int x = first; x < width; x += step) {
    const uint8_t* from = rgba + ptrdiff_t{4} * x;
    uint8_t* to = rgb + ptrdiff_t{3} * x;
    const uint8_t alpha = from[3];
    if (alpha == 255) {
      to[0] = from[0];
      to[1] = from[1];
      to[2] = from[2];
    } else {
      for (int c = 0; c < 3; ++c) to[c] = OverWhite(from[c], alpha);
    }
  }
}

void RowFromGrey(const uint8_t* grey, int width, uint8_t* rgb, int first, int step) {
  for (int x = first; x < width; x += step) {
    uint8_t* to = rgb + ptrdiff_t{3} * x;
    to[0] = to[1] = to[2] = grey[x];
  }
}

void RowFromInvertedCmyk(const uint8_t* cmyk, int width, uint8_t* rgb) {
  for (int x = 0; x < width; ++x, cmyk += 4, rgb += 3) {
    const int light = cmyk[3];
    for (int c = 0; c < 3; ++c) {
      // light - ink * light / 255, rounded to nearest; never negative.
      const int product = (255 - cmyk[c]) * light + 128;
      rgb[c] = static_cast<uint8_t>(light - (((product >> 8) + product) >> 8));
    }
  }
}

}  // namespace frond
