// PNG through libspng, which sees only the chunks that make pixels: a text or
// profile that would inflate to gigabytes is never looked at.

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
#include "src/image/work_budget.h"

namespace frond {
namespace {

// Measured on one core of a 2020s desktop, rounded up.
constexpr int64_t kPixel_ns = 6;         // composing and copying
constexpr int64_t kPackedPixel_ns = 34;  // unpacking; less where no grey is transparent
constexpr int64_t kRawByte_ns = 2;       // undoing the filters and the cheap end of inflation
constexpr int64_t kFileByte_ns = 8;      // the dear end of inflation
constexpr int64_t kInterlaced_ns = 5;    // scattering a pixel to its place

// Serves the signature and the chunks that make pixels, in the file's order.
class PixelChunks {
 public:
  explicit PixelChunks(Bytes file) : chunks_(file), current_(file.first(kPngSignatureBytes)) {}

  bool Read(void* dst, size_t bytes) {
    auto* out = static_cast<std::byte*>(dst);
    while (bytes > 0) {
      if (current_.empty() && !NextChunk()) return false;
      const size_t step = std::min(bytes, current_.size());
      std::memcpy(out, current_.data(), step);
      current_ = current_.subspan(step);
      out += step;
      bytes -= step;
    }
    return true;
  }

 private:
  bool NextChunk() {
    while (chunks_.Next()) {
      const std::string_view type = chunks_.type();
      if (type == "IHDR" || type == "PLTE" || type == "tRNS" || type == "IDAT" || type == "IEND") {
        current_ = chunks_.whole();
        return true;
      }
    }
    return false;
  }

  PngChunks chunks_;
  Bytes current_;
};

int ReadChunks(spng_ctx*, void* user, void* dst, size_t bytes) {
  return static_cast<PixelChunks*>(user)->Read(dst, bytes) ? 0 : SPNG_IO_EOF;
}

Error Failed(int code) {
  if (code == SPNG_EMEM)
    return {ErrorCode::kLimit, "PNG: no memory to decode it", "free memory, or make the picture smaller"};
  return {ErrorCode::kBadFormat, StrCat("PNG: ", spng_strerror(code)),
          "the file is damaged: copy or take the photo again"};
}

int Channels(int color_type) {
  switch (color_type) {
    case SPNG_COLOR_TYPE_TRUECOLOR: return 3;
    case SPNG_COLOR_TYPE_GRAYSCALE_ALPHA: return 2;
    case SPNG_COLOR_TYPE_TRUECOLOR_ALPHA: return 4;
    default: return 1;  // grey, palette
  }
}

Status CheckWork(const spng_ihdr& header, size_t file_bytes, const DecodeOptions& options) {
  WorkBudget budget(options);
  const int64_t pixels = int64_t{header.width} * header.height;
  const int64_t raw_bytes = pixels * Channels(header.color_type) * header.bit_depth / 8;
  const auto bytes = static_cast<int64_t>(file_bytes);
  if (!budget.AllowsMemory(3 * pixels + bytes)) return TooMuchMemory();
  const int64_t per_pixel_ns =
      (header.bit_depth < 8 ? kPackedPixel_ns : kPixel_ns) + (header.interlace_method != 0 ? kInterlaced_ns : 0);
  if (!budget.SpendTime(pixels * per_pixel_ns + raw_bytes * kRawByte_ns + bytes * kFileByte_ns)) return TooMuchTime();
  return {};
}

// Where the pixels of one of Adam7's passes lie in a row; section 8.2 of the specification.
struct Columns {
  int first;
  int step;
};

Columns ColumnsOf(const spng_row_info& row, bool interlaced) {
  constexpr Columns kAdam7[] = {{0, 8}, {4, 8}, {0, 4}, {2, 4}, {0, 2}, {1, 2}, {0, 1}};
  return interlaced ? kAdam7[row.pass] : Columns{0, 1};
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
    const Columns columns = ColumnsOf(row, interlaced);
    if (rows.format == SPNG_FMT_G8) RowFromGrey(scratch.data(), image.width(), out, columns.first, columns.step);
    if (rows.format == SPNG_FMT_RGBA8) RowOverWhite(scratch.data(), image.width(), out, columns.first, columns.step);
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
  PixelChunks chunks(file);
  spng_set_image_limits(context.get(), kMaxImageSide, kMaxImageSide);
  if (const int code = spng_set_png_stream(context.get(), ReadChunks, &chunks); code != 0) return Failed(code);
  spng_ihdr header = {};
  if (const int code = spng_get_ihdr(context.get(), &header); code != 0) return Failed(code);
  FROND_RETURN_IF_ERROR(CheckSides(header.width, header.height, options));
  FROND_RETURN_IF_ERROR(CheckWork(header, file.size(), options));
  return ReadRows(context.get(), header);
}

}  // namespace frond
