// Compiled once for each instruction set, as src/kernels/simd.cc is
// (docs/decisions/0002-highway-without-libhwy.md).
#include "src/base/simd_targets.h"
#include "src/train/norm_activation_kernels.h"

// Highway's own assertions, on in debug and sanitizer builds, would need libhwy.
#define HWY_IS_DEBUG_BUILD 0

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "src/train/norm_activation_simd.cc"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
// foreach_target comes first.
#include <hwy/highway.h>

#include <array>
#include <cmath>
#include <cstddef>
#include <numeric>
#include <vector>

#include "src/kernels/vector-inl.h"

HWY_BEFORE_NAMESPACE();
namespace frond {
namespace HWY_NAMESPACE {

// Channels here are a multiple of kLanes.
constexpr int kRows = 4;  // taken together, so that sums are loaded and stored once for as many pixels

template <Activation kActivation>
HWY_INLINE V Activated(V z) {
  if constexpr (kActivation == Activation::kSwish) return Apply<Epilogue::kSwish>(z);
  if constexpr (kActivation == Activation::kRelu6) return Apply<Epilogue::kRelu6>(z);
  return z;
}

// dy f'(z)
template <Activation kActivation>
HWY_INLINE V Passed(V dy, V z) {
  const D d;
  if constexpr (kActivation == Activation::kSwish) {
    const V one = hn::Set(d, 1.0f);
    const V raised = AtLeast(z, hn::Set(d, kLowest));
    const V sigmoid = Quotient(one, OnePlusExpNegative(raised));
    // s + z s (1 - s)
    return hn::Mul(dy, hn::MulAdd(hn::Mul(raised, sigmoid), hn::Sub(one, sigmoid), sigmoid));
  } else if constexpr (kActivation == Activation::kRelu6) {
    return hn::IfThenElseZero(hn::And(hn::Gt(z, hn::Zero(d)), hn::Lt(z, hn::Set(d, 6.0f))), dy);
  } else {
    return dy;
  }
}

template <class Add>
HWY_INLINE void SumOver(int64_t pixels, int channels, float* sums, const Add& add) {
  const D d;
  const auto whole = static_cast<size_t>(channels);
  for (size_t c = 0; c < 2 * whole; c += kLanes) hn::StoreU(hn::Zero(d), d, sums + c);
  const auto rows = [&]<int kCount>(std::integral_constant<int, kCount>, int64_t pixel) HWY_ATTR {
    const size_t at = static_cast<size_t>(pixel) * whole;
    for (size_t c = 0; c < whole; c += kLanes) {
      V first = hn::LoadU(d, sums + c);
      V second = hn::LoadU(d, sums + whole + c);
      for (size_t row = 0; row < kCount; ++row) add(at + row * whole + c, c, first, second);
      hn::StoreU(first, d, sums + c);
      hn::StoreU(second, d, sums + whole + c);
    }
  };
  int64_t pixel = 0;
  for (; pixel + kRows <= pixels; pixel += kRows) rows(std::integral_constant<int, kRows>(), pixel);
  for (; pixel < pixels; ++pixel) rows(std::integral_constant<int, 1>(), pixel);
}

void Sums(const float* x, int64_t pixels, int channels, const float* shift, float* sums) {
  const D d;
  SumOver(pixels, channels, sums, [&](size_t at, size_t c, V& sum, V& squares) HWY_ATTR {
    const V value = hn::Sub(hn::LoadU(d, x + at), hn::LoadU(d, shift + c));
    sum = hn::Add(sum, value);
    squares = hn::MulAdd(value, value, squares);
  });
}

HWY_INLINE V Affine(const NormActivation& norm, V x, size_t c) {
  const D d;
  return hn::MulAdd(x, hn::LoadU(d, norm.scale + c), hn::LoadU(d, norm.offset + c));
}

template <Activation kActivation>
void Activate(const NormActivation& norm, const float* x, int64_t pixels, float* y) {
  const D d;
  const auto channels = static_cast<size_t>(norm.channels);
  for (int64_t pixel = 0; pixel < pixels; ++pixel, x += channels, y += channels) {
    for (size_t c = 0; c < channels; c += kLanes) {
      hn::StoreU(Activated<kActivation>(Affine(norm, hn::LoadU(d, x + c), c)), d, y + c);
    }
  }
}

template <Activation kActivation>
void PassedSums(const NormActivation& norm, const float* x, const float* dy, int64_t pixels, float* sums) {
  const D d;
  SumOver(pixels, norm.channels, sums, [&](size_t at, size_t c, V& sum, V& products) HWY_ATTR {
    const V value = hn::LoadU(d, x + at);
    const V passed = Passed<kActivation>(hn::LoadU(d, dy + at), Affine(norm, value, c));
    sum = hn::Add(sum, passed);
    products = hn::MulAdd(passed, hn::Sub(value, hn::LoadU(d, norm.mean + c)), products);
  });
}

template <Activation kActivation>
void Gradient(const NormActivation& norm, const float* x, const float* dy, int64_t pixels, const float* slope,
              const float* shift, float* dx) {
  const D d;
  const auto channels = static_cast<size_t>(norm.channels);
  for (int64_t pixel = 0; pixel < pixels; ++pixel, x += channels, dy += channels, dx += channels) {
    for (size_t c = 0; c < channels; c += kLanes) {
      const V value = hn::LoadU(d, x + c);
      const V passed = Passed<kActivation>(hn::LoadU(d, dy + c), Affine(norm, value, c));
      const V centred = hn::Sub(value, hn::LoadU(d, norm.mean + c));
      const V rest = hn::MulAdd(centred, hn::LoadU(d, slope + c), hn::LoadU(d, shift + c));
      hn::StoreU(hn::MulAdd(passed, hn::LoadU(d, norm.scale + c), rest), d, dx + c);
    }
  }
}
constexpr int kWholeVector = kLanes;

}  // namespace HWY_NAMESPACE
}  // namespace frond
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace frond {
namespace {

// The reference, and what is left of pixels that do not fill vectors.
namespace plain {

float Affine(const NormActivation& norm, float x, size_t c) { return x * norm.scale[c] + norm.offset[c]; }

template <Activation kActivation>
float Passed(float dy, float z) {
  if (kActivation == Activation::kRelu6) return z > 0 && z < 6 ? dy : 0.0f;
  if (kActivation == Activation::kNone) return dy;
  const float sigmoid = 1 / (1 + std::exp(-z));
  return dy * (sigmoid + z * sigmoid * (1 - sigmoid));
}

void Sums(const float* x, int64_t pixels, int channels, const float* shift, float* sums) {
  const auto whole = static_cast<size_t>(channels);
  std::fill(sums, sums + 2 * whole, 0.0f);
  for (int64_t pixel = 0; pixel < pixels; ++pixel, x += channels) {
    for (size_t c = 0; c < whole; ++c) {
      const float value = x[c] - shift[c];
      sums[c] += value;
      sums[whole + c] += value * value;
    }
  }
}

template <Activation kActivation>
void Activate(const NormActivation& norm, const float* x, int64_t pixels, float* y) {
  const auto channels = static_cast<size_t>(norm.channels);
  for (int64_t pixel = 0; pixel < pixels; ++pixel, x += channels, y += channels) {
    for (size_t c = 0; c < channels; ++c) {
      const float z = Affine(norm, x[c], c);
      if (kActivation == Activation::kRelu6) {
        y[c] = z < 0 ? 0.0f : z > 6 ? 6.0f : z;  // a NaN stays one
      } else {
        y[c] = kActivation == Activation::kSwish ? z / (1 + std::exp(-z)) : z;
      }
    }
  }
}

template <Activation kActivation>
void PassedSums(const NormActivation& norm, const float* x, const float* dy, int64_t pixels, float* sums) {
  const auto channels = static_cast<size_t>(norm.channels);
  std::fill(sums, sums + 2 * channels, 0.0f);
  for (int64_t pixel = 0; pixel < pixels; ++pixel, x += channels, dy += channels) {
    for (size_t c = 0; c < channels; ++c) {
      const float passed = Passed<kActivation>(dy[c], Affine(norm, x[c], c));
      sums[c] += passed;
      sums[channels + c] += passed * (x[c] - norm.mean[c]);
    }
  }
}

template <Activation kActivation>
void Gradient(const NormActivation& norm, const float* x, const float* dy, int64_t pixels, const float* slope,
              const float* shift, float* dx) {
  const auto channels = static_cast<size_t>(norm.channels);
  for (int64_t pixel = 0; pixel < pixels; ++pixel, x += channels, dy += channels, dx += channels) {
    for (size_t c = 0; c < channels; ++c) {
      const float passed = Passed<kActivation>(dy[c], Affine(norm, x[c], c));
      dx[c] = norm.scale[c] * passed + (slope[c] * (x[c] - norm.mean[c]) + shift[c]);
    }
  }
}

}  // namespace plain

struct NormKernels {
  decltype(&plain::Sums) sums;
  // By activation, in Activation's order.
  std::array<decltype(&plain::Activate<Activation::kNone>), 3> activate;
  std::array<decltype(&plain::PassedSums<Activation::kNone>), 3> passed_sums;
  std::array<decltype(&plain::Gradient<Activation::kNone>), 3> gradient;
  int lanes;
};
static_assert(static_cast<int>(Activation::kNone) < 3 && static_cast<int>(Activation::kSwish) < 3 &&
              static_cast<int>(Activation::kRelu6) < 3);

constexpr auto kFirst = static_cast<Activation>(0);
constexpr auto kSecond = static_cast<Activation>(1);
constexpr auto kThird = static_cast<Activation>(2);
#define FROND_NORM_KERNELS(target, lanes)                                                          \
  NormKernels {                                                                                    \
    target::Sums, {target::Activate<kFirst>, target::Activate<kSecond>, target::Activate<kThird>}, \
        {target::PassedSums<kFirst>, target::PassedSums<kSecond>, target::PassedSums<kThird>},     \
        {target::Gradient<kFirst>, target::Gradient<kSecond>, target::Gradient<kThird>}, lanes     \
  }

NormKernels NormKernelsFor(Isa isa) {
  switch (isa) {
#if HWY_TARGETS & HWY_AVX3
    case Isa::kAvx512:
    case Isa::kAvx512Bf16: return FROND_NORM_KERNELS(N_AVX3, N_AVX3::kWholeVector);
#endif
#if HWY_TARGETS & HWY_AVX2
    case Isa::kAvx2: return FROND_NORM_KERNELS(N_AVX2, N_AVX2::kWholeVector);
#endif
    case Isa::kScalar: return FROND_NORM_KERNELS(plain, 1);
    default: return FROND_NORM_KERNELS(HWY_NAMESPACE, HWY_NAMESPACE::kWholeVector);
  }
}
#undef FROND_NORM_KERNELS

// As many pixels as make whole vectors, seen as one pixel of as many times the channels; what is said of a channel
// repeated as often.
class Widened {
 public:
  Widened(int lanes, int channels, int64_t pixels)
      : together_(lanes / std::gcd(lanes, channels)), channels_(channels), pixels_(pixels / together_) {}

  int64_t pixels() const { return pixels_; }  // the wide ones
  int channels() const { return channels_ * together_; }
  int64_t done() const { return pixels_ * together_; }  // the plain ones among them
  size_t floats_done() const { return static_cast<size_t>(done()) * static_cast<size_t>(channels_); }

  const float* Repeat(const float* values) {
    if (together_ == 1) return values;
    std::vector<float>& wide = repeated_[used_++];
    for (int i = 0; i < together_; ++i) wide.insert(wide.end(), values, values + channels_);
    return wide.data();
  }
  NormActivation Repeat(const NormActivation& norm) {
    return {norm.activation, Repeat(norm.scale), Repeat(norm.offset),
            norm.mean == nullptr ? nullptr : Repeat(norm.mean), channels()};
  }

  // Sums of the wide pixels and of the rest: each 2 x channels, into 2 x C.
  template <class Wide, class Rest>
  void Sum(const Wide& wide, const Rest& rest, int64_t pixels, float* sums) const {
    if (together_ == 1) return wide(sums);
    const auto narrow = static_cast<size_t>(channels_);
    std::vector<float> all(2 * static_cast<size_t>(channels()));
    std::vector<float> own(2 * narrow);
    wide(all.data());
    if (done() < pixels) rest(own.data());
    for (size_t half = 0; half < 2; ++half) {
      for (size_t i = 0; i < static_cast<size_t>(channels()); ++i) {
        own[half * narrow + i % narrow] += all[half * static_cast<size_t>(channels()) + i];
      }
    }
    std::copy(own.begin(), own.end(), sums);
  }

 private:
  int together_;
  int channels_;
  int64_t pixels_;
  std::array<std::vector<float>, 5> repeated_;
  size_t used_ = 0;
};

}  // namespace

void ChannelSums(Isa isa, const float* x, int64_t pixels, int channels, const float* shift, float* sums) {
  const NormKernels kernels = NormKernelsFor(isa);
  Widened wide(kernels.lanes, channels, pixels);
  const float* shifts = wide.Repeat(shift);
  wide.Sum([&](float* out) { kernels.sums(x, wide.pixels(), wide.channels(), shifts, out); },
           [&](float* out) { plain::Sums(x + wide.floats_done(), pixels - wide.done(), channels, shift, out); }, pixels,
           sums);
}

void NormActivate(Isa isa, const NormActivation& norm, const float* x, int64_t pixels, float* y) {
  const NormKernels kernels = NormKernelsFor(isa);
  const auto activation = static_cast<size_t>(norm.activation);
  Widened wide(kernels.lanes, norm.channels, pixels);
  kernels.activate[activation](wide.Repeat(norm), x, wide.pixels(), y);
  const size_t done = wide.floats_done();
  NormKernelsFor(Isa::kScalar).activate[activation](norm, x + done, pixels - wide.done(), y + done);
}

void NormActivationSums(Isa isa, const NormActivation& norm, const float* x, const float* dy, int64_t pixels,
                        float* sums) {
  const NormKernels kernels = NormKernelsFor(isa);
  const auto activation = static_cast<size_t>(norm.activation);
  Widened wide(kernels.lanes, norm.channels, pixels);
  const NormActivation repeated = wide.Repeat(norm);
  const size_t done = wide.floats_done();
  wide.Sum([&](float* out) { kernels.passed_sums[activation](repeated, x, dy, wide.pixels(), out); },
           [&](float* out) {
             NormKernelsFor(Isa::kScalar).passed_sums[activation](norm, x + done, dy + done, pixels - wide.done(), out);
           },
           pixels, sums);
}

void NormActivationGradient(Isa isa, const NormActivation& norm, const float* x, const float* dy, int64_t pixels,
                            const float* slope, const float* shift, float* dx) {
  const NormKernels kernels = NormKernelsFor(isa);
  const auto activation = static_cast<size_t>(norm.activation);
  Widened wide(kernels.lanes, norm.channels, pixels);
  const NormActivation repeated = wide.Repeat(norm);
  kernels.gradient[activation](repeated, x, dy, wide.pixels(), wide.Repeat(slope), wide.Repeat(shift), dx);
  const size_t done = wide.floats_done();
  NormKernelsFor(Isa::kScalar)
      .gradient[activation](norm, x + done, dy + done, pixels - wide.done(), slope, shift, dx + done);
}

}  // namespace frond
#endif  // HWY_ONCE
