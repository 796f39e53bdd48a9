// Depthwise convolution over NHWC: tiles of kTile neighbouring outputs of one
// vector of channels, so that each input is loaded once a kernel row and each
// weight once a tile. Included again for each target.
#if defined(FROND_SRC_KERNELS_DEPTHWISE_DEPTHWISE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef FROND_SRC_KERNELS_DEPTHWISE_DEPTHWISE_INL_H_
#undef FROND_SRC_KERNELS_DEPTHWISE_DEPTHWISE_INL_H_
#else
#define FROND_SRC_KERNELS_DEPTHWISE_DEPTHWISE_INL_H_
#endif

#include <algorithm>

#include <hwy/highway.h>

#include "src/kernels/vector-inl.h"

HWY_BEFORE_NAMESPACE();
namespace frond {
namespace HWY_NAMESPACE {

// Channels handled together: two cache lines, so that the rows of one band stay in the first-level cache.
constexpr int kChannelBlock = kLanes > 32 ? kLanes : 32;

// kernel + tile accumulators + one input fit the registers (5 + 6 + 1 of 16).
constexpr int kTile = kRegisters == 32 ? 8 : 6;

// One row of outputs of one vector of channels.
struct RowArgs {
  const float* src;      // the map, at the first channel of the vector
  const float* weights;  // likewise
  size_t row_floats;     // of the input map
  size_t channels;
  int first_y;  // input row under the kernel's first row; may be negative
  int ky_begin;
  int ky_end;
  V bias;
};

// kTile outputs whose whole window lies inside the row; `src` at the window's first pixel.
template <int kKernel, int kStride, int kCount>
HWY_INLINE void InnerTile(const RowArgs& row, int x_px, V (&sums)[kCount]) {
  const D d;
  for (int t = 0; t < kCount; ++t) sums[t] = row.bias;
  for (int ky = row.ky_begin; ky < row.ky_end; ++ky) {
    V w[kKernel];
    for (int kx = 0; kx < kKernel; ++kx) w[kx] = hn::LoadU(d, row.weights + (ky * kKernel + kx) * row.channels);
    const float* src = row.src + (row.first_y + ky) * row.row_floats + x_px * row.channels;
    for (int i = 0; i < kStride * (kCount - 1) + kKernel; ++i) {
      const V v = hn::LoadU(d, src + i * row.channels);
      for (int t = 0; t < kCount; ++t) {
        const int kx = i - t * kStride;
        if (kx >= 0 && kx < kKernel) sums[t] = hn::MulAdd(v, w[kx], sums[t]);
      }
    }
  }
}

// One output whose window may stick out left or right.
template <int kKernel>
HWY_INLINE V BorderPixel(const RowArgs& row, int x_px, int width) {
  const D d;
  V sum = row.bias;
  for (int ky = row.ky_begin; ky < row.ky_end; ++ky) {
    const float* src = row.src + (row.first_y + ky) * row.row_floats;
    for (int kx = std::max(0, -x_px); kx < std::min(kKernel, width - x_px); ++kx) {
      sum = hn::MulAdd(hn::LoadU(d, src + (x_px + kx) * static_cast<ptrdiff_t>(row.channels)),
                       hn::LoadU(d, row.weights + (ky * kKernel + kx) * row.channels), sum);
    }
  }
  return sum;
}

// All outputs of the row; returns their sum.
template <int kKernel, int kStride, Epilogue kEpilogue>
HWY_INLINE V Row(const RowArgs& row, const DepthwiseArgs& args, float* dst) {
  const D d;
  const int out_width = args.out_width;
  // Outputs [inner_begin, inner_end) have their whole window inside the row.
  const int inner_begin = std::min((args.pad_left + kStride - 1) / kStride, out_width);
  const int last_start = args.width - kKernel + args.pad_left;
  const int inner_end = last_start < 0 ? inner_begin : std::clamp(last_start / kStride + 1, inner_begin, out_width);
  V total = hn::Zero(d);
  int x = 0;
  for (; x < inner_begin; ++x) {
    const V y = Apply<kEpilogue>(BorderPixel<kKernel>(row, x * kStride - args.pad_left, args.width));
    total = hn::Add(total, y);
    hn::StoreU(y, d, dst + x * row.channels);
  }
  for (; x + kTile <= inner_end; x += kTile) {
    V sums[kTile];
    InnerTile<kKernel, kStride, kTile>(row, x * kStride - args.pad_left, sums);
    for (int t = 0; t < kTile; ++t) {
      const V y = Apply<kEpilogue>(sums[t]);
      total = hn::Add(total, y);
      hn::StoreU(y, d, dst + (x + t) * row.channels);
    }
  }
  for (; x < inner_end; ++x) {
    V sums[1];
    InnerTile<kKernel, kStride, 1>(row, x * kStride - args.pad_left, sums);
    const V y = Apply<kEpilogue>(sums[0]);
    total = hn::Add(total, y);
    hn::StoreU(y, d, dst + x * row.channels);
  }
  for (; x < out_width; ++x) {
    const V y = Apply<kEpilogue>(BorderPixel<kKernel>(row, x * kStride - args.pad_left, args.width));
    total = hn::Add(total, y);
    hn::StoreU(y, d, dst + x * row.channels);
  }
  return total;
}

// The last channels, fewer than a vector.
template <int kKernel, int kStride, Epilogue kEpilogue>
HWY_NOINLINE void TailChannels(const DepthwiseArgs& args, int row_begin, int row_end, float* sums) {
  const D d;
  for (int c = args.channels / kLanes * kLanes; c < args.channels; ++c) {
    float total = 0;
    for (int y = row_begin; y < row_end; ++y) {
      for (int x = 0; x < args.out_width; ++x) {
        float sum = args.bias[c];
        for (int ky = 0; ky < kKernel; ++ky) {
          const int in_y = y * kStride + ky - args.pad_top;
          if (in_y < 0 || in_y >= args.height) continue;
          for (int kx = 0; kx < kKernel; ++kx) {
            const int in_x = x * kStride + kx - args.pad_left;
            if (in_x < 0 || in_x >= args.width) continue;
            sum += args.src[(static_cast<size_t>(in_y) * args.width + in_x) * args.channels + c] *
                   args.weights[(ky * kKernel + kx) * args.channels + c];
          }
        }
        const float result = hn::GetLane(Apply<kEpilogue>(hn::Set(d, sum)));
        args.dst[(static_cast<size_t>(y) * args.out_width + x) * args.channels + c] = result;
        total += result;
      }
    }
    if (sums != nullptr) sums[c] = total;
  }
}

template <int kKernel, int kStride, Epilogue kEpilogue>
HWY_NOINLINE void DepthwiseOf(const DepthwiseArgs& args, int row_begin, int row_end, float* sums) {
  const D d;
  const size_t channels = static_cast<size_t>(args.channels);
  const int whole = args.channels / kLanes * kLanes;
  for (int block = 0; block < whole; block += kChannelBlock) {
    const int block_end = std::min(block + kChannelBlock, whole);
    if (sums != nullptr) {
      for (int c = block; c < block_end; c += kLanes) hn::StoreU(hn::Zero(d), d, sums + c);
    }
    for (int y = row_begin; y < row_end; ++y) {
      const int first_y = y * kStride - args.pad_top;
      for (int c = block; c < block_end; c += kLanes) {
        const RowArgs row = {args.src + c,
                             args.weights + c,
                             static_cast<size_t>(args.width) * channels,
                             channels,
                             first_y,
                             std::max(0, -first_y),
                             std::min(kKernel, args.height - first_y),
                             hn::LoadU(d, args.bias + c)};
        const V total = Row<kKernel, kStride, kEpilogue>(
            row, args, args.dst + static_cast<size_t>(y) * args.out_width * channels + c);
        if (sums != nullptr) hn::StoreU(hn::Add(total, hn::LoadU(d, sums + c)), d, sums + c);
      }
    }
  }
  if (whole < args.channels) TailChannels<kKernel, kStride, kEpilogue>(args, row_begin, row_end, sums);
}

template <int kKernel, int kStride>
HWY_INLINE void DepthwiseWith(const DepthwiseArgs& args, int row_begin, int row_end, float* sums) {
  switch (args.epilogue) {
    case Epilogue::kSwish: return DepthwiseOf<kKernel, kStride, Epilogue::kSwish>(args, row_begin, row_end, sums);
    case Epilogue::kRelu6: return DepthwiseOf<kKernel, kStride, Epilogue::kRelu6>(args, row_begin, row_end, sums);
    case Epilogue::kSigmoid:
    case Epilogue::kNone: return DepthwiseOf<kKernel, kStride, Epilogue::kNone>(args, row_begin, row_end, sums);
  }
}

void Depthwise(const DepthwiseArgs& args, int row_begin, int row_end, float* sums) noexcept {
  const bool one = args.stride == 1;
  switch (args.kernel) {
    case 1:
      return one ? DepthwiseWith<1, 1>(args, row_begin, row_end, sums)
                 : DepthwiseWith<1, 2>(args, row_begin, row_end, sums);
    case 3:
      return one ? DepthwiseWith<3, 1>(args, row_begin, row_end, sums)
                 : DepthwiseWith<3, 2>(args, row_begin, row_end, sums);
    case 5:
      return one ? DepthwiseWith<5, 1>(args, row_begin, row_end, sums)
                 : DepthwiseWith<5, 2>(args, row_begin, row_end, sums);
    default:
      return one ? DepthwiseWith<7, 1>(args, row_begin, row_end, sums)
                 : DepthwiseWith<7, 2>(args, row_begin, row_end, sums);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace frond
HWY_AFTER_NAMESPACE();

#endif  // FROND_SRC_KERNELS_DEPTHWISE_DEPTHWISE_INL_H_
