#include <algorithm>
#include <cmath>

#include "src/kernels/kernels.h"

// The portable twin of every kernel, in the plainest form. It packs like the
// others, with panels of one column.

namespace frond {
namespace {

float Apply(Epilogue epilogue, float x) {
  switch (epilogue) {
    case Epilogue::kNone: return x;
    case Epilogue::kSwish: return x / (1.0f + std::exp(-x));
    case Epilogue::kRelu6: return std::clamp(x, 0.0f, 6.0f);
    case Epilogue::kSigmoid: return 1.0f / (1.0f + std::exp(-x));
  }
  return x;
}

void Gemm(const GemmArgs& args, int row_begin, int row_end, int panel_begin, int panel_end) noexcept {
  const int depth = args.b.depth;
  for (int m = row_begin; m < row_end; ++m) {
    for (int n = panel_begin; n < panel_end; ++n) {
      float sum = args.b.bias[n];
      for (int k = 0; k < depth; ++k)
        sum += args.a[m * args.a_stride + k] * args.b.panels[static_cast<size_t>(n) * depth + k];
      sum = Apply(args.epilogue, sum);
      const size_t at = m * args.dst_stride + n;
      args.dst[at] = args.residual != nullptr ? sum + args.residual[at] : sum;
    }
  }
}

void Depthwise(const DepthwiseArgs& args, int row_begin, int row_end, float* sums) noexcept {
  const int channels = args.channels;
  for (int c = 0; c < channels; ++c) {
    float total = 0;
    for (int y = row_begin; y < row_end; ++y) {
      for (int x = 0; x < args.out_width; ++x) {
        float sum = args.bias[c];
        for (int ky = 0; ky < args.kernel; ++ky) {
          const int in_y = y * args.stride + ky - args.pad_top;
          if (in_y < 0 || in_y >= args.height) continue;
          for (int kx = 0; kx < args.kernel; ++kx) {
            const int in_x = x * args.stride + kx - args.pad_left;
            if (in_x < 0 || in_x >= args.width) continue;
            sum += args.src[(static_cast<size_t>(in_y) * args.width + in_x) * channels + c] *
                   args.weights[(ky * args.kernel + kx) * channels + c];
          }
        }
        sum = Apply(args.epilogue, sum);
        args.dst[(static_cast<size_t>(y) * args.out_width + x) * channels + c] = sum;
        total += sum;
      }
    }
    if (sums != nullptr) sums[c] = total;
  }
}

void ColumnMean(const float* src, int rows, int channels, int begin, int end, float factor, float* dst) noexcept {
  for (int c = begin; c < end; ++c) {
    float sum = 0;
    for (int row = 0; row < rows; ++row) sum += src[static_cast<size_t>(row) * channels + c];
    dst[c] = sum * factor;
  }
}

void ScaleRows(float* rows, int count, int channels, const float* scale) noexcept {
  for (int m = 0; m < count; ++m) {
    for (int c = 0; c < channels; ++c) rows[static_cast<size_t>(m) * channels + c] *= scale[c];
  }
}

void ScalePanels(const PackedMatrix& src, const float* scale, int panel_begin, int panel_end, float* dst) noexcept {
  for (int n = panel_begin; n < panel_end; ++n) {
    for (int k = 0; k < src.depth; ++k) {
      const size_t at = static_cast<size_t>(n) * src.depth + k;
      dst[at] = src.panels[at] * scale[k];
    }
  }
}

constexpr Kernels kScalar = {Isa::kScalar, 1, 1, Gemm, Depthwise, ColumnMean, ScaleRows, ScalePanels};

}  // namespace

const Kernels& ScalarKernels() { return kScalar; }

}  // namespace frond
