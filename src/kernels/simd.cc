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
#include "src/kernels/peak/peak-inl.h"
#include "src/kernels/stem/stem-inl.h"

HWY_BEFORE_NAMESPACE();
namespace frond {
namespace HWY_NAMESPACE {

const Kernels& Table() {
  static constexpr Kernels kTable = {
      kIsa,        kLanes,      kPanelVectors * kLanes, Gemm, DepthwiseRow, StemRow, ColumnMean, Activate, ScaleRows,
      ScalePanels, MultiplyAdds};
  return kTable;
}

}  // namespace HWY_NAMESPACE
}  // namespace frond
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace frond {

const Kernels& KernelsFor(Isa isa) {
  switch (isa) {
#if HWY_TARGETS & HWY_AVX3
    case Isa::kAvx512: return N_AVX3::Table();
#endif
#if HWY_TARGETS & HWY_AVX2
    case Isa::kAvx2: return N_AVX2::Table();
#endif
    case Isa::kScalar: return ScalarKernels();
    default: return HWY_STATIC_DISPATCH(Table)();  // portable, NEON, WASM: what every CPU of this build has
  }
}

}  // namespace frond
#endif  // HWY_ONCE
