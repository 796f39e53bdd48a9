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
    case Epilogue::kRelu: return x < 0.0f ? 0.0f : x;  // a NaN stays one
    case Epilogue::kRelu6: return std::clamp(x, 0.0f, 6.0f);
    case Epilogue::kSigmoid: return 1.0f / (1.0f + std::exp(-x));
  }
  return x;
}

template <class Element>
void Gemm(const GemmArgs& args, int row_begin, int row_end, int panel_begin, int panel_end) noexcept {
  const int depth = args.b.depth;
  const size_t segment = args.a_segment == 0 ? static_cast<size_t>(depth) : args.a_segment;
  const auto* a_elements = static_cast<const Element*>(args.a);
  const auto* residual = static_cast<const Element*>(args.residual);
  for (int n = panel_begin; n < panel_end; ++n) {
    const Element* b = static_cast<const Element*>(args.b.panels) + static_cast<size_t>(n) * depth;
    float total = 0;
    for (int m = row_begin; m < row_end; ++m) {
      float sum = args.b.bias[n];
      for (size_t k = 0; k < static_cast<size_t>(depth); ++k) {
        const bool last = k / segment == static_cast<size_t>(depth - 1) / segment;
        const size_t stride = last && args.a_last_stride != 0 ? args.a_last_stride : args.a_stride;
        sum += ToFloat(a_elements[k / segment * args.a_segment_step + m * stride + k % segment]) * ToFloat(b[k]);
      }
      sum = Apply(args.epilogue, sum);
      total += sum;
      if (args.dst == nullptr) continue;
      const size_t at = m * args.dst_stride + static_cast<size_t>(n - panel_begin);
      if (residual != nullptr) sum += ToFloat(residual[at]);
      if (args.dst_floats) {
        static_cast<float*>(args.dst)[at] = sum;
      } else {
        static_cast<Element*>(args.dst)[at] = FromFloat<Element>(sum);
      }
    }
    if (args.dst == nullptr) args.sums[n - panel_begin] = total * args.factor;
  }
}

template <class Element>
void Gemv(const GemvArgs& args, int panel_begin, int panel_end) noexcept {
  for (int n = panel_begin; n < panel_end; ++n) {
    const Element* b = static_cast<const Element*>(args.b.panels) + static_cast<size_t>(n) * args.b.depth;
    float sum = args.b.bias[n];
    for (int k = 0; k < args.b.depth; ++k) sum += args.a[k] * ToFloat(b[k]);
    args.dst[n - panel_begin] = Apply(args.epilogue, sum);
  }
}

template <class Element>
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
      static_cast<Element*>(args.dst)[static_cast<size_t>(x) * args.pixel_stride + c] = FromFloat<Element>(sum);
      total += sum;
    }
    if (args.sums != nullptr) args.sums[c] = total;
  }
}

void StemRow(const StemRowArgs& args, int panel) noexcept {
  const float* b = static_cast<const float*>(args.b.panels) + static_cast<size_t>(panel) * args.b.depth;
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

template <class Element>
void Widen(const void* src, int count, float* dst) noexcept {
  std::transform(static_cast<const Element*>(src), static_cast<const Element*>(src) + count, dst,
                 [](Element value) { return ToFloat(value); });
}

template <class Element>
void ScaleRows(void* rows, int count, size_t stride, int width, const float* scale) noexcept {
  for (int m = 0; m < count; ++m) {
    Element* row = static_cast<Element*>(rows) + static_cast<size_t>(m) * stride;
    for (int c = 0; c < width; ++c) row[c] = FromFloat<Element>(ToFloat(row[c]) * scale[c]);
  }
}

template <class Element>
void RowMoments(const void* row, int count, size_t stride, int width, float* sums, float* squares) noexcept {
  const auto* elements = static_cast<const Element*>(row);
  for (int c = 0; c < width; ++c) {
    sums[c] = squares[c] = 0;
    for (int x = 0; x < count; ++x) sums[c] += ToFloat(elements[static_cast<size_t>(x) * stride + c]);
    const float mean = sums[c] / static_cast<float>(count);
    for (int x = 0; x < count; ++x) {
      const float apart = ToFloat(elements[static_cast<size_t>(x) * stride + c]) - mean;
      squares[c] += apart * apart;
    }
  }
}

template <class Element>
void NormaliseRow(const NormaliseRowArgs& args) noexcept {
  for (int c = 0; c < args.width; ++c) {
    float sum = 0;
    for (int x = 0; x < args.count; ++x) {
      const size_t at = static_cast<size_t>(x) * args.stride + c;
      Element& element = static_cast<Element*>(args.row)[at];
      float value = Apply(args.epilogue, (ToFloat(element) - args.centre[c]) * args.scale[c] + args.shift[c]);
      sum += value;
      if (args.residual != nullptr) value += ToFloat(static_cast<const Element*>(args.residual)[at]);
      element = FromFloat<Element>(value);
    }
    if (args.sums != nullptr) args.sums[c] = sum;
  }
}

template <class Element>
void ScalePanels(const PackedMatrix& src, const float* scale, int depth_begin, int depth_end, void* dst) noexcept {
  for (int n = 0; n < src.columns; ++n) {
    for (int k = depth_begin; k < depth_end; ++k) {
      const size_t at = static_cast<size_t>(n) * src.depth + k;
      const float weight = ToFloat(static_cast<const Element*>(src.panels)[at]);
      static_cast<Element*>(dst)[at] = FromFloat<Element>(weight * scale[k]);
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

template <class Element>
constexpr Kernels kScalar = {Isa::kScalar,
                             sizeof(Element) == sizeof(float) ? Precision::kFloat32 : Precision::kBfloat16,
                             sizeof(Element),
                             1,
                             1,
                             1,
                             Gemm<Element>,
                             Gemv<Element>,
                             DepthwiseRow<Element>,
                             StemRow,
                             ColumnMean,
                             Activate,
                             Widen<Element>,
                             ScaleRows<Element>,
                             RowMoments<Element>,
                             NormaliseRow<Element>,
                             ScalePanels<Element>,
                             MultiplyAdds};

}  // namespace

const Kernels& ScalarKernels(Precision precision) {
  return precision == Precision::kBfloat16 ? kScalar<Bf16> : kScalar<float>;
}

}  // namespace frond
