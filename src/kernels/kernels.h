#ifndef FROND_SRC_KERNELS_KERNELS_H_
#define FROND_SRC_KERNELS_KERNELS_H_

#include <cstddef>
#include <cstdint>

#include "frond/precision.h"
#include "src/base/bf16.h"
#include "src/base/isa.h"

namespace frond {

// The arithmetic of the engine. One table of functions for each instruction
// set and precision; every one has a scalar twin. Kernels check nothing and allocate nothing:
// the plan has checked shapes, padded what must be padded and placed memory.
//
// An *element* is what a table keeps maps in: a float (where bfloat16 is emulated, one rounded to it) or a Bf16, behind
// `void*` here, since only the plan's arithmetic on places needs its size. Whatever is called float is float in every
// table.
//
// Dimensions: M pixels (rows), K input channels, N output channels; H, W, C of a
// map in NHWC. Inside a block a map lies in panels instead: C / panel pieces of
// H x W x panel floats, so that one piece passes through the caches alone.

enum class Epilogue { kNone, kSwish, kRelu, kRelu6, kSigmoid };

// Weights of a matrix product, packed for one table: panels of `panel` columns (the last one narrower, a multiple of
// `lanes`), each panel K rows of its columns, where `pair` rows lie interleaved. Columns past N are zero.
struct PackedMatrix {
  const void* panels = nullptr;  // of the table's precision; floats for the stem of a block
  const float* bias = nullptr;   // padded as the panels are
  int depth = 0;                 // K, a multiple of `pair`
  int columns = 0;               // N
};

// dst[m][n] = f(bias[n] + sum over k of a[m][k] b[k][n]) + residual[m][n]
struct GemmArgs {
  const void* a = nullptr;    // elements
  size_t a_stride = 0;        // elements between rows
  size_t a_segment = 0;       // values of a row that lie together, a multiple of `pair`; 0: all K of them
  size_t a_segment_step = 0;  // elements from one segment of a row to its next
  size_t a_last_stride = 0;   // between rows in the last segment; 0: as a_stride
  PackedMatrix b;
  void* dst = nullptr;      // of the first panel asked for; null: only `sums` is written
  bool dst_floats = false;  // floats; else elements
  size_t dst_stride = 0;
  const void* residual = nullptr;  // elements that lie as dst does, of a map; null: none. May be dst itself.
  float* sums = nullptr;           // N; where dst is null: factor * sum over m of f(...)
  float factor = 1;
  // Lines behind a panel that were already asked for; while a panel is used, what lies behind it is prefetched.
  size_t prefetched_lines = 0;
  Epilogue epilogue = Epilogue::kNone;
};

// dst[n] = f(bias[n] + sum over k of a[k] b[k][n]): one row, whose inputs and results are floats.
struct GemvArgs {
  const float* a = nullptr;
  PackedMatrix b;
  float* dst = nullptr;  // of the first panel asked for
  Epilogue epilogue = Epilogue::kNone;
};

// One output row of a depthwise convolution over one panel of channels. Windows
// never stick out sideways: input rows carry zeroed pixels at both ends.
struct DepthwiseRowArgs {
  const float* const* rows = nullptr;  // the input rows under the kernel that exist, at their first (zeroed) pixel
  int row_count = 0;                   // 0 to kernel
  const float* weights = nullptr;      // row_count x kernel x width
  const float* bias = nullptr;         // width
  float* raw = nullptr;                // out_width pixels, before the activation; dst itself where elements are floats
  void* dst = nullptr;                 // out_width pixels of elements
  float* sums = nullptr;               // width: the sum of the row's outputs; null: not wanted
  size_t pixel_stride = 0;             // values between pixels of rows, raw and dst
  int width = 0;                       // channels, a multiple of `lanes`
  int out_width = 0;
  int kernel = 3;  // 1, 3, 5 or 7
  int stride = 1;  // 1 or 2
  Epilogue epilogue = Epilogue::kNone;
};

// One output row of a network's first convolution, from a planar image: dst[x][n] = f(bias[n] + sum over
// taps t of taps[t][x * stride] b[t][n]) for one panel of columns.
struct StemRowArgs {                   // b's panels are floats
  const float* const* taps = nullptr;  // K pointers: for each (channel, ky, kx) the value under output 0
  int stride = 2;
  PackedMatrix b;
  float* dst = nullptr;  // out_width pixels
  size_t pixel_stride = 0;
  int out_width = 0;
  Epilogue epilogue = Epilogue::kNone;
};

// A row of a map, normalised in its place: row[x][c] = f((row[x][c] - centre[c]) * scale[c] + shift[c]) +
// residual[x][c].
struct NormaliseRowArgs {
  void* row = nullptr;             // count pixels of elements
  const void* residual = nullptr;  // elements that lie as row does; null: none
  const float* centre = nullptr;   // width, with room for whole vectors, as scale, shift and sums have
  const float* scale = nullptr;
  const float* shift = nullptr;
  float* sums = nullptr;  // width: the sum of the row's f(...); null: not wanted
  size_t stride = 0;      // elements between pixels
  int count = 0;
  int width = 0;  // channels
  Epilogue epilogue = Epilogue::kNone;
};

struct Kernels {
  Isa isa = Isa::kScalar;
  Precision precision = Precision::kFloat32;
  size_t element_bytes = sizeof(float);
  int lanes = 1;  // floats in a vector
  int panel = 1;  // columns of a full panel, a multiple of lanes
  int pair = 1;   // rows of K that lie interleaved in packed weights

  size_t weight_bytes() const { return precision == Precision::kBfloat16 ? sizeof(Bf16) : sizeof(float); }

  // Rows [row_begin, row_end) and panels [panel_begin, panel_end); dst, residual and sums belong to panel_begin.
  void (*gemm)(const GemmArgs& args, int row_begin, int row_end, int panel_begin, int panel_end) noexcept = nullptr;

  void (*gemv)(const GemvArgs& args, int panel_begin, int panel_end) noexcept = nullptr;

  void (*depthwise_row)(const DepthwiseRowArgs& args) noexcept = nullptr;

  void (*stem_row)(const StemRowArgs& args, int panel) noexcept = nullptr;

  // dst[c] = factor * sum over rows of src[row][c], for channels [begin, end).
  void (*column_mean)(const float* src, int rows, int channels, int begin, int end, float factor,
                      float* dst) noexcept = nullptr;

  // values[i] = f(values[i]) for `count` of them, with room for whole vectors.
  void (*activate)(float* values, int count, Epilogue epilogue) noexcept = nullptr;

  // dst[i] = src[i] for `count` elements.
  void (*widen)(const void* src, int count, float* dst) noexcept = nullptr;

  // rows[m][c] *= scale[c] for `width` channels, a multiple of lanes, of rows of elements `stride` apart.
  void (*scale_rows)(void* rows, int count, size_t stride, int width, const float* scale) noexcept = nullptr;

  // Of a row of `count` pixels of `width` channels, `stride` elements apart: each channel's sum, and the sum of its
  // squared distances from its mean. Both have room for whole vectors.
  void (*row_moments)(const void* row, int count, size_t stride, int width, float* sums,
                      float* squares) noexcept = nullptr;

  void (*normalise_row)(const NormaliseRowArgs& args) noexcept = nullptr;

  // dst = src with rows k in [depth_begin, depth_end), multiples of `pair`, of every panel multiplied by scale[k].
  void (*scale_panels)(const PackedMatrix& src, const float* scale, int depth_begin, int depth_end,
                       void* dst) noexcept = nullptr;

  // Independent multiply-adds in registers, as many as the returned number: this core's peak, for `frond bench`.
  int64_t (*multiply_adds)(int64_t rounds) noexcept = nullptr;
};

// Layout of packed panels.
inline int PanelCount(int columns, int panel) { return (columns + panel - 1) / panel; }
inline int PaddedColumns(int columns, int lanes) { return (columns + lanes - 1) / lanes * lanes; }

// Channels of panel p of a map, padded to whole vectors.
inline int PanelWidth(const Kernels& kernels, int channels, int p) {
  const int left = channels - p * kernels.panel;
  return left >= kernels.panel ? kernels.panel : PaddedColumns(left, kernels.lanes);
}

// The portable twin: plain loops, the reference of every other table.
const Kernels& ScalarKernels(Precision precision = Precision::kFloat32);

// The table for an instruction set that AvailableIsas() lists.
const Kernels& KernelsFor(Isa isa, Precision precision = Precision::kFloat32);

// The fastest table for a precision, or that of the instruction set that FROND_ISA names. The sums of a bfloat16
// product are the same bits whether its instruction or its emulation makes them (swishes differ in their last bit), and
// the instruction takes four times a float32 multiply-add's time on Sapphire Rapids: both are timed once, for some
// microseconds.
// Errors: kInvalidArgument for a bad FROND_ISA.
Result<const Kernels*> ChooseKernels(Precision precision);

}  // namespace frond

#endif  // FROND_SRC_KERNELS_KERNELS_H_
