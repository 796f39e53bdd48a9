// GroupNorm over a row of pixels: what its statistics are made of, and its application. Included again for each target.
#if defined(FROND_SRC_KERNELS_NORM_NORM_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef FROND_SRC_KERNELS_NORM_NORM_INL_H_
#undef FROND_SRC_KERNELS_NORM_NORM_INL_H_
#else
#define FROND_SRC_KERNELS_NORM_NORM_INL_H_
#endif

#include <algorithm>
#include <type_traits>

#include <hwy/highway.h>

#include "src/kernels/element-inl.h"
#include "src/kernels/gemm/gemm-inl.h"

HWY_BEFORE_NAMESPACE();
namespace frond {
namespace HWY_NAMESPACE {

// A vector of a pixel's channels, of which `columns` exist; zeros for the others.
template <class Math>
HWY_INLINE V LoadColumns(const typename Math::Map* src, int columns) {
  using Map = typename Math::Map;
  if (HWY_LIKELY(columns >= kLanes)) return Math::LoadMap(src);
#if HWY_TARGET == HWY_AVX3
  if constexpr (std::is_same_v<Map, float>) {
    return hn::MaskedLoad(hn::FirstN(D(), static_cast<size_t>(columns)), D(), src);
  }
#endif
  HWY_ALIGN Map lanes[kLanes] = {};
  std::copy(src, src + columns, lanes);
  return Math::LoadMap(lanes);
}

// add(value, sum) over a row's pixels, in two sums, so that one waits for its addition while the other is made.
template <class Math, class Add>
HWY_INLINE V SumOverPixels(const typename Math::Map* src, int count, size_t stride, int columns, const Add& add) {
  V even = hn::Zero(D());
  V odd = hn::Zero(D());
  for (; count > 1; count -= 2, src += 2 * stride) {
    even = add(LoadColumns<Math>(src, columns), even);
    odd = add(LoadColumns<Math>(src + stride, columns), odd);
  }
  if (count > 0) even = add(LoadColumns<Math>(src, columns), even);
  return hn::Add(even, odd);
}

template <class Math>
void RowMoments(const void* row, int count, size_t stride, int width, float* sums, float* squares) noexcept {
  const D d;
  for (int c = 0; c < width; c += kLanes) {
    const auto* src = static_cast<const typename Math::Map*>(row) + c;
    const V sum = SumOverPixels<Math>(src, count, stride, width - c, [](V x, V so_far) { return hn::Add(x, so_far); });
    const V mean = hn::Mul(sum, hn::Set(d, 1.0f / static_cast<float>(count)));
    const V square = SumOverPixels<Math>(src, count, stride, width - c, [mean](V x, V so_far) {
      const V apart = hn::Sub(x, mean);
      return hn::MulAdd(apart, apart, so_far);
    });
    hn::StoreU(sum, d, sums + c);
    hn::StoreU(square, d, squares + c);
  }
}

template <class Math, Epilogue kEpilogue>
HWY_INLINE void NormaliseRowWith(const NormaliseRowArgs& args) {
  using Map = typename Math::Map;
  const D d;
  for (int c = 0; c < args.width; c += kLanes) {
    auto* row = static_cast<Map*>(args.row) + c;
    const auto* residual = static_cast<const Map*>(args.residual);
    if (residual != nullptr) residual += c;
    const V centre = hn::LoadU(d, args.centre + c);
    const V scale = hn::LoadU(d, args.scale + c);
    const V shift = hn::LoadU(d, args.shift + c);
    V sum = hn::Zero(d);
    size_t at = 0;
    for (int x = 0; x < args.count; ++x, at += args.stride) {
      const V apart = hn::Sub(LoadColumns<Math>(row + at, args.width - c), centre);
      const V value = Apply<kEpilogue>(hn::MulAdd(apart, scale, shift));
      sum = hn::Add(sum, value);
      StoreColumns<Math, false>(value, residual, row, at, args.width - c);
    }
    if (args.sums != nullptr) hn::StoreU(sum, d, args.sums + c);
  }
}

template <class Math>
void NormaliseRow(const NormaliseRowArgs& args) noexcept {
  switch (args.epilogue) {
    case Epilogue::kNone: return NormaliseRowWith<Math, Epilogue::kNone>(args);
    case Epilogue::kSwish: return NormaliseRowWith<Math, Epilogue::kSwish>(args);
    case Epilogue::kRelu: return NormaliseRowWith<Math, Epilogue::kRelu>(args);
    case Epilogue::kRelu6: return NormaliseRowWith<Math, Epilogue::kRelu6>(args);
    case Epilogue::kSigmoid: return NormaliseRowWith<Math, Epilogue::kSigmoid>(args);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace frond
HWY_AFTER_NAMESPACE();

#endif  // FROND_SRC_KERNELS_NORM_NORM_INL_H_
