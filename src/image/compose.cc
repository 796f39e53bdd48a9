#include "src/image/compose.h"

namespace frond {

void RowOverWhite(const uint8_t* rgba, int width, uint8_t* rgb) {
  for (int x = 0; x < width; ++x, rgba += 4, rgb += 3) {
    const uint8_t alpha = rgba[3];
    for (int c = 0; c < 3; ++c) rgb[c] = OverWhite(rgba[c], alpha);
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
