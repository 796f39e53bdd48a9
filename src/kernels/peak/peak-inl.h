// As many multiply-adds as the core can do: what shares of peak refer to.
// Included again for each target.
#if defined(FROND_SRC_KERNELS_PEAK_PEAK_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef FROND_SRC_KERNELS_PEAK_PEAK_INL_H_
#undef FROND_SRC_KERNELS_PEAK_PEAK_INL_H_
#else
#define FROND_SRC_KERNELS_PEAK_PEAK_INL_H_
#endif

#include <hwy/highway.h>

#include "src/kernels/element-inl.h"

HWY_BEFORE_NAMESPACE();
namespace frond {
namespace HWY_NAMESPACE {

// Twelve independent sums hide a latency of up to six cycles at two a cycle.
template <class Math>
int64_t MultiplyAdds(int64_t rounds) noexcept {
  constexpr int kSums = 12;
  const D d;
  V sums[kSums];
#pragma GCC unroll 16
  for (int i = 0; i < kSums; ++i) sums[i] = hn::Set(d, static_cast<float>(i));
  V factor = hn::Set(d, 0.5f);
  for (int64_t round = 0; round < rounds; ++round) {
#pragma GCC unroll 16
    for (int i = 0; i < kSums; ++i) sums[i] = Math::MulAdd(sums[i], factor, factor);
  }
  V total = sums[0];
#pragma GCC unroll 16
  for (int i = 1; i < kSums; ++i) total = hn::Add(total, sums[i]);
  // The result is used, or the loop would be left out.
  volatile float sink = hn::GetLane(total);
  (void)sink;
  return rounds * kSums * kLanes * Math::kPair / Math::kParts;
}

}  // namespace HWY_NAMESPACE
}  // namespace frond
HWY_AFTER_NAMESPACE();

#endif  // FROND_SRC_KERNELS_PEAK_PEAK_INL_H_
