#include <algorithm>
#include <cmath>
#include <iterator>
#include <numeric>

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
  const size_t segment = args.a_segment == 0 ? static_cast<size_t>(depth) : args.a_segment;
  const size_t panel_step = args.dst_panel_step == 0 ? 1 : args.dst_panel_step;
  for (int n = panel_begin; n < panel_end; ++n) {
    float total = 0;
    for (int m = row_begin; m < row_end; ++m) {
      float sum = args.b.bias[n];
      for (size_t k = 0; k < static_cast<size_t>(depth); ++k) {
        const bool last = k / segment == static_cast<size_t>(depth - 1) / segment;
        const size_t stride = last && args.a_last_stride != 0 ? args.a_last_stride : args.a_stride;
        const float a = args.a[k / segment * args.a_segment_step + m * stride + k % segment];
        sum += a * args.b.panels[static_cast<size_t>(n) * depth + k];
      }
      sum = Apply(args.epilogue, sum);
      total += sum;
      if (args.dst == nullptr) continue;
      const size_t at = m * args.dst_stride + static_cast<size_t>(n - panel_begin) * panel_step;
      args.dst[at] = args.residual != nullptr ? sum + args.residual[at] : sum;
    }
    if (args.dst == nullptr) args.sums[n - panel_begin] = total * args.factor;
  }
}

void DepthwiseRow(const DepthwiseRowArgs& args) noexcept {
  const size_t width = static_cast<size_t>(args.width);
  for (size_t c = 0; c < width; ++c) {
    float total = 0;
    for (int x = 0; x < args.out_width; ++x) {
      float sum = args.bias[c];
      for (int ky = 0; ky < args.row_count; ++ky) {
        for (int kx = 0; kx < args.kernel; ++kx) {
          sum += args.rows[ky][static_cast<size_t>(x * args.stride + kx) * args.pixel_stride + c] *
                 args.weights[static_cast<size_t>(ky * args.kernel + kx) * width + c];
        }
      }
      sum = Apply(args.epilogue, sum);
      args.dst[static_cast<size_t>(x) * args.pixel_stride + c] = sum;
      total += sum;
    }
    if (args.sums != nullptr) args.sums[c] = total;
  }
}

void StemRow(const StemRowArgs& args, int panel) noexcept {
  const float* b = args.b.panels + static_cast<size_t>(panel) * args.b.depth;
  for (int x = 0; x < args.out_width; ++x) {
    float sum = args.b.bias[panel];
    for (int t = 0; t < args.b.depth; ++t) sum += args.taps[t][x * args.stride] * b[t];
    args.dst[static_cast<size_t>(x) * args.pixel_stride] = Apply(args.epilogue, sum);
  }
}

void ColumnMean(const float* src, int rows, int channels, int begin, int end, float factor, float* dst) noexcept {
  for (int c = begin; c < end; ++c) {
    float sum = 0;
    for (int row = 0; row < rows; ++row) sum += src[static_cast<size_t>(row) * channels + c];
    dst[c] = sum * factor;
  }
}

void ScaleRows(float* rows, int count, size_t stride, int width, const float* scale) noexcept {
  for (int m = 0; m < count; ++m) {
    for (int c = 0; c < width; ++c) rows[static_cast<size_t>(m) * stride + static_cast<size_t>(c)] *= scale[c];
  }
}

void ScalePanels(const PackedMatrix& src, const float* scale, int depth_begin, int depth_end, float* dst) noexcept {
  for (int n = 0; n < src.columns; ++n) {
    for (int k = depth_begin; k < depth_end; ++k) {
      const size_t at = static_cast<size_t>(n) * src.depth + k;
      dst[at] = src.panels[at] * scale[k];
    }
  }
}

void Activate(float* values, int count, Epilogue epilogue) noexcept {
  for (int i = 0; i < count; ++i) values[i] = Apply(epilogue, values[i]);
}

int64_t MultiplyAdds(int64_t rounds) noexcept {
  constexpr int kSums = 8;
  float sums[kSums] = {0, 1, 2, 3, 4, 5, 6, 7};
  for (int64_t round = 0; round < rounds; ++round) {
    for (float& sum : sums) sum = sum * 0.5f + 0.5f;
  }
  volatile float sink = std::accumulate(std::begin(sums), std::end(sums), 0.0f);
  (void)sink;
  return rounds * kSums;
}

constexpr Kernels kScalar = {Isa::kScalar, 1,        1,         Gemm,        DepthwiseRow, StemRow,
                             ColumnMean,   Activate, ScaleRows, ScalePanels, MultiplyAdds};

}  // namespace

const Kernels& ScalarKernels() { return kScalar; }

}  // namespace frond
