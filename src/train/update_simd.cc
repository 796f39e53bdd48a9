// Compiled once for each instruction set, as src/kernels/simd.cc is
// (docs/decisions/0002-highway-without-libhwy.md).
#include "src/base/simd_targets.h"
#include "src/train/update_kernels.h"

// Highway's own assertions, on in debug and sanitizer builds, would need libhwy.
#define HWY_IS_DEBUG_BUILD 0

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "src/train/update_simd.cc"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
// foreach_target comes first.
#include <hwy/highway.h>

#include <cmath>

#include "src/kernels/vector-inl.h"

HWY_BEFORE_NAMESPACE();
namespace frond {
namespace HWY_NAMESPACE {

// Of a multiple of kLanes.
void AdamW(const AdamWStep& step, const float* gradient, int64_t count, float* momentum, float* mean_square,
           float* value) {
  const D d;
  const V scale = hn::Set(d, static_cast<float>(step.gradient_scale));
  const V keep = hn::Set(d, static_cast<float>(step.keep));
  const V rate = hn::Set(d, static_cast<float>(step.rate));
  const V root_scale = hn::Set(d, static_cast<float>(step.root_scale));
  const V share1 = hn::Set(d, static_cast<float>(1 - kAdamBeta1));
  const V beta2 = hn::Set(d, static_cast<float>(kAdamBeta2));
  const V share2 = hn::Set(d, static_cast<float>(1 - kAdamBeta2));
  const V epsilon = hn::Set(d, static_cast<float>(kAdamEpsilon));
  for (int64_t i = 0; i < count; i += kLanes) {
    const V g = hn::Mul(hn::LoadU(d, gradient + i), scale);
    const V before = hn::LoadU(d, momentum + i);
    const V m = hn::MulAdd(hn::Sub(g, before), share1, before);
    const V v = hn::MulAdd(hn::Mul(g, g), share2, hn::Mul(hn::LoadU(d, mean_square + i), beta2));
    const V root = hn::MulAdd(hn::Sqrt(v), root_scale, epsilon);
    const V kept = hn::Mul(hn::LoadU(d, value + i), keep);
    hn::StoreU(m, d, momentum + i);
    hn::StoreU(v, d, mean_square + i);
    hn::StoreU(hn::Sub(kept, hn::Div(hn::Mul(m, rate), root)), d, value + i);
  }
}

void Average(float weight, const float* value, int64_t count, float* average) {
  const D d;
  const V share = hn::Set(d, weight);
  for (int64_t i = 0; i < count; i += kLanes) {
    const V before = hn::LoadU(d, average + i);
    hn::StoreU(hn::MulAdd(hn::Sub(hn::LoadU(d, value + i), before), share, before), d, average + i);
  }
}
constexpr int kWholeVector = kLanes;

}  // namespace HWY_NAMESPACE
}  // namespace frond
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace frond {
namespace {

// The reference, and what is left that does not fill a vector.
namespace plain {

void AdamW(const AdamWStep& step, const float* gradient, int64_t count, float* momentum, float* mean_square,
           float* value) {
  const auto scale = static_cast<float>(step.gradient_scale);
  const auto keep = static_cast<float>(step.keep);
  const auto rate = static_cast<float>(step.rate);
  const auto root_scale = static_cast<float>(step.root_scale);
  for (int64_t i = 0; i < count; ++i) {
    const float g = gradient[i] * scale;
    momentum[i] += (g - momentum[i]) * static_cast<float>(1 - kAdamBeta1);
    mean_square[i] = mean_square[i] * static_cast<float>(kAdamBeta2) + g * g * static_cast<float>(1 - kAdamBeta2);
    const float root = std::sqrt(mean_square[i]) * root_scale + static_cast<float>(kAdamEpsilon);
    value[i] = value[i] * keep - momentum[i] * rate / root;
  }
}

void Average(float weight, const float* value, int64_t count, float* average) {
  for (int64_t i = 0; i < count; ++i) average[i] += (value[i] - average[i]) * weight;
}

}  // namespace plain

struct UpdateKernels {
  decltype(&plain::AdamW) adamw;
  decltype(&plain::Average) average;
  int64_t lanes;
};

UpdateKernels UpdateKernelsFor(Isa isa) {
  switch (isa) {
#if HWY_TARGETS & HWY_AVX3
    case Isa::kAvx512:
    case Isa::kAvx512Bf16: return {N_AVX3::AdamW, N_AVX3::Average, N_AVX3::kWholeVector};
#endif
#if HWY_TARGETS & HWY_AVX2
    case Isa::kAvx2: return {N_AVX2::AdamW, N_AVX2::Average, N_AVX2::kWholeVector};
#endif
    case Isa::kScalar: return {plain::AdamW, plain::Average, 1};
    default: return {HWY_NAMESPACE::AdamW, HWY_NAMESPACE::Average, HWY_NAMESPACE::kWholeVector};
  }
}

}  // namespace

void UpdateByAdamW(Isa isa, const AdamWStep& step, const float* gradient, int64_t count, float* momentum,
                   float* mean_square, float* value) {
  const UpdateKernels kernels = UpdateKernelsFor(isa);
  const int64_t whole = count / kernels.lanes * kernels.lanes;
  kernels.adamw(step, gradient, whole, momentum, mean_square, value);
  plain::AdamW(step, gradient + whole, count - whole, momentum + whole, mean_square + whole, value + whole);
}

void UpdateAverage(Isa isa, float weight, const float* value, int64_t count, float* average) {
  const UpdateKernels kernels = UpdateKernelsFor(isa);
  const int64_t whole = count / kernels.lanes * kernels.lanes;
  kernels.average(weight, value, whole, average);
  plain::Average(weight, value + whole, count - whole, average + whole);
}

}  // namespace frond
#endif  // HWY_ONCE
