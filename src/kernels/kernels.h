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
// map in NHWC.

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
  size_t a_stride = 0;  // floats between rows
  PackedMatrix b;
  float* dst = nullptr;
  size_t dst_stride = 0;
  const float* residual = nullptr;  // same stride as dst; null: none. May be dst itself.
  Epilogue epilogue = Epilogue::kNone;
};

struct DepthwiseArgs {
  const float* src = nullptr;      // H x W x C
  float* dst = nullptr;            // out_height x out_width x C
  const float* weights = nullptr;  // kernel x kernel x C
  const float* bias = nullptr;     // C
  int height = 0;
  int width = 0;
  int channels = 0;
  int out_width = 0;
  int kernel = 3;  // 1, 3, 5 or 7
  int stride = 1;  // 1 or 2
  int pad_top = 0;
  int pad_left = 0;
  Epilogue epilogue = Epilogue::kNone;
};

struct Kernels {
  Isa isa = Isa::kScalar;
  int lanes = 1;  // floats in a vector
  int panel = 1;  // columns of a full panel, a multiple of lanes

  // Rows [row_begin, row_end) and panels [panel_begin, panel_end).
  void (*gemm)(const GemmArgs& args, int row_begin, int row_end, int panel_begin, int panel_end) noexcept = nullptr;

  // Output rows [row_begin, row_end). Where `sums` is not null, the sum of those
  // outputs for each of C channels is stored there.
  void (*depthwise)(const DepthwiseArgs& args, int row_begin, int row_end, float* sums) noexcept = nullptr;

  // dst[c] = factor * sum over rows of src[row][c], for channels [begin, end).
  void (*column_mean)(const float* src, int rows, int channels, int begin, int end, float factor,
                      float* dst) noexcept = nullptr;

  // rows[m][c] *= scale[c]
  void (*scale_rows)(float* rows, int count, int channels, const float* scale) noexcept = nullptr;

  // dst = src with row k of panels [panel_begin, panel_end) multiplied by scale[k].
  void (*scale_panels)(const PackedMatrix& src, const float* scale, int panel_begin, int panel_end,
                       float* dst) noexcept = nullptr;
};

// Layout of packed panels.
inline int PanelCount(int columns, int panel) { return (columns + panel - 1) / panel; }
inline int PaddedColumns(int columns, int lanes) { return (columns + lanes - 1) / lanes * lanes; }

// The portable twin: plain loops, the reference of every other table.
const Kernels& ScalarKernels();

// The table for an instruction set that AvailableIsas() lists.
const Kernels& KernelsFor(Isa isa);

}  // namespace frond

#endif  // FROND_SRC_KERNELS_KERNELS_H_
