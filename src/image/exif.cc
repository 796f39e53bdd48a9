#include "src/image/exif.h"

#include <string_view>

#include "src/image/bytes.h"
#include "src/image/png_chunks.h"
#include "src/image/webp_chunks.h"

namespace frond {
namespace {

constexpr std::string_view kExifPrefix{"Exif\0\0", 6};
constexpr int kUpright = 1;

Bytes JpegExif(Bytes file) {
  size_t at = 2;  // after SOI
  while (file.size() - at >= 4) {
    const uint32_t marker = ByteAt(file, at + 1);
    if (ByteAt(file, at) != 0xFF || marker == 0xFF || marker == 0) {  // padding, which decoders skip too
      ++at;
      continue;
    }
    if (marker == 0xDA || marker == 0xD9) return {};  // the pixels begin, or the file ends
    const size_t length = Big16(file, at + 2);
    if (length < 2 || length > file.size() - at - 2) return {};
    const Bytes payload = file.subspan(at + 4, length - 2);
    if (marker == 0xE1 && AsText(payload).starts_with(kExifPrefix)) return payload.subspan(kExifPrefix.size());
    at += 2 + length;
  }
  return {};
}

Bytes WithoutPrefix(Bytes exif) {
  return AsText(exif).starts_with(kExifPrefix) ? exif.subspan(kExifPrefix.size()) : exif;
}

}  // namespace

int OrientationOfTiff(Bytes tiff) {
  // TIFF 6.0, section 2: byte order, 42, the first directory's offset; a directory
  // is a count and entries of 12 bytes: tag, type, count, value.
  constexpr uint32_t kOrientationTag = 0x0112;
  constexpr uint32_t kByte = 1;
  constexpr uint32_t kShort = 3;
  constexpr uint32_t kLong = 4;
  if (tiff.size() < 8) return kUpright;
  const std::string_view order = AsText(tiff).substr(0, 2);
  if (order != "II" && order != "MM") return kUpright;
  const bool little = order == "II";
  const auto read16 = [&](size_t at) { return little ? Little16(tiff, at) : Big16(tiff, at); };
  const auto read32 = [&](size_t at) { return little ? Little32(tiff, at) : Big32(tiff, at); };
  if (read16(2) != 42) return kUpright;
  const size_t directory = read32(4);
  if (directory > tiff.size() - 2) return kUpright;
  const size_t entries = read16(directory);
  for (size_t i = 0; i < entries; ++i) {
    const size_t at = directory + 2 + 12 * i;
    if (at + 12 > tiff.size()) return kUpright;
    if (read16(at) != kOrientationTag) continue;
    if (read32(at + 4) != 1) return kUpright;
    const uint32_t type = read16(at + 2);
    uint32_t value = 0;
    if (type == kByte) value = ByteAt(tiff, at + 8);
    if (type == kShort) value = read16(at + 8);
    if (type == kLong) value = read32(at + 8);
    return value >= 1 && value <= 8 ? static_cast<int>(value) : kUpright;
  }
  return kUpright;
}

int ExifOrientation(Bytes file, PhotoFormat format) {
  switch (format) {
    case PhotoFormat::kJpeg: return OrientationOfTiff(JpegExif(file));
    case PhotoFormat::kPng: return OrientationOfTiff(WithoutPrefix(PngExif(file)));
    case PhotoFormat::kWebp: return OrientationOfTiff(WithoutPrefix(WebpExif(file)));
    case PhotoFormat::kUnknown: break;
  }
  return kUpright;
}

}  // namespace frond
