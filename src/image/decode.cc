#include "src/image/decode.h"

#include <string_view>
#include <utility>

#include "src/base/format.h"
#include "src/base/mapped_file.h"
#include "src/image/exif.h"
#include "src/image/orient.h"

namespace frond {
namespace {

std::string_view Text(std::span<const std::byte> file) {
  return {reinterpret_cast<const char*>(file.data()), file.size()};
}

bool At(std::string_view text, size_t offset, std::string_view expected) {
  return text.size() >= offset && text.substr(offset).starts_with(expected);
}

// The refusal of what is none of the three formats: pictures that people have and
// frond does not read are named.
Error DescribeOther(std::string_view text) {
  constexpr std::string_view kRemedy = "convert it to JPEG, PNG or WebP";
  const auto unsupported = [&](std::string_view name) {
    return Error{ErrorCode::kUnsupported, StrCat("a ", name, " picture"), std::string(kRemedy)};
  };
  if (text.empty()) return {ErrorCode::kBadFormat, "an empty file", "take the photo again"};
  if (At(text, 0, "GIF8")) return unsupported("GIF");
  if (At(text, 0, {"II*\0", 4}) || At(text, 0, {"MM\0*", 4})) return unsupported("TIFF or raw");
  if (At(text, 4, "ftypavif") || At(text, 4, "ftypavis")) return unsupported("AVIF");
  if (At(text, 4, "ftyphei") || At(text, 4, "ftyphev") || At(text, 4, "ftypmif1")) return unsupported("HEIC");
  if (At(text, 0, {"\xFF\x0A", 2}) || At(text, 4, "JXL ")) return unsupported("JPEG XL");
  if (At(text, 4, "jP  ")) return unsupported("JPEG 2000");
  if (At(text, 0, "BM") && At(text, 6, {"\0\0\0\0", 4})) return unsupported("BMP");
  return {ErrorCode::kBadFormat, StrCat("no photo: begins with \"", Quote(text.substr(0, 8)), "\""),
          "give a JPEG, PNG or WebP file"};
}

Result<Image> DecodeStored(std::span<const std::byte> file, PhotoFormat format, const DecodeOptions& options) {
  switch (format) {
    case PhotoFormat::kPng: return DecodePng(file, options);
    case PhotoFormat::kWebp: return DecodeWebp(file, options);
    case PhotoFormat::kJpeg:
    case PhotoFormat::kUnknown: break;
  }
  return DescribeOther(Text(file));
}

}  // namespace

PhotoFormat SniffPhoto(std::span<const std::byte> file) {
  const std::string_view text = Text(file);
  if (At(text, 0, "\xFF\xD8\xFF")) return PhotoFormat::kJpeg;
  if (At(text, 0, "\x89PNG\r\n\x1A\n")) return PhotoFormat::kPng;
  if (At(text, 0, "RIFF") && At(text, 8, "WEBP")) return PhotoFormat::kWebp;
  return PhotoFormat::kUnknown;
}

Status CheckSides(int64_t width, int64_t height, const DecodeOptions& options) {
  if (width < 1 || height < 1 || width > kMaxImageSide || height > kMaxImageSide) {
    return Error{ErrorCode::kBadFormat, StrCat("its header says ", width, "x", height, " px"),
                 StrCat("sides may be 1 to ", kMaxImageSide, " px")};
  }
  if (width * height > options.max_pixels) {
    return Error{ErrorCode::kLimit,
                 StrCat(width, "x", height, " px is more than the ", options.max_pixels, " pixels allowed"),
                 "make the picture smaller, or raise the limit"};
  }
  return {};
}

Result<PicturePart> DecodePart(std::span<const std::byte> file, const DecodeOptions& options,
                               const PartChooser& choose) {
  const PhotoFormat format = SniffPhoto(file);
  if (format != PhotoFormat::kJpeg) {
    FROND_ASSIGN(Image image, DecodeStored(file, format, options));
    FROND_ASSIGN(Image upright, Orient(std::move(image), ExifOrientation(file, format)));
    const int width = upright.width();
    const int height = upright.height();
    return PicturePart{std::move(upright), 0, 0, width, height};
  }
  const int orientation = ExifOrientation(file, format);
  Region chosen;
  int width = 0;
  int height = 0;
  const auto choose_stored = [&](int stored_width, int stored_height) {
    width = IsTransposed(orientation) ? stored_height : stored_width;
    height = IsTransposed(orientation) ? stored_width : stored_height;
    chosen = choose(width, height);
    return RegionAsStored(chosen, orientation, stored_width, stored_height);
  };
  FROND_ASSIGN(Image image, DecodeJpegPart(file, options, choose_stored));
  const int draft = image.draft();
  FROND_ASSIGN(Image upright, Orient(std::move(image), orientation));
  upright.set_draft(draft);
  return PicturePart{std::move(upright), chosen.left, chosen.top, width, height};
}

Result<Image> DecodeImage(std::span<const std::byte> file, const DecodeOptions& options) {
  const auto all = [](int width, int height) { return Region{0, 0, width, height}; };
  FROND_ASSIGN(PicturePart part, DecodePart(file, options, all));
  return std::move(part.pixels);
}

Result<Image> ReadImage(const std::string& path, const DecodeOptions& options) {
  FROND_ASSIGN(const MappedFile file, MappedFile::Open(path));
  Result<Image> image = DecodeImage(file.bytes(), options);
  if (!image.ok()) return image.error().In(path);
  return image;
}

}  // namespace frond
