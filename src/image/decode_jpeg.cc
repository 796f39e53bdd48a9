// JPEG through libjpeg-turbo. Its settings are Pillow's: the exact integer DCT and
// smooth chroma upsampling, so that pixels are Pillow's to the last bit.

#include <csetjmp>
#include <cstdio>  // jpeglib.h needs FILE and size_t

// jerror.h after jpeglib.h
#include <jpeglib.h>

#include <jerror.h>

#include <algorithm>
#include <cstring>
#include <optional>

#include "src/base/format.h"
#include "src/image/bytes.h"
#include "src/image/compose.h"
#include "src/image/decode.h"
#include "src/image/work_budget.h"

namespace frond {
namespace {

constexpr int kMaxScans = 500;  // progressive files have about 10, those of mozjpeg about 20

// Measured on one core of a 2020s desktop, rounded up.
constexpr int64_t kSamplePixelNs = 4;     // inverse DCT, upsampling and colour, for each component
constexpr int64_t kFileByteNs = 12;       // Huffman codes
constexpr int64_t kScansFileByteNs = 35;  // and those of several scans, which refine
constexpr int64_t kScanBlockNs = 20;      // a block that a scan visits without finding bits for it: a cache miss
constexpr int64_t kScanNs = 5'000;        // its header and tables

// Why decoding stopped; libjpeg is left by longjmp, which cannot carry an Error.
struct Stop {
  ErrorCode code = ErrorCode::kBadFormat;
  char text[JMSG_LENGTH_MAX] = {};
};

// libjpeg's state with our callbacks. It outlives every longjmp, so that nothing of it is skipped.
struct Decoder {
  explicit Decoder(const DecodeOptions& options) : budget(options) {}

  jpeg_decompress_struct info = {};
  jpeg_error_mgr errors = {};
  jpeg_source_mgr source = {};
  jpeg_progress_mgr progress = {};
  std::jmp_buf escape = {};
  Stop stop;
  WorkBudget budget;
  int last_scan = 0;
  unsigned seen_components = 0;  // bit i: component i was in a scan
  Region part;                   // of the picture, in px as they come out
  std::optional<Image> image;    // that part
};

Decoder& Of(j_common_ptr info) { return *static_cast<Decoder*>(info->client_data); }
Decoder& Of(j_decompress_ptr info) { return *static_cast<Decoder*>(info->client_data); }

[[noreturn]] void StopWith(Decoder& decoder, ErrorCode code, const char* text) {
  decoder.stop.code = code;
  std::snprintf(decoder.stop.text, sizeof(decoder.stop.text), "%s", text);
  std::longjmp(decoder.escape, 1);
}

ErrorCode CodeOf(int message) {
  switch (message) {
    case JERR_OUT_OF_MEMORY:
    case JERR_NO_BACKING_STORE:
    case JERR_IMAGE_TOO_BIG: return ErrorCode::kLimit;  // 65,500 px
    case JERR_ARITH_NOTIMPL:
    case JERR_BAD_PRECISION:
    case JERR_SOF_UNSUPPORTED:
    case JERR_CONVERSION_NOTIMPL:
    case JERR_CCIR601_NOTIMPL:
    case JERR_FRACT_SAMPLE_NOTIMPL: return ErrorCode::kUnsupported;
    default: return ErrorCode::kBadFormat;
  }
}

[[noreturn]] void StopWithMessage(j_common_ptr info) {
  Decoder& decoder = Of(info);
  char text[JMSG_LENGTH_MAX];
  info->err->format_message(info, text);
  StopWith(decoder, CodeOf(info->err->msg_code), text);
}

// Whether a warning leaves every pixel as the camera stored it. All others mean
// that pixels were lost, and a half-grey picture is worse than an error.
bool IsHarmless(const jpeg_error_mgr& errors) {
  switch (errors.msg_code) {
    case JWRN_ADOBE_XFORM:
    case JWRN_BOGUS_ICC:
    case JWRN_JFIF_MAJOR:
    case JWRN_NOT_SEQUENTIAL:  // odd but unused scan parameters
      return true;
    case JWRN_EXTRANEOUS_DATA: {
      // Padding before a segment, which cameras write. Before a restart marker it
      // means that the codes of an interval ended too early.
      const int marker = errors.msg_parm.i[1];
      return marker < JPEG_RST0 || marker > JPEG_RST0 + 7;
    }
    default: return false;
  }
}

void OnMessage(j_common_ptr info, int level) {
  if (level < 0 && !IsHarmless(*info->err)) StopWithMessage(info);
}

void OnOutput(j_common_ptr) {}
void OnSource(j_decompress_ptr) {}

boolean OnSourceEmpty(j_decompress_ptr info) { StopWith(Of(info), ErrorCode::kBadFormat, "the file is cut short"); }

void OnSkip(j_decompress_ptr info, long bytes) {
  if (bytes <= 0) return;
  if (static_cast<size_t>(bytes) > info->src->bytes_in_buffer) OnSourceEmpty(info);
  info->src->next_input_byte += bytes;
  info->src->bytes_in_buffer -= static_cast<size_t>(bytes);
}

boolean OnRestartLost(j_decompress_ptr info, int) {
  StopWith(Of(info), ErrorCode::kBadFormat, "a restart marker is missing");
}

// Called for each scan's header and each row of blocks while a file of several
// scans is read.
void OnProgress(j_common_ptr common) {
  const auto info = reinterpret_cast<j_decompress_ptr>(common);
  Decoder& decoder = Of(common);
  int64_t work_ns = 0;
  if (info->input_scan_number != decoder.last_scan) {
    decoder.last_scan = info->input_scan_number;
    if (decoder.last_scan > kMaxScans) StopWith(decoder, ErrorCode::kLimit, "more than 500 scans");
    work_ns += kScanNs;
  }
  int64_t blocks = 0;
  for (int i = 0; i < info->comps_in_scan; ++i) {
    const jpeg_component_info* component = info->cur_comp_info[i];
    decoder.seen_components |= 1u << component->component_index;
    blocks += int64_t{component->width_in_blocks} * component->v_samp_factor;
  }
  work_ns += blocks * kScanBlockNs;
  if (!decoder.budget.SpendTime(work_ns)) {
    StopWith(decoder, ErrorCode::kLimit, "its scans would take longer than any photo of the allowed size");
  }
}

// Runs a step that calls libjpeg; false where it stopped, for the reason in decoder.stop.
bool Run(Decoder& decoder, void (*step)(Decoder&)) {
  if (setjmp(decoder.escape) != 0) return false;
  step(decoder);
  return true;
}

void ReadHeader(Decoder& decoder) { jpeg_read_header(&decoder.info, TRUE); }

// Whether libjpeg may be asked for a part alone. Not where a file has several scans: its blocks are smoothed by their
// neighbours where coefficients are missing; nor for drafts, and factors that do not divide the largest.
bool MayLeaveOut(jpeg_decompress_struct& info) {
  if (jpeg_has_multiple_scans(&info) || info.scale_denom != 1) return false;
  if (info.num_components == 1) return info.max_h_samp_factor == 1 && info.max_v_samp_factor == 1;
  for (int i = 0; i < info.num_components; ++i) {
    const jpeg_component_info& component = info.comp_info[i];
    if (info.max_h_samp_factor % component.h_samp_factor != 0) return false;
    if (info.max_v_samp_factor % component.v_samp_factor != 0) return false;
  }
  return true;
}

// Leaves columns out of the rows to come; the first that is left. Smooth upsampling has no neighbours at the ends of a
// row, so the pixels there are not the whole's: one block of the coarsest component more on either side, which also
// keeps rows longer than the shortest that it can do (3 samples).
int LeaveOutColumns(jpeg_decompress_struct& info, const Region& part) {
  const int margin = DCTSIZE * info.max_h_samp_factor;
  const int begin = std::max(0, part.left - margin);
  const int end = std::min(static_cast<int>(info.output_width), part.left + part.width + margin);
  auto left = static_cast<JDIMENSION>(begin);
  auto width = static_cast<JDIMENSION>(end - begin);
  jpeg_crop_scanline(&info, &left, &width);
  return static_cast<int>(left);
}

// libjpeg-turbo writes a row that begins at a multiple of 32 bytes past the caches, from where it is slow to read back:
// a tenth of the time of a photo of 512x256 px.
constexpr JDIMENSION kUnaligned = 16;

// Reads rows up to `end`, exclusive, for nothing but what comes after them.
void PassRows(jpeg_decompress_struct& info, JDIMENSION end, JSAMPARRAY scratch) {
  while (info.output_scanline < end) jpeg_read_scanlines(&info, scratch, 1);
}

// Decodes the rest's Huffman codes alone, for the damage that may be in them. A skip begins and ends with a row of
// MCUs: libjpeg-turbo up to 3.1 errs elsewhere (its issue 915). It must not end below the last of them, which
// would leave codes unread.
void LeaveOutRowsBelow(jpeg_decompress_struct& info, JDIMENSION mcu_height, JSAMPARRAY scratch) {
  const JDIMENSION last = (info.output_height - 1) / mcu_height * mcu_height;
  const JDIMENSION next = (info.output_scanline + mcu_height - 1) / mcu_height * mcu_height;
  PassRows(info, std::min(next, info.output_height), scratch);
  if (info.output_scanline < last) jpeg_skip_scanlines(&info, last - info.output_scanline);
  PassRows(info, std::min(last + 1, info.output_height), scratch);
}

void ReadPixels(Decoder& decoder) {
  jpeg_decompress_struct& info = decoder.info;
  jpeg_start_decompress(&info);
  info.progress = nullptr;  // all scans are in; rows that only come out were counted from the header
  const bool all_scanned = jpeg_has_multiple_scans(&info) != 0;
  if (all_scanned && decoder.seen_components != (1u << info.num_components) - 1) {
    StopWith(decoder, ErrorCode::kBadFormat, "a colour component is missing");
  }
  Image& image = *decoder.image;
  const Region& part = decoder.part;
  const bool cmyk = info.out_color_space == JCS_CMYK;
  const auto mcu_height = static_cast<JDIMENSION>(DCTSIZE * info.max_v_samp_factor);
  const auto top = static_cast<JDIMENSION>(part.top);
  const JDIMENSION end = top + static_cast<JDIMENSION>(part.height);
  const bool leave_out = MayLeaveOut(info);
  const int left = leave_out ? LeaveOutColumns(info, part) : 0;
  const bool direct = !cmyk && static_cast<int>(info.output_width) == part.width;
  const JDIMENSION row_bytes = info.output_width * static_cast<JDIMENSION>(info.output_components);
  JSAMPARRAY scratch =
      info.mem->alloc_sarray(reinterpret_cast<j_common_ptr>(&info), JPOOL_IMAGE, row_bytes + kUnaligned, 1);
  scratch[0] += kUnaligned;
  const JSAMPLE* wanted = scratch[0] + ptrdiff_t{info.output_components} * (part.left - left);
  if (leave_out && top >= mcu_height) jpeg_skip_scanlines(&info, top / mcu_height * mcu_height);
  PassRows(info, top, scratch);
  while (info.output_scanline < end) {
    uint8_t* row = image.row(static_cast<int>(info.output_scanline - top));
    JSAMPROW target = direct ? row : scratch[0];
    jpeg_read_scanlines(&info, &target, 1);
    if (cmyk) {
      RowFromInvertedCmyk(wanted, image.width(), row);
    } else if (!direct) {
      std::memcpy(row, wanted, size_t{3} * static_cast<size_t>(image.width()));
    }
  }
  // What is below may be damaged, and is then refused. Not jpeg_finish_decompress: what follows the last pixel is of no
  // interest.
  if (all_scanned) return;
  if (leave_out) return LeaveOutRowsBelow(info, mcu_height, scratch);
  PassRows(info, info.output_height, scratch);
}

Error Stopped(const Stop& stop) {
  const bool damaged = stop.code == ErrorCode::kBadFormat;
  return {stop.code, StrCat("JPEG: ", stop.text),
          damaged ? "the file is damaged: copy or take the photo again" : "save it anew as an ordinary JPEG"};
}

// Pillow's draft: the largest of 8, 4, 2 and 1 by which both sides, divided, stay long enough.
unsigned DraftOf(const jpeg_decompress_struct& info, int min_side) {
  if (min_side <= 0) return 1;
  const unsigned fits = std::min(info.image_width, info.image_height) / static_cast<unsigned>(min_side);
  for (const unsigned scale : {8u, 4u, 2u}) {
    if (fits >= scale) return scale;
  }
  return 1;
}

// Refuses, from the header alone, what is too large, too slow or too unusual.
Status CheckHeader(jpeg_decompress_struct& info, size_t file_bytes, const DecodeOptions& options, WorkBudget& budget) {
  FROND_RETURN_IF_ERROR(CheckSides(info.image_width, info.image_height, options));
  if (info.arith_code) {
    return Error{ErrorCode::kUnsupported, "JPEG: arithmetic coding", "save it anew as an ordinary JPEG"};
  }
  if (info.num_components != 1 && info.num_components != 3 && info.num_components != 4) {
    return Error{ErrorCode::kUnsupported, StrCat("JPEG: ", info.num_components, " colour components"),
                 "save it as grey, RGB or CMYK"};
  }
  const int64_t pixels = int64_t{info.image_width} * info.image_height;
  int64_t memory_bytes = 3 * pixels + static_cast<int64_t>(file_bytes);
  if (jpeg_has_multiple_scans(&info)) {
    for (int i = 0; i < info.num_components; ++i) {
      const jpeg_component_info& component = info.comp_info[i];
      memory_bytes +=
          int64_t{component.width_in_blocks} * component.height_in_blocks * static_cast<int64_t>(sizeof(JBLOCK));
    }
  }
  if (!budget.AllowsMemory(memory_bytes)) return TooMuchMemory();
  const int64_t work_ns =
      pixels * info.num_components * kSamplePixelNs +
      static_cast<int64_t>(file_bytes) * (jpeg_has_multiple_scans(&info) ? kScansFileByteNs : kFileByteNs);
  if (!budget.SpendTime(work_ns)) return TooMuchTime();
  return {};
}

Result<Image> Decode(Decoder& decoder, size_t file_bytes, const DecodeOptions& options, const PartChooser& choose) {
  jpeg_decompress_struct& info = decoder.info;
  if (!Run(decoder, ReadHeader)) return Stopped(decoder.stop);
  FROND_RETURN_IF_ERROR(CheckHeader(info, file_bytes, options, decoder.budget));
  info.out_color_space = info.num_components == 4 ? JCS_CMYK : JCS_RGB;
  info.scale_num = 1;
  info.scale_denom = DraftOf(info, options.draft_min_side);
  info.progress = &decoder.progress;
  if (!Run(decoder, [](Decoder& d) { jpeg_calc_output_dimensions(&d.info); })) return Stopped(decoder.stop);
  decoder.part = choose(static_cast<int>(info.output_width), static_cast<int>(info.output_height));
  FROND_ASSIGN(Image image, Image::Create(decoder.part.width, decoder.part.height));
  image.set_draft(static_cast<int>(info.scale_denom));
  decoder.image = std::move(image);
  if (!Run(decoder, ReadPixels)) return Stopped(decoder.stop);
  return *std::move(decoder.image);
}

}  // namespace

Result<Image> DecodeJpegPart(Bytes file, const DecodeOptions& options, const PartChooser& choose) {
  Decoder decoder(options);
  decoder.info.err = jpeg_std_error(&decoder.errors);
  decoder.errors.error_exit = StopWithMessage;
  decoder.errors.emit_message = OnMessage;
  decoder.errors.output_message = OnOutput;
  decoder.progress.progress_monitor = OnProgress;
  decoder.info.client_data = &decoder;
  const auto start = [](Decoder& d) { jpeg_create_decompress(&d.info); };
  if (!Run(decoder, start)) {
    jpeg_destroy_decompress(&decoder.info);
    return Stopped(decoder.stop);
  }
  decoder.source.init_source = OnSource;
  decoder.source.fill_input_buffer = OnSourceEmpty;
  decoder.source.skip_input_data = OnSkip;
  decoder.source.resync_to_restart = OnRestartLost;
  decoder.source.term_source = OnSource;
  decoder.source.next_input_byte = reinterpret_cast<const JOCTET*>(file.data());
  decoder.source.bytes_in_buffer = file.size();
  decoder.info.src = &decoder.source;
  Result<Image> image = Decode(decoder, file.size(), options, choose);
  jpeg_destroy_decompress(&decoder.info);
  return image;
}

}  // namespace frond
