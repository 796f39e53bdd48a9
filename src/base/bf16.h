#ifndef FROND_SRC_BASE_BF16_H_
#define FROND_SRC_BASE_BF16_H_

#include <cstdint>

#include "src/base/bit_cast.h"

namespace frond {

// bfloat16: the upper half of a float32.
struct Bf16 {
  uint16_t bits;
};

inline float ToFloat(float value) { return value; }
inline float ToFloat(Bf16 value) { return BitCast<float>(uint32_t{value.bits} << 16); }

// The nearest element, ties to even; a NaN stays one.
template <class Element>
Element FromFloat(float value);

template <>
inline float FromFloat<float>(float value) {
  return value;
}

template <>
inline Bf16 FromFloat<Bf16>(float value) {
  const uint32_t bits = BitCast<uint32_t>(value);
  constexpr uint32_t kInfinity = 0x7f800000;
  constexpr uint32_t kQuiet = 0x00400000;
  if ((bits & ~uint32_t{0x80000000}) > kInfinity) return {static_cast<uint16_t>((bits | kQuiet) >> 16)};
  return {static_cast<uint16_t>((bits + 0x7fff + (bits >> 16 & 1)) >> 16)};
}

}  // namespace frond

#endif  // FROND_SRC_BASE_BF16_H_
