// Pool and scale: the parts of squeeze-and-excite that touch whole maps.
// Included again for each target.
#if defined(FROND_SRC_KERNELS_ELEMENTWISE_SCALE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef FROND_SRC_KERNELS_ELEMENTWISE_SCALE_INL_H_
#undef FROND_SRC_KERNELS_ELEMENTWISE_SCALE_INL_H_
#else
#define FROND_SRC_KERNELS_ELEMENTWISE_SCALE_INL_H_
#endif

#include <algorithm>

#include <hwy/highway.h>

#include "src/kernels/vector-inl.h"

HWY_BEFORE_NAMESPACE();
namespace frond {
namespace HWY_NAMESPACE {

void ColumnMean(const float* src, int rows, int channels, int begin, int end, float factor, float* dst) noexcept {
  const D d;
  int c = begin;
  for (; c + kLanes <= end; c += kLanes) {
    V sum = hn::Zero(d);
    for (int row = 0; row < rows; ++row)
      sum = hn::Add(sum, hn::LoadU(d, src + static_cast<size_t>(row) * channels + c));
    hn::StoreU(hn::Mul(sum, hn::Set(d, factor)), d, dst + c);
  }
  for (; c < end; ++c) {
    float sum = 0;
    for (int row = 0; row < rows; ++row) sum += src[static_cast<size_t>(row) * channels + c];
    dst[c] = sum * factor;
  }
}

void ScaleRows(float* rows, int count, size_t stride, int width, const float* scale) noexcept {
  const D d;
  for (int c = 0; c < width; c += kLanes) {
    const V factor = hn::LoadU(d, scale + c);
    float* HWY_RESTRICT row = rows + c;
    for (int m = 0; m < count; ++m, row += stride) hn::StoreU(hn::Mul(hn::LoadU(d, row), factor), d, row);
  }
}

void ScalePanels(const PackedMatrix& src, const float* scale, int depth_begin, int depth_end, float* dst) noexcept {
  constexpr int kPanel = kPanelVectors * kLanes;
  const D d;
  for (int column = 0; column < src.columns; column += kPanel) {
    const size_t width = static_cast<size_t>(std::min(kPanel, PaddedColumns(src.columns - column, kLanes)));
    size_t at = static_cast<size_t>(column) * src.depth + depth_begin * width;
    for (int k = depth_begin; k < depth_end; ++k) {
      const V factor = hn::Set(d, scale[k]);
      for (size_t j = 0; j < width; j += kLanes, at += kLanes)
        hn::StoreU(hn::Mul(hn::LoadU(d, src.panels + at), factor), d, dst + at);
    }
  }
}

template <Epilogue kEpilogue>
HWY_INLINE void ActivateWith(float* values, int count) {
  const D d;
  for (int i = 0; i < count; i += kLanes) hn::StoreU(Apply<kEpilogue>(hn::LoadU(d, values + i)), d, values + i);
}

void Activate(float* values, int count, Epilogue epilogue) noexcept {
  switch (epilogue) {
    case Epilogue::kNone: return;
    case Epilogue::kSwish: return ActivateWith<Epilogue::kSwish>(values, count);
    case Epilogue::kRelu6: return ActivateWith<Epilogue::kRelu6>(values, count);
    case Epilogue::kSigmoid: return ActivateWith<Epilogue::kSigmoid>(values, count);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace frond
HWY_AFTER_NAMESPACE();

#endif  // FROND_SRC_KERNELS_ELEMENTWISE_SCALE_INL_H_
