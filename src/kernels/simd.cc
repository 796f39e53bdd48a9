// Compiled once for each instruction set: Highway includes this file again with
// other target attributes. The tables are reached by name, not through
// Highway's dispatcher, so that nothing of libhwy is linked
// (docs/decisions/0002-highway-without-libhwy.md).
#include "src/base/simd_targets.h"
#include "src/kernels/kernels.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "src/kernels/simd.cc"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
// foreach_target comes first.
#include <hwy/highway.h>

#include "src/kernels/depthwise/depthwise-inl.h"
#include "src/kernels/elementwise/scale-inl.h"
#include "src/kernels/gemm/gemm-inl.h"
#include "src/kernels/gemm/gemv-inl.h"
#include "src/kernels/norm/norm-inl.h"
#include "src/kernels/peak/peak-inl.h"
#include "src/kernels/stem/stem-inl.h"

HWY_BEFORE_NAMESPACE();
namespace frond {
namespace HWY_NAMESPACE {

template <class Math, class Widening = Math, Isa isa = kIsa>
const Kernels& TableOf() {
  static constexpr Kernels kTable = {isa,
                                     Math::kPrecision,
                                     sizeof(typename Math::Map),
                                     kLanes,
                                     kPanelVectors * kLanes,
                                     Math::kPair,
                                     Gemm<Math>,
                                     Gemv<Widening>,
                                     DepthwiseRow<Math>,
                                     StemRow,
                                     ColumnMean,
                                     Activate,
                                     Widen<Math>,
                                     ScaleRows<Math>,
                                     RowMoments<Math>,
                                     NormaliseRow<Math>,
                                     ScalePanels<Math>,
                                     MultiplyAdds<Math>};
  return kTable;
}

const Kernels& Table(Precision precision) {
  return precision == Precision::kBfloat16 ? TableOf<Bf16Emulated>() : TableOf<Float32>();
}

#if HWY_TARGET == HWY_AVX3
const Kernels& Bf16Table(Precision precision) {
  return precision == Precision::kBfloat16 ? TableOf<Bf16Native, Bf16Emulated, Isa::kAvx512Bf16>()
                                           : TableOf<Float32, Float32, Isa::kAvx512Bf16>();
}
#endif

}  // namespace HWY_NAMESPACE
}  // namespace frond
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace frond {

const Kernels& KernelsFor(Isa isa, Precision precision) {
  switch (isa) {
#if HWY_TARGETS & HWY_AVX3
    case Isa::kAvx512: return N_AVX3::Table(precision);
    case Isa::kAvx512Bf16: return N_AVX3::Bf16Table(precision);
#endif
#if HWY_TARGETS & HWY_AVX2
    case Isa::kAvx2: return N_AVX2::Table(precision);
#endif
    case Isa::kScalar: return ScalarKernels(precision);
    default: return HWY_STATIC_DISPATCH(Table)(precision);  // portable, NEON, WASM: what every CPU of this build has
  }
}

}  // namespace frond
#endif  // HWY_ONCE
