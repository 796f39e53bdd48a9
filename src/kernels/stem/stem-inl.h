// One output row of a network's first convolution, read from the planar image
// without gathering windows. Included again for each target.
#if defined(FROND_SRC_KERNELS_STEM_STEM_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef FROND_SRC_KERNELS_STEM_STEM_INL_H_
#undef FROND_SRC_KERNELS_STEM_STEM_INL_H_
#else
#define FROND_SRC_KERNELS_STEM_STEM_INL_H_
#endif

#include <algorithm>

#include <hwy/highway.h>

#include "src/kernels/gemm/gemm-inl.h"
#include "src/kernels/vector-inl.h"

HWY_BEFORE_NAMESPACE();
namespace frond {
namespace HWY_NAMESPACE {

// kStride: that of every published stem, known here so that inputs lie at fixed distances; 0: args.stride.
template <int kStride, int kCount, int kVectors>
HWY_INLINE void StemTile(const StemRowArgs& args, const TileArgs& tile, int x) {
  V sums[kCount][kVectors];
  StartSums(tile.bias, sums);
  const size_t stride = static_cast<size_t>(kStride == 0 ? args.stride : kStride);
  const size_t at = static_cast<size_t>(x) * stride;
  const auto* panel = static_cast<const float*>(tile.panel);
  for (int t = 0; t < args.b.depth; ++t, panel += kVectors * kLanes) {
    TileStep<Float32, 0>(args.taps[t] + at, stride, panel, sums);
  }
  FinishSums<Float32>(tile, sums);
}

template <int kStride, int kCount, int kVectors>
HWY_INLINE void StemTileOf(int count, const StemRowArgs& args, const TileArgs& tile, int x) {
  if constexpr (kCount > 0) {
    if (count == kCount) return StemTile<kStride, kCount, kVectors>(args, tile, x);
    StemTileOf<kStride, kCount - 1, kVectors>(count, args, tile, x);
  }
}

template <int kStride, int kVectors>
HWY_NOINLINE void StemPanel(const StemRowArgs& args, TileArgs tile) {
  constexpr int kMost = TileRows<Float32, kVectors>();
  int x = 0;
  for (int tiles = (args.out_width + kMost - 1) / kMost; tiles > 0; --tiles) {
    const int count = (args.out_width - x + tiles - 1) / tiles;
    tile.dst = args.dst + static_cast<size_t>(x) * args.pixel_stride;
    StemTileOf<kStride, kMost, kVectors>(count, args, tile, x);
    x += count;
  }
}

template <int kVectors>
HWY_INLINE void StemPanelOfWidth(int vectors, const StemRowArgs& args, const TileArgs& tile) {
  if constexpr (kVectors > 0) {
    if (vectors == kVectors) {
      return args.stride == 2 ? StemPanel<2, kVectors>(args, tile) : StemPanel<0, kVectors>(args, tile);
    }
    StemPanelOfWidth<kVectors - 1>(vectors, args, tile);
  }
}

void StemRow(const StemRowArgs& args, int p) noexcept {
  constexpr int kPanel = kPanelVectors * kLanes;
  const int column = p * kPanel;
  const int vectors = (std::min(kPanel, args.b.columns - column) + kLanes - 1) / kLanes;
  TileArgs tile = {};
  tile.panel = Advanced<float>(args.b.panels, static_cast<size_t>(column) * args.b.depth);
  tile.bias = args.b.bias + column;
  tile.dst_stride = args.pixel_stride;
  tile.columns = vectors * kLanes;  // pixels have room for whole vectors
  tile.epilogue = args.epilogue;
  StemPanelOfWidth<kPanelVectors>(vectors, args, tile);
}

}  // namespace HWY_NAMESPACE
}  // namespace frond
HWY_AFTER_NAMESPACE();

#endif  // FROND_SRC_KERNELS_STEM_STEM_INL_H_
