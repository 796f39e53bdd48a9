// Compiled once for each instruction set: Highway includes this file again with
// other target attributes. The tables are reached by name, not through
// Highway's dispatcher, so that nothing of libhwy is linked
// (docs/decisions/0002-highway-without-libhwy.md).
#include "src/kernels/simd.h"

// SSSE3 and SSE4 machines are older than every device frond is for; AVX3_DL adds nothing to fp32.
#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SSE4 | HWY_AVX3_DL)

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "src/kernels/simd.cc"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
// foreach_target comes first.
#include <hwy/highway.h>

#include "src/kernels/depthwise/depthwise-inl.h"
#include "src/kernels/elementwise/scale-inl.h"
#include "src/kernels/gemm/gemm-inl.h"

HWY_BEFORE_NAMESPACE();
namespace frond {
namespace HWY_NAMESPACE {

const Kernels& Table() {
  static constexpr Kernels kTable = {TargetName(), kLanes,     kPanelVectors * kLanes, Gemm, Depthwise, ColumnMean,
                                     ScaleRows,    ScalePanels};
  return kTable;
}

}  // namespace HWY_NAMESPACE
}  // namespace frond
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace frond {

std::vector<const Kernels*> SimdKernels() {
  std::vector<const Kernels*> tables;
#if HWY_TARGETS & HWY_EMU128
  tables.push_back(&N_EMU128::Table());
#endif
#if HWY_TARGETS & HWY_SCALAR
  tables.push_back(&N_SCALAR::Table());
#endif
#if HWY_TARGETS & HWY_AVX2
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) tables.push_back(&N_AVX2::Table());
#endif
#if HWY_TARGETS & HWY_AVX3
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512cd")) {
    tables.push_back(&N_AVX3::Table());
  }
#endif
#if HWY_TARGETS & HWY_NEON
  tables.push_back(&N_NEON::Table());
#endif
#if HWY_TARGETS & HWY_WASM
  tables.push_back(&N_WASM::Table());
#endif
  return tables;
}

}  // namespace frond
#endif  // HWY_ONCE
