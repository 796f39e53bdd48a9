#ifndef FROND_SRC_IMAGE_DECODE_H_
#define FROND_SRC_IMAGE_DECODE_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "frond/image.h"
#include "frond/result.h"
#include "src/image/part.h"

namespace frond {

// What a file's first bytes say it is.
enum class PhotoFormat {
  kUnknown,
  kJpeg,
  kPng,
  kWebp,
};
PhotoFormat SniffPhoto(std::span<const std::byte> file);

// The decoders of the three formats. Each checks the sides and the work that the
// file can cause before it decodes, and leaves the picture as it is stored:
// DecodeImage turns it upright. Errors: kBadFormat, kUnsupported, kLimit.
// A JPEG's chosen part has the whole's pixels, and is refused for whatever the whole is refused for.
Result<Image> DecodeJpegPart(std::span<const std::byte> file, const DecodeOptions& options, const PartChooser& choose);
Result<Image> DecodePng(std::span<const std::byte> file, const DecodeOptions& options);
Result<Image> DecodeWebp(std::span<const std::byte> file, const DecodeOptions& options);

// DecodeImage's picture, or a part of it that has the chosen one: JPEG files spare what the rest would have cost.
Result<PicturePart> DecodePart(std::span<const std::byte> file, const DecodeOptions& options,
                               const PartChooser& choose);

inline constexpr int kMaxImageSide = 65535;  // px; JPEG and Image::Create share it

// The refusal of sides that no picture has (kBadFormat), or of more pixels than
// the options allow (kLimit).
Status CheckSides(int64_t width, int64_t height, const DecodeOptions& options);

}  // namespace frond

#endif  // FROND_SRC_IMAGE_DECODE_H_
