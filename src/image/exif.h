#ifndef FROND_SRC_IMAGE_EXIF_H_
#define FROND_SRC_IMAGE_EXIF_H_

#include <cstddef>
#include <span>

#include "src/image/decode.h"

namespace frond {

// EXIF's orientation of a photo, 1 to 8, from a JPEG's first APP1 segment that
// holds EXIF, a PNG's eXIf chunk or a WebP's EXIF chunk. 1 where there is none:
// nonsense in EXIF never makes a photo unreadable.
int ExifOrientation(std::span<const std::byte> file, PhotoFormat format);

// The same from the EXIF block itself: a TIFF header and its first directory.
int OrientationOfTiff(std::span<const std::byte> tiff);

}  // namespace frond

#endif  // FROND_SRC_IMAGE_EXIF_H_
