#ifndef FROND_SRC_IMAGE_DECODE_H_
#define FROND_SRC_IMAGE_DECODE_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "frond/image.h"
#include "frond/result.h"

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
Result<Image> DecodeJpeg(std::span<const std::byte> file, const DecodeOptions& options);
Result<Image> DecodePng(std::span<const std::byte> file, const DecodeOptions& options);
Result<Image> DecodeWebp(std::span<const std::byte> file, const DecodeOptions& options);

inline constexpr int kMaxImageSide = 65535;  // px; JPEG and Image::Create share it

// The refusal of sides that no picture has (kBadFormat), or of more pixels than
// the options allow (kLimit).
Status CheckSides(int64_t width, int64_t height, const DecodeOptions& options);

}  // namespace frond

#endif  // FROND_SRC_IMAGE_DECODE_H_
