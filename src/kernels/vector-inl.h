// What the kernels of one instruction set share: the vector type and the
// activations. Included again for each target.
#if defined(FROND_SRC_KERNELS_VECTOR_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef FROND_SRC_KERNELS_VECTOR_INL_H_
#undef FROND_SRC_KERNELS_VECTOR_INL_H_
#else
#define FROND_SRC_KERNELS_VECTOR_INL_H_
#endif

#include <hwy/highway.h>

#include "src/base/isa-inl.h"
#include "src/kernels/kernels.h"

HWY_BEFORE_NAMESPACE();
namespace frond {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using D = hn::ScalableTag<float>;
using V = hn::Vec<D>;

// Constants, since every target built here has vectors of fixed size. Panels of three vectors divide every
// expanded width of the family on x86: they are multiples of 48.
constexpr int kLanes = HWY_LANES(float);
constexpr int kPanelVectors = 3;
#if HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_NEON
constexpr int kRegisters = 32;
#else
constexpr int kRegisters = 16;
#endif

// exp(-x): 2^t with t = -x log2 e split into a whole and a fraction in
// [-0.5, 0.5]; a degree-5 minimax polynomial for 2^f (relative error 7.5e-8).
// The clamp keeps 2^whole a normal number, and 1 + 2^126 finite.
HWY_INLINE V ExpNegative(V x) {
  const D d;
#if HWY_TARGET == HWY_AVX3
  const V t = hn::Min(hn::Mul(x, hn::Set(d, -1.44269504088896341f)), hn::Set(d, 126.0f));
  const V whole = hn::Round(t);
#else
  const hn::RebindToSigned<D> di;
  const V t = hn::Min(hn::Max(hn::Mul(x, hn::Set(d, -1.44269504088896341f)), hn::Set(d, -126.0f)), hn::Set(d, 126.0f));
  const V whole = hn::Round(t);
#endif
  const V f = hn::Sub(t, whole);
  V p = hn::Set(d, 1.3276471916e-3f);
  p = hn::MulAdd(p, f, hn::Set(d, 9.6755413338e-3f));
  p = hn::MulAdd(p, f, hn::Set(d, 5.5507132737e-2f));
  p = hn::MulAdd(p, f, hn::Set(d, 2.4022119724e-1f));
  p = hn::MulAdd(p, f, hn::Set(d, 6.9314696706e-1f));
  p = hn::MulAdd(p, f, hn::Set(d, 1.00000007165f));
#if HWY_TARGET == HWY_AVX3
  return V{_mm512_scalef_ps(p.raw, whole.raw)};
#else
  const auto exponent = hn::ShiftLeft<23>(hn::Add(hn::ConvertTo(di, whole), hn::Set(di, 127)));
  return hn::Mul(p, hn::BitCast(d, exponent));
#endif
}

// 1 / (1 + exp(-x)).
HWY_INLINE V Sigmoid(V x) {
  const D d;
  const V denominator = hn::Add(hn::Set(d, 1.0f), ExpNegative(x));
#if HWY_TARGET == HWY_AVX3
  // A division occupies its unit for 16 cycles; an estimate of 14 bits and a Newton step give it in a third of that.
  const V estimate{_mm512_rcp14_ps(denominator.raw)};
  return hn::Mul(estimate, hn::NegMulAdd(denominator, estimate, hn::Set(d, 2.0f)));
#else
  return hn::Div(hn::Set(d, 1.0f), denominator);
#endif
}

template <Epilogue kEpilogue>
HWY_INLINE V Apply(V x) {
  const D d;
  if constexpr (kEpilogue == Epilogue::kSwish) {
#if HWY_TARGET == HWY_AVX3
    return hn::Mul(x, Sigmoid(x));
#else
    return hn::Div(x, hn::Add(hn::Set(d, 1.0f), ExpNegative(x)));
#endif
  } else if constexpr (kEpilogue == Epilogue::kSigmoid) {
    return Sigmoid(x);
  } else if constexpr (kEpilogue == Epilogue::kRelu6) {
    return hn::Min(hn::Max(x, hn::Zero(d)), hn::Set(d, 6.0f));
  } else {
    return x;
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace frond
HWY_AFTER_NAMESPACE();

#endif  // FROND_SRC_KERNELS_VECTOR_INL_H_
