#ifndef FROND_SRC_KERNELS_KERNELS_H_
#define FROND_SRC_KERNELS_KERNELS_H_

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "src/base/isa.h"

namespace frond {

// The arithmetic of the engine. One table of functions for each instruction
// set; every one has a scalar twin. Kernels check nothing and allocate nothing:
// the plan has checked shapes, padded what must be padded and placed memory.
//
// Dimensions: M pixels (rows), K input channels, N output channels; H, W, C of a
// map in NHWC. Inside a block a map lies in panels instead: C / panel pieces of
// H x W x panel floats, so that one piece passes through the caches alone.

enum class Epilogue { kNone, kSwish, kRelu6, kSigmoid };

// Weights of a matrix product, packed for one instruction set: panels of
// `panel` columns (the last one narrower, a multiple of `lanes`), each panel K
// rows of its columns. Columns past N are zero.
struct PackedMatrix {
  const float* panels = nullptr;
  const float* bias = nullptr;  // padded as the panels are
  int depth = 0;                // K
  int columns = 0;              // N
};

// dst[m][n] = f(bias[n] + sum over k of a[m][k] b[k][n]) + residual[m][n]
struct GemmArgs {
  const float* a = nullptr;
  size_t a_stride = 0;        // floats between rows; 0: there is only one
  size_t a_segment = 0;       // values of a row that lie together; 0: all K of them
  size_t a_segment_step = 0;  // floats from one segment of a row to its next
  size_t a_last_stride = 0;   // between rows in the last segment
  PackedMatrix b;
  float* dst = nullptr;  // of the first panel asked for; null: only `sums` is written
  size_t dst_stride = 0;
  size_t dst_panel_step = 0;        // floats from a panel of dst to the next; 0: they lie side by side
  const float* residual = nullptr;  // lies as dst does; null: none. May be dst itself.
  float* sums = nullptr;            // N; where dst is null: factor * sum over m of f(...)
  float factor = 1;
  // Floats behind a panel that were already asked for; while a panel is used, what lies behind it is prefetched.
  size_t prefetched = 0;
  Epilogue epilogue = Epilogue::kNone;
};

// One output row of a depthwise convolution over one panel of channels. Windows
// never stick out sideways: input rows carry zeroed pixels at both ends.
struct DepthwiseRowArgs {
  const float* const* rows = nullptr;  // the input rows under the kernel that exist, at their first (zeroed) pixel
  int row_count = 0;                   // 0 to kernel
  const float* weights = nullptr;      // row_count x kernel x width
  const float* bias = nullptr;         // width
  float* dst = nullptr;                // out_width pixels
  float* sums = nullptr;               // width: the sum of the row's outputs; null: not wanted
  size_t pixel_stride = 0;             // floats between pixels of rows and of dst
  int width = 0;                       // channels, a multiple of `lanes`
  int out_width = 0;
  int kernel = 3;  // 1, 3, 5 or 7
  int stride = 1;  // 1 or 2
  Epilogue epilogue = Epilogue::kNone;
};

// One output row of a network's first convolution, from a planar image: dst[x][n] = f(bias[n] + sum over
// taps t of taps[t][x * stride] b[t][n]) for one panel of columns.
struct StemRowArgs {
  const float* const* taps = nullptr;  // K pointers: for each (channel, ky, kx) the value under output 0
  int stride = 2;
  PackedMatrix b;
  float* dst = nullptr;  // out_width pixels
  size_t pixel_stride = 0;
  int out_width = 0;
  Epilogue epilogue = Epilogue::kNone;
};

struct Kernels {
  Isa isa = Isa::kScalar;
  int lanes = 1;  // floats in a vector
  int panel = 1;  // columns of a full panel, a multiple of lanes

  // Rows [row_begin, row_end) and panels [panel_begin, panel_end); dst, residual and sums belong to panel_begin.
  void (*gemm)(const GemmArgs& args, int row_begin, int row_end, int panel_begin, int panel_end) noexcept = nullptr;

  void (*depthwise_row)(const DepthwiseRowArgs& args) noexcept = nullptr;

  void (*stem_row)(const StemRowArgs& args, int panel) noexcept = nullptr;

  // dst[c] = factor * sum over rows of src[row][c], for channels [begin, end).
  void (*column_mean)(const float* src, int rows, int channels, int begin, int end, float factor,
                      float* dst) noexcept = nullptr;

  // values[i] = f(values[i]) for `count` of them, with room for whole vectors.
  void (*activate)(float* values, int count, Epilogue epilogue) noexcept = nullptr;

  // rows[m][c] *= scale[c] for `width` channels, a multiple of lanes, of rows `stride` floats apart.
  void (*scale_rows)(float* rows, int count, size_t stride, int width, const float* scale) noexcept = nullptr;

  // dst = src with rows k in [depth_begin, depth_end) of every panel multiplied by scale[k].
  void (*scale_panels)(const PackedMatrix& src, const float* scale, int depth_begin, int depth_end,
                       float* dst) noexcept = nullptr;

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
const Kernels& ScalarKernels();

// The table for an instruction set that AvailableIsas() lists.
const Kernels& KernelsFor(Isa isa);

}  // namespace frond

#endif  // FROND_SRC_KERNELS_KERNELS_H_
