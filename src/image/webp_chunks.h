#ifndef FROND_SRC_IMAGE_WEBP_CHUNKS_H_
#define FROND_SRC_IMAGE_WEBP_CHUNKS_H_

#include <cstddef>
#include <span>

#include "frond/result.h"

namespace frond {

// The first picture of a WebP file, as its container describes it.
struct WebpFrame {
  // Chunks as libwebp reads them: ALPH where there is one, then VP8 or VP8L.
  std::span<const std::byte> chunks;
  std::span<const std::byte> alpha;   // ALPH's data; empty without
  std::span<const std::byte> pixels;  // VP8's or VP8L's data
  bool lossless = false;
  // Of an extended file, px; 0: the picture's own size.
  int canvas_width = 0;
  int canvas_height = 0;
  // Where an animation's first frame lies on its canvas.
  bool animated = false;
  int x = 0;  // px
  int y = 0;  // px
};

// Walks the RIFF container without copying. Errors: kBadFormat for chunks that
// run past their file, and where there is no picture.
Result<WebpFrame> FindWebpFrame(std::span<const std::byte> file);

// The EXIF chunk, empty where there is none.
std::span<const std::byte> WebpExif(std::span<const std::byte> file);

}  // namespace frond

#endif  // FROND_SRC_IMAGE_WEBP_CHUNKS_H_
