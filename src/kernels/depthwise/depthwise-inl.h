// One row of a depthwise convolution over a panel of channels: tiles of
// neighbouring outputs of one vector of channels, so that each input is loaded
// once a kernel row and each weight once a tile. Included again for each target.
#if defined(FROND_SRC_KERNELS_DEPTHWISE_DEPTHWISE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef FROND_SRC_KERNELS_DEPTHWISE_DEPTHWISE_INL_H_
#undef FROND_SRC_KERNELS_DEPTHWISE_DEPTHWISE_INL_H_
#else
#define FROND_SRC_KERNELS_DEPTHWISE_DEPTHWISE_INL_H_
#endif

#include <algorithm>
#include <cmath>

#include <hwy/highway.h>

#include "src/kernels/element-inl.h"

HWY_BEFORE_NAMESPACE();
namespace frond {
namespace HWY_NAMESPACE {

// Outputs of the largest tile. 32 registers: two multiply-adds a cycle of latency four want eight sums at least, and
// more to hide where one tile ends and the next begins; of 14, which divides most widths, Clang keeps some in memory at
// stride 2. 16 registers: kernel + sums + one input fit. Kernels that no published network has get small tiles.
template <int kKernel, int kStride>
constexpr int DepthwiseTile() {
  if (kKernel == 1 || kKernel == 7 || HWY_IS_ASAN || HWY_IS_TSAN) return 4;
  if (kRegisters == 16) return 7;
  return kStride == 1 ? 14 : 8;
}

template <int kKernel, int kStride, int kCount>
HWY_INLINE void DepthwiseTileAt(const DepthwiseRowArgs& args, size_t src_at, size_t channel, float* HWY_RESTRICT dst) {
  const D d;
  const size_t pixel = args.pixel_stride;
  const size_t width = static_cast<size_t>(args.width);
  V sums[kCount];
  const V bias = hn::LoadU(d, args.bias + channel);
  for (int t = 0; t < kCount; ++t) sums[t] = bias;
  const float* HWY_RESTRICT weights = args.weights + channel;
  for (int ky = 0; ky < args.row_count; ++ky, weights += kKernel * width) {
    V w[kKernel];
    for (int kx = 0; kx < kKernel; ++kx) w[kx] = hn::LoadU(d, weights + static_cast<size_t>(kx) * width);
    const float* HWY_RESTRICT src = args.rows[ky] + src_at;
#pragma GCC unroll 24
    for (int i = 0; i < kStride * (kCount - 1) + kKernel; ++i) {
      const V v = hn::LoadU(d, src + static_cast<size_t>(i) * pixel);
#pragma GCC unroll 16
      for (int t = 0; t < kCount; ++t) {
        const int kx = i - t * kStride;
        if (kx >= 0 && kx < kKernel) sums[t] = hn::MulAdd(v, w[kx], sums[t]);
      }
    }
  }
  const auto store = [&](const auto& bounded) {
#pragma GCC unroll 16
    for (int t = 0; t < kCount; ++t) hn::StoreU(bounded(sums[t]), d, dst + static_cast<size_t>(t) * pixel);
  };
  if (!IsRange(args.epilogue)) return store([](V sum) { return sum; });
  const V low = hn::Set(d, LowOf(args.epilogue));
  const V high = hn::Set(d, HighOf(args.epilogue));
  store([&](V sum) { return Clamped(sum, low, high); });
}

template <int kKernel, int kStride, int kCount>
HWY_INLINE void DepthwiseTileOf(int count, const DepthwiseRowArgs& args, size_t src_at, size_t channel, float* dst) {
  if constexpr (kCount > 0) {
    if (count == kCount) return DepthwiseTileAt<kKernel, kStride, kCount>(args, src_at, channel, dst);
    DepthwiseTileOf<kKernel, kStride, kCount - 1>(count, args, src_at, channel, dst);
  }
}

// The sums, in the range of a ReLU6 where that is the activation: others come in ActivateRow.
template <int kKernel, int kStride>
HWY_NOINLINE void DepthwiseRowOf(const DepthwiseRowArgs& args) {
  constexpr int kMost = DepthwiseTile<kKernel, kStride>();
  const size_t pixel = args.pixel_stride;
  for (size_t channel = 0; channel < static_cast<size_t>(args.width); channel += kLanes) {
    size_t x = 0;
    int left = args.out_width;
    for (int tiles = (left + kMost - 1) / kMost; tiles > 0; --tiles) {
      const int count = (left + tiles - 1) / tiles;
      DepthwiseTileOf<kKernel, kStride, kMost>(count, args, x * kStride * pixel + channel, channel,
                                               args.raw + x * pixel + channel);
      x += static_cast<size_t>(count);
      left -= count;
    }
  }
}

// Applies the activation to the row just written; adds it up where wanted.
template <class Math, Epilogue kEpilogue>
HWY_NOINLINE void ActivateRow(const DepthwiseRowArgs& args) {
  const D d;
  for (size_t channel = 0; channel < static_cast<size_t>(args.width); channel += kLanes) {
    const float* raw = args.raw + channel;  // may be dst
    auto* dst = static_cast<typename Math::Map*>(args.dst) + channel;
    V total = hn::Zero(d);
    ForEachActivated<kEpilogue>(raw, args.pixel_stride, args.out_width, [&](V value) {
      total = hn::Add(total, value);
      Math::StoreMap(value, dst);
      dst += args.pixel_stride;
    });
    if (args.sums != nullptr) hn::StoreU(total, d, args.sums + channel);
  }
}

template <int kKernel>
HWY_INLINE void DepthwiseRowWith(const DepthwiseRowArgs& args) {
  return args.stride == 1 ? DepthwiseRowOf<kKernel, 1>(args) : DepthwiseRowOf<kKernel, 2>(args);
}

template <class Math>
void DepthwiseRow(const DepthwiseRowArgs& args) noexcept {
  switch (args.kernel) {
    case 1: DepthwiseRowWith<1>(args); break;
    case 3: DepthwiseRowWith<3>(args); break;
    case 5: DepthwiseRowWith<5>(args); break;
    default: DepthwiseRowWith<7>(args); break;
  }
  if (IsRange(args.epilogue) && args.sums == nullptr && Math::kPrecision == Precision::kFloat32) return;
  switch (args.epilogue) {
    case Epilogue::kSwish: return ActivateRow<Math, Epilogue::kSwish>(args);
    case Epilogue::kSigmoid: return ActivateRow<Math, Epilogue::kSigmoid>(args);
    case Epilogue::kRelu:
    case Epilogue::kRelu6:
    case Epilogue::kNone: return ActivateRow<Math, Epilogue::kNone>(args);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace frond
HWY_AFTER_NAMESPACE();

#endif  // FROND_SRC_KERNELS_DEPTHWISE_DEPTHWISE_INL_H_
