// What kernels do with the maps and weights of a precision: load, store, and the multiply-add of a product. Kernels are
// templates over one of these. Included again for each target.
#if defined(FROND_SRC_KERNELS_ELEMENT_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef FROND_SRC_KERNELS_ELEMENT_INL_H_
#undef FROND_SRC_KERNELS_ELEMENT_INL_H_
#else
#define FROND_SRC_KERNELS_ELEMENT_INL_H_
#endif

#include <hwy/highway.h>

#include "src/base/bf16.h"
#include "src/kernels/vector-inl.h"

HWY_BEFORE_NAMESPACE();
namespace frond {
namespace HWY_NAMESPACE {

using DU32 = hn::RebindToUnsigned<D>;
using DU16 = hn::Rebind<uint16_t, D>;

// Rows of K are packed kPair at a time: a vector of weights holds kPair values of each of kLanes columns. A step of K
// takes kParts multiply-adds of such vectors: WeightsOf<part> and InputsOf<part> give their factors.
struct Float32 {
  using Map = float;
  using Weight = float;
  static constexpr Precision kPrecision = Precision::kFloat32;
  static constexpr int kPair = 1;
  static constexpr int kParts = 1;

  static HWY_INLINE float ToMap(float value) { return value; }
  static HWY_INLINE V RoundMap(V value) { return value; }
  static HWY_INLINE V LoadMap(const float* src) { return hn::LoadU(D(), src); }
  static HWY_INLINE void StoreMap(V value, float* dst) { hn::StoreU(value, D(), dst); }
  static HWY_INLINE V LoadWeights(const float* src) { return hn::LoadU(D(), src); }
  static HWY_INLINE void StoreWeights(V value, float* dst) { hn::StoreU(value, D(), dst); }

  template <int kPart>
  static HWY_INLINE V WeightsOf(const float* src) {
    return hn::LoadU(D(), src);
  }
  template <int kPart>
  static HWY_INLINE V InputsOf(const float* src) {
    return hn::Set(D(), *src);
  }
  static HWY_INLINE V MulAdd(V inputs, V weights, V sum) { return hn::MulAdd(inputs, weights, sum); }
};

// The upper halves of float32 values rounded to the nearest bfloat16, ties to even; a NaN stays one.
HWY_INLINE hn::Vec<DU32> RoundedToBf16(V value) {
  const DU32 du;
  const auto bits = hn::BitCast(du, value);
  const auto odd = hn::And(hn::ShiftRight<16>(bits), hn::Set(du, 1));
  const auto nearest = hn::Add(bits, hn::Add(odd, hn::Set(du, 0x7fff)));
  const auto quiet = hn::Or(bits, hn::Set(du, 0x00400000));
  return hn::IfThenElse(hn::RebindMask(du, hn::Eq(value, value)), nearest, quiet);
}

// bfloat16 on any CPU: the same sums as vdpbf16ps, bit for bit, by multiply-adds of float32. Maps hold rounded values
// as floats, so that only weights need widening. The odd row of a pair first, as vdpbf16ps takes them.
struct Bf16Emulated : Float32 {
  using Weight = Bf16;
  static constexpr Precision kPrecision = Precision::kBfloat16;
  static constexpr int kPair = 2;
  static constexpr int kParts = 2;

  static HWY_INLINE float ToMap(float value) { return ToFloat(FromFloat<Bf16>(value)); }
  static HWY_INLINE V RoundMap(V value) {
    return hn::BitCast(D(), hn::And(RoundedToBf16(value), hn::Set(DU32(), 0xffff0000)));
  }
  static HWY_INLINE void StoreMap(V value, float* dst) { hn::StoreU(RoundMap(value), D(), dst); }
  static HWY_INLINE V LoadWeights(const Bf16* src) {
    const auto halves = hn::LoadU(DU16(), reinterpret_cast<const uint16_t*>(src));
    return hn::BitCast(D(), hn::ShiftLeft<16>(hn::PromoteTo(DU32(), halves)));
  }
  static HWY_INLINE void StoreWeights(V value, Bf16* dst) {
    const auto half = hn::BitCast(hn::RebindToSigned<D>(), hn::ShiftRight<16>(RoundedToBf16(value)));
    hn::StoreU(hn::DemoteTo(DU16(), half), DU16(), reinterpret_cast<uint16_t*>(dst));
  }

  template <int kPart>
  static HWY_INLINE V WeightsOf(const Bf16* src) {
    const auto pairs = hn::LoadU(DU32(), reinterpret_cast<const uint32_t*>(src));
    if constexpr (kPart == 0) return hn::BitCast(D(), hn::And(pairs, hn::Set(DU32(), 0xffff0000)));
    return hn::BitCast(D(), hn::ShiftLeft<16>(pairs));
  }
  template <int kPart>
  static HWY_INLINE V InputsOf(const float* src) {
    return hn::Set(D(), src[1 - kPart]);
  }
};

#if HWY_TARGET == HWY_AVX3
// AVX512-BF16. In assembly: the attributes that Highway 1.0.3 gives its functions do not allow the intrinsics, and
// GCC 12 keeps the sums of a tile in memory round them.
struct Bf16Native : Bf16Emulated {
  using Map = Bf16;
  static constexpr int kParts = 1;

  static HWY_INLINE Bf16 ToMap(float value) { return FromFloat<Bf16>(value); }
  static HWY_INLINE V LoadMap(const Bf16* src) { return LoadWeights(src); }
  static HWY_INLINE void StoreMap(V value, Bf16* dst) { StoreWeights(value, dst); }
  static HWY_INLINE void StoreWeights(V value, Bf16* dst) {
    __m256i halves;
    asm("vcvtneps2bf16 %1, %0" : "=v"(halves) : "v"(value.raw));
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(dst), halves);
  }

  template <int kPart>
  static HWY_INLINE V WeightsOf(const Bf16* src) {
    return hn::LoadU(D(), reinterpret_cast<const float*>(src));
  }
  template <int kPart>
  static HWY_INLINE V InputsOf(const Bf16* src) {
    float pair;
    hwy::CopyBytes<sizeof(pair)>(src, &pair);
    return hn::Set(D(), pair);
  }
  static HWY_INLINE V MulAdd(V inputs, V weights, V sum) {
    asm("vdpbf16ps %2, %1, %0" : "+v"(sum.raw) : "v"(weights.raw), "v"(inputs.raw));
    return sum;
  }
};
#endif

}  // namespace HWY_NAMESPACE
}  // namespace frond
HWY_AFTER_NAMESPACE();

#endif  // FROND_SRC_KERNELS_ELEMENT_INL_H_
