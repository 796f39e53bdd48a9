// The instruction set that a file is being compiled for. Included again for each target, after Highway. A constant
// needs none of the target attributes that HWY_BEFORE_NAMESPACE sets.
#if defined(FROND_SRC_BASE_ISA_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef FROND_SRC_BASE_ISA_INL_H_
#undef FROND_SRC_BASE_ISA_INL_H_
#else
#define FROND_SRC_BASE_ISA_INL_H_
#endif

#include <hwy/highway.h>

#include "src/base/isa.h"

namespace frond {
namespace HWY_NAMESPACE {

#if HWY_TARGET == HWY_AVX3
constexpr Isa kIsa = Isa::kAvx512;
#elif HWY_TARGET == HWY_AVX2
constexpr Isa kIsa = Isa::kAvx2;
#elif HWY_TARGET == HWY_NEON
constexpr Isa kIsa = Isa::kNeon;
#elif HWY_TARGET == HWY_WASM
constexpr Isa kIsa = Isa::kWasm;
#else
constexpr Isa kIsa = Isa::kPortable;
#endif

}  // namespace HWY_NAMESPACE
}  // namespace frond

#endif  // FROND_SRC_BASE_ISA_INL_H_
