// PNG through libspng, which is fed by PngPixels.

#include <spng.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <new>
#include <vector>

#include "src/base/format.h"
#include "src/image/bytes.h"
#include "src/image/compose.h"
#include "src/image/decode.h"
#include "src/image/png_chunks.h"
#include "src/image/png_pixels.h"
#include "src/image/work_budget.h"

namespace frond {
namespace {

// Measured on one core of a 2020s desktop, rounded up.
constexpr int64_t kPixelNs = 6;         // composing and copying
constexpr int64_t kPackedPixelNs = 34;  // unpacking; less where no grey is transparent
constexpr int64_t kRawByteNs = 3;       // undoing the filters and the cheap end of inflation
constexpr int64_t kFileByteNs = 8;      // the dear end of inflation
constexpr int64_t kInterlacedNs = 5;    // scattering a pixel to its place

int ReadChunks(spng_ctx*, void* user, void* dst, size_t bytes) {
  return static_cast<PngPixels*>(user)->Read(dst, bytes) ? 0 : SPNG_IO_EOF;
}

Error Failed(int code) {
  if (code == SPNG_EMEM)
    return {ErrorCode::kLimit, "PNG: no memory to decode it", "free memory, or make the picture smaller"};
  return {ErrorCode::kBadFormat, StrCat("PNG: ", spng_strerror(code)),
          "the file is damaged: copy or take the photo again"};
}

// Where the pixels of Adam7's passes lie: section 8.2 of the PNG specification.
struct Pass {
  int x;
  int y;
  int step_x;
  int step_y;
};
constexpr Pass kAdam7[] = {{0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8}, {2, 0, 4, 4},
                           {0, 2, 2, 4}, {1, 0, 2, 2}, {0, 1, 1, 2}};
constexpr Pass kWhole = {0, 0, 1, 1};

int Channels(int color_type) {
  switch (color_type) {
    case SPNG_COLOR_TYPE_TRUECOLOR: return 3;
    case SPNG_COLOR_TYPE_GRAYSCALE_ALPHA: return 2;
    case SPNG_COLOR_TYPE_TRUECOLOR_ALPHA: return 4;
    default: return 1;  // grey, palette
  }
}

// Bytes of a rectangle of pixels as PNG stores it: each row has a filter byte before it.
int64_t RawBytesOf(const spng_ihdr& header, int64_t width, int64_t height) {
  if (width == 0 || height == 0) return 0;
  return height * (1 + (width * Channels(header.color_type) * header.bit_depth + 7) / 8);
}

int64_t RawBytesOf(const spng_ihdr& header) {
  if (header.interlace_method == 0) return RawBytesOf(header, header.width, header.height);
  int64_t bytes = 0;
  for (const Pass& pass : kAdam7) {
    const int64_t width = (int64_t{header.width} - pass.x + pass.step_x - 1) / pass.step_x;
    const int64_t height = (int64_t{header.height} - pass.y + pass.step_y - 1) / pass.step_y;
    bytes += RawBytesOf(header, width, height);
  }
  return bytes;
}

Status CheckWork(const spng_ihdr& header, size_t file_bytes, WorkBudget& budget) {
  const int64_t pixels = int64_t{header.width} * header.height;
  const auto bytes = static_cast<int64_t>(file_bytes);
  if (!budget.AllowsMemory(3 * pixels + bytes)) return TooMuchMemory();
  const int64_t pixel_ns =
      (header.bit_depth < 8 ? kPackedPixelNs : kPixelNs) + (header.interlace_method != 0 ? kInterlacedNs : 0);
  if (!budget.SpendTime(pixels * pixel_ns + RawBytesOf(header) * kRawByteNs + bytes * kFileByteNs))
    return TooMuchTime();
  return {};
}

// How libspng hands out rows: as they go into the picture, or for work of ours.
struct RowFormat {
  int format;
  size_t pixel_bytes;
};

RowFormat RowFormatOf(spng_ctx* context, const spng_ihdr& header) {
  spng_trns transparency = {};
  const bool opaque = spng_get_trns(context, &transparency) != 0;
  const bool grey = header.color_type == SPNG_COLOR_TYPE_GRAYSCALE;
  const bool rgb = header.color_type == SPNG_COLOR_TYPE_TRUECOLOR || header.color_type == SPNG_COLOR_TYPE_INDEXED;
  if (opaque && rgb && header.bit_depth <= 8) return {SPNG_FMT_RGB8, 3};
  if (opaque && grey && header.bit_depth <= 8) return {SPNG_FMT_G8, 1};
  return {SPNG_FMT_RGBA8, 4};
}

Result<Image> ReadRows(spng_ctx* context, const spng_ihdr& header) {
  FROND_ASSIGN(Image image, Image::Create(static_cast<int>(header.width), static_cast<int>(header.height)));
  const RowFormat rows = RowFormatOf(context, header);
  if (const int code = spng_decode_image(context, nullptr, 0, rows.format, SPNG_DECODE_TRNS | SPNG_DECODE_PROGRESSIVE);
      code != 0) {
    return Failed(code);
  }
  const bool interlaced = header.interlace_method != 0;
  const size_t row_bytes = rows.pixel_bytes * header.width;
  std::vector<uint8_t> scratch(row_bytes);
  for (int code = 0; code != SPNG_EOI;) {
    spng_row_info row = {};
    code = spng_get_row_info(context, &row);
    if (code == SPNG_EOI) break;
    if (code != 0) return Failed(code);
    uint8_t* out = image.row(static_cast<int>(row.row_num));
    code = spng_decode_row(context, rows.format == SPNG_FMT_RGB8 ? out : scratch.data(), row_bytes);
    if (code != 0 && code != SPNG_EOI) return Failed(code);
    const Pass& pass = interlaced ? kAdam7[row.pass] : kWhole;
    if (rows.format == SPNG_FMT_G8) RowFromGrey(scratch.data(), image.width(), out, pass.x, pass.step_x);
    if (rows.format == SPNG_FMT_RGBA8) RowOverWhite(scratch.data(), image.width(), out, pass.x, pass.step_x);
  }
  // The checksums behind the last pixel.
  if (const int code = spng_decode_chunks(context); code != 0) return Failed(code);
  return image;
}

}  // namespace

Result<Image> DecodePng(Bytes file, const DecodeOptions& options) {
  FROND_RETURN_IF_ERROR(CheckPngChunks(file));
  const std::unique_ptr<spng_ctx, void (*)(spng_ctx*)> context(spng_ctx_new(0), spng_ctx_free);
  if (context == nullptr) return Failed(SPNG_EMEM);
  WorkBudget budget(options);
  PngPixels pixels(file, budget);
  spng_set_image_limits(context.get(), kMaxImageSide, kMaxImageSide);
  if (const int code = spng_set_png_stream(context.get(), ReadChunks, &pixels); code != 0) return Failed(code);
  spng_ihdr header = {};
  if (const int code = spng_get_ihdr(context.get(), &header); code != 0) return Failed(code);
  FROND_RETURN_IF_ERROR(CheckSides(header.width, header.height, options));
  FROND_RETURN_IF_ERROR(CheckWork(header, file.size(), budget));
  pixels.set_raw_bytes(RawBytesOf(header));
  Result<Image> image = ReadRows(context.get(), header);
  if (pixels.error().has_value()) return *pixels.error();
  return image;
}

}  // namespace frond
