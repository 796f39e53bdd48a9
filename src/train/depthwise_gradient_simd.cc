// Compiled once for each instruction set, as src/kernels/simd.cc is
// (docs/decisions/0002-highway-without-libhwy.md).
#include "src/base/simd_targets.h"
#include "src/train/depthwise_gradient.h"

// Highway's own assertions, on in debug and sanitizer builds, would need libhwy.
#define HWY_IS_DEBUG_BUILD 0

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "src/train/depthwise_gradient_simd.cc"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
// foreach_target comes first.
#include <hwy/highway.h>

#include <algorithm>
#include <cstddef>

#include "src/base/isa-inl.h"

HWY_BEFORE_NAMESPACE();
namespace frond {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// At most kGradientChannels lanes.
using D = hn::CappedTag<float, kGradientChannels>;
using V = hn::Vec<D>;
constexpr int kLanes = HWY_LANES(float) < kGradientChannels ? HWY_LANES(float) : kGradientChannels;

// One row of dy against one row of x under row ky of the kernel, for one vector of channels.
template <int kKernel>
HWY_INLINE void AddRow(const DepthwiseGradientArgs& args, const float* x, const float* dy, V* sums) {
  const D d;
  const auto pixel = static_cast<size_t>(args.channels);
  // Of the outputs [inner, past) every tap meets a pixel.
  const int inner = std::min(args.out_width, (args.padding + args.stride - 1) / args.stride);
  const int reach = args.width - kKernel + args.padding;
  const int past = std::max(inner, std::min(args.out_width, reach < 0 ? 0 : reach / args.stride + 1));
  const auto at_border = [&](int begin, int end) HWY_ATTR {
    for (int ox = begin; ox < end; ++ox) {
      const V gradient = hn::LoadU(d, dy + static_cast<size_t>(ox) * pixel);
      for (int kx = 0; kx < kKernel; ++kx) {
        const int ix = ox * args.stride + kx - args.padding;
        if (ix < 0 || ix >= args.width) continue;
        sums[kx] = hn::MulAdd(gradient, hn::LoadU(d, x + static_cast<size_t>(ix) * pixel), sums[kx]);
      }
    }
  };
  at_border(0, inner);
  V local[kKernel];
  for (int kx = 0; kx < kKernel; ++kx) local[kx] = sums[kx];
  for (int ox = inner; ox < past; ++ox) {
    const V gradient = hn::LoadU(d, dy + static_cast<size_t>(ox) * pixel);
    const float* under = x + static_cast<size_t>(ox * args.stride - args.padding) * pixel;
    for (int kx = 0; kx < kKernel; ++kx) {
      local[kx] = hn::MulAdd(gradient, hn::LoadU(d, under + static_cast<size_t>(kx) * pixel), local[kx]);
    }
  }
  for (int kx = 0; kx < kKernel; ++kx) sums[kx] = local[kx];
  at_border(past, args.out_width);
}

template <int kKernel>
void VectorOfChannels(const DepthwiseGradientArgs& args, int channel) {
  const D d;
  V sums[kKernel * kKernel];
  for (V& sum : sums) sum = hn::Zero(d);
  const auto row = static_cast<size_t>(args.width) * args.channels;
  const auto out_row = static_cast<size_t>(args.out_width) * args.channels;
  for (int n = 0; n < args.count; ++n) {
    const float* x = args.x + static_cast<size_t>(n) * args.height * row + channel;
    const float* dy = args.dy + static_cast<size_t>(n) * args.out_height * out_row + channel;
    for (int oy = 0; oy < args.out_height; ++oy) {
      for (int ky = 0; ky < kKernel; ++ky) {
        const int iy = oy * args.stride + ky - args.padding;
        if (iy < 0 || iy >= args.height) continue;
        AddRow<kKernel>(args, x + static_cast<size_t>(iy) * row, dy + static_cast<size_t>(oy) * out_row,
                        sums + ky * kKernel);
      }
    }
  }
  for (int tap = 0; tap < kKernel * kKernel; ++tap) {
    hn::StoreU(sums[tap], d, args.dw + static_cast<size_t>(tap) * args.channels + channel);
  }
}

template <int kKernel>
void Channels(const DepthwiseGradientArgs& args, int begin, int end) {
  for (int channel = begin; channel + kLanes <= end; channel += kLanes) VectorOfChannels<kKernel>(args, channel);
}

void WeightGradient(const DepthwiseGradientArgs& args, int begin, int end) {
  switch (args.kernel) {
    case 3: return Channels<3>(args, begin, end);
    case 5: return Channels<5>(args, begin, end);
    default: return Channels<7>(args, begin, end);
  }
}
constexpr int kWholeChannels = kLanes;

}  // namespace HWY_NAMESPACE
}  // namespace frond
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace frond {
namespace {

// The channels that fill no vector, and the reference of the others.
void PlainWeightGradient(const DepthwiseGradientArgs& args, int begin, int end) {
  for (int ky = 0; ky < args.kernel; ++ky) {
    for (int kx = 0; kx < args.kernel; ++kx) {
      for (int c = begin; c < end; ++c) {
        float sum = 0;
        for (int n = 0; n < args.count; ++n) {
          for (int oy = 0; oy < args.out_height; ++oy) {
            const int iy = oy * args.stride + ky - args.padding;
            if (iy < 0 || iy >= args.height) continue;
            for (int ox = 0; ox < args.out_width; ++ox) {
              const int ix = ox * args.stride + kx - args.padding;
              if (ix < 0 || ix >= args.width) continue;
              const size_t out = (static_cast<size_t>(n) * args.out_height + oy) * args.out_width + ox;
              const size_t in = (static_cast<size_t>(n) * args.height + iy) * args.width + ix;
              sum += args.dy[out * args.channels + c] * args.x[in * args.channels + c];
            }
          }
        }
        args.dw[static_cast<size_t>(ky * args.kernel + kx) * args.channels + c] = sum;
      }
    }
  }
}

struct Choice {
  void (*vectors)(const DepthwiseGradientArgs&, int, int);
  int lanes;
};

Choice ChoiceFor(Isa isa) {
  switch (isa) {
#if HWY_TARGETS & HWY_AVX3
    case Isa::kAvx512:
    case Isa::kAvx512Bf16: return {N_AVX3::WeightGradient, N_AVX3::kWholeChannels};
#endif
#if HWY_TARGETS & HWY_AVX2
    case Isa::kAvx2: return {N_AVX2::WeightGradient, N_AVX2::kWholeChannels};
#endif
    case Isa::kScalar: return {PlainWeightGradient, 1};
    default: return {HWY_STATIC_DISPATCH(WeightGradient), HWY_NAMESPACE::kWholeChannels};
  }
}

}  // namespace

void DepthwiseWeightGradient(Isa isa, const DepthwiseGradientArgs& args, int begin, int end) {
  const Choice choice = ChoiceFor(isa);
  const int whole = begin + (end - begin) / choice.lanes * choice.lanes;
  choice.vectors(args, begin, whole);
  PlainWeightGradient(args, whole, end);
}

}  // namespace frond
#endif  // HWY_ONCE
