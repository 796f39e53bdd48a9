// WebP through libwebp, lossy and lossless; an animation's first frame.

#include <webp/decode.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <new>

#include "src/base/format.h"
#include "src/image/bytes.h"
#include "src/image/compose.h"
#include "src/image/decode.h"
#include "src/image/vp8l_groups.h"
#include "src/image/webp_chunks.h"
#include "src/image/work_budget.h"

namespace frond {
namespace {

// Measured on one core of a 2020s desktop, rounded up.
constexpr int64_t kLossyPixel_ns = 10;
constexpr int64_t kLosslessPixel_ns = 25;
constexpr int64_t kLossyByte_ns = 33;
constexpr int64_t kLosslessByte_ns = 10;

constexpr size_t kVp8lHeaderBytes = 5;

Error Damaged(std::string message) {
  return {ErrorCode::kBadFormat, std::move(message), "the file is damaged: copy or take the photo again"};
}

const uint8_t* Data(Bytes bytes) { return reinterpret_cast<const uint8_t*>(bytes.data()); }

Status CheckWork(const WebpFrame& frame, int64_t canvas_pixels, const WebPBitstreamFeatures& features,
                 size_t file_bytes, const DecodeOptions& options) {
  WorkBudget budget(options);
  const int64_t pixels = int64_t{features.width} * features.height;
  const bool lossless_alpha = !frame.alpha.empty() && (ByteAt(frame.alpha, 0) & 3) == 1;
  const bool lossless = frame.lossless || lossless_alpha;
  const auto bytes = static_cast<int64_t>(file_bytes);
  // libwebp's own pixels, ours as they come, and the picture, which is made after libwebp's are freed.
  const int64_t decoding = (frame.lossless   ? 4
                            : lossless_alpha ? 5
                                             : 1) *
                               pixels +
                           (features.has_alpha ? 4 : 3) * pixels;
  const int64_t composing = features.has_alpha ? 4 * pixels + 3 * canvas_pixels : 0;
  if (!budget.AllowsMemory(std::max(decoding, composing) + bytes)) return TooMuchMemory();
  const int64_t pixel_ns = (lossless ? kLosslessPixel_ns : 0) + (frame.lossless ? 0 : kLossyPixel_ns);
  if (!budget.SpendTime(pixels * pixel_ns + bytes * (frame.lossless ? kLosslessByte_ns : kLossyByte_ns)))
    return TooMuchTime();
  return {};
}

// Refuses streams whose Huffman codes alone would take hundreds of megabytes.
Status CheckGroups(const WebpFrame& frame, int width, int height) {
  Bytes stream;
  if (frame.lossless) {
    if (frame.pixels.size() < kVp8lHeaderBytes) return Damaged("WebP: the file is cut short");
    stream = frame.pixels.subspan(kVp8lHeaderBytes);
  } else if (!frame.alpha.empty() && (ByteAt(frame.alpha, 0) & 3) == 1) {
    stream = frame.alpha.subspan(1);
  } else {
    return {};
  }
  FROND_ASSIGN(const int groups, CountVp8lGroups(stream, width, height));
  if (groups > kMaxVp8lGroups) {
    return Error{ErrorCode::kLimit,
                 StrCat("WebP: ", groups, " groups of Huffman codes are more than the ", kMaxVp8lGroups, " allowed"),
                 "save it anew"};
  }
  return {};
}

// Decodes into `pixels`, rows without gaps, 3 bytes a pixel or with `alpha` 4.
Status DecodeInto(const WebpFrame& frame, const WebPBitstreamFeatures& features, bool alpha,
                  std::span<uint8_t> pixels) {
  WebPDecoderConfig config;
  if (!WebPInitDecoderConfig(&config)) return Error{ErrorCode::kUnsupported, "WebP: another version of libwebp", ""};
  config.output.colorspace = alpha ? MODE_RGBA : MODE_RGB;
  config.output.is_external_memory = 1;
  config.output.u.RGBA.rgba = pixels.data();
  config.output.u.RGBA.stride = features.width * (alpha ? 4 : 3);
  config.output.u.RGBA.size = pixels.size();
  switch (WebPDecode(Data(frame.chunks), frame.chunks.size(), &config)) {
    case VP8_STATUS_OK: return {};
    case VP8_STATUS_OUT_OF_MEMORY:
      return Error{ErrorCode::kLimit, "WebP: no memory to decode it", "free memory, or make the picture smaller"};
    case VP8_STATUS_SUSPENDED:
    case VP8_STATUS_NOT_ENOUGH_DATA: return Damaged("WebP: its pixels are cut short");
    default: return Damaged("WebP: its pixels are damaged");
  }
}

// Opaque and as large as the canvas: straight into the picture.
Result<Image> DecodeOpaque(const WebpFrame& frame, const WebPBitstreamFeatures& features) {
  FROND_ASSIGN(Image image, Image::Create(features.width, features.height));
  FROND_RETURN_IF_ERROR(DecodeInto(frame, features, /*alpha=*/false, image.pixels()));
  return image;
}

Result<Image> DecodeOnCanvas(const WebpFrame& frame, const WebPBitstreamFeatures& features, int width, int height) {
  const size_t bytes = size_t{4} * static_cast<size_t>(features.width) * static_cast<size_t>(features.height);
  const std::unique_ptr<uint8_t[]> rgba(new (std::nothrow) uint8_t[bytes]);
  if (rgba == nullptr) return TooMuchMemory();
  FROND_RETURN_IF_ERROR(DecodeInto(frame, features, /*alpha=*/true, {rgba.get(), bytes}));
  FROND_ASSIGN(Image image, Image::Create(width, height));
  if (features.width != width || features.height != height) {
    std::memset(image.pixels().data(), 255, image.pixels().size());
  }
  for (int y = 0; y < features.height; ++y) {
    RowOverWhite(rgba.get() + ptrdiff_t{4} * features.width * y, features.width,
                 image.row(frame.y + y) + ptrdiff_t{3} * frame.x);
  }
  return image;
}

}  // namespace

Result<Image> DecodeWebp(Bytes file, const DecodeOptions& options) {
  FROND_ASSIGN(const WebpFrame frame, FindWebpFrame(file));
  WebPBitstreamFeatures features;
  if (WebPGetFeatures(Data(frame.chunks), frame.chunks.size(), &features) != VP8_STATUS_OK) {
    return Damaged("WebP: the header of its pixels is damaged");
  }
  const int width = frame.canvas_width > 0 ? frame.canvas_width : features.width;
  const int height = frame.canvas_height > 0 ? frame.canvas_height : features.height;
  FROND_RETURN_IF_ERROR(CheckSides(width, height, options));
  const bool fills = features.width == width && features.height == height && frame.x == 0 && frame.y == 0;
  const bool fits = frame.animated && frame.x <= width - features.width && frame.y <= height - features.height;
  if (!fills && !fits) {
    return Damaged(
        StrCat("WebP: pixels of ", features.width, "x", features.height, " in a picture of ", width, "x", height));
  }
  FROND_RETURN_IF_ERROR(CheckWork(frame, int64_t{width} * height, features, file.size(), options));
  FROND_RETURN_IF_ERROR(CheckGroups(frame, features.width, features.height));
  if (fills && !features.has_alpha) return DecodeOpaque(frame, features);
  return DecodeOnCanvas(frame, features, width, height);
}

}  // namespace frond
