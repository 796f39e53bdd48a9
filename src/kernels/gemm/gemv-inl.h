// A single row times packed weights, its inputs and results in float32. Included again for each target.
#if defined(FROND_SRC_KERNELS_GEMM_GEMV_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef FROND_SRC_KERNELS_GEMM_GEMV_INL_H_
#undef FROND_SRC_KERNELS_GEMM_GEMV_INL_H_
#else
#define FROND_SRC_KERNELS_GEMM_GEMV_INL_H_
#endif

#include <algorithm>

#include <hwy/highway.h>

#include "src/kernels/gemm/gemm-inl.h"

HWY_BEFORE_NAMESPACE();
namespace frond {
namespace HWY_NAMESPACE {

// Adds rows k of the panel to the sums: row kPart of each pair. Widening weights costs nothing beside their memory.
template <class Widening, int kPart, int kVectors>
HWY_INLINE void GemvStep(float a, const typename Widening::Weight* HWY_RESTRICT panel, V (&sums)[kVectors]) {
  const V inputs = hn::Set(D(), a);
#pragma GCC unroll 4
  for (int j = 0; j < kVectors; ++j) {
    const V weights = Widening::template WeightsOf<kPart>(panel + j * kLanes * Widening::kPair);
    sums[j] = hn::MulAdd(inputs, weights, sums[j]);
  }
}

// A single row waits for its own sums and for memory: four partial sums for each vector.
template <class Widening, int kVectors>
HWY_NOINLINE void GemvPanel(const TileArgs& args) {
  using Weight = typename Widening::Weight;
  constexpr int kSums = 4;
  constexpr int kPair = Widening::kPair;
  constexpr size_t kStep = static_cast<size_t>(kVectors) * kLanes * kPair;
  const D d;
  V sums[kSums][kVectors];
#pragma GCC unroll 4
  for (int j = 0; j < kVectors; ++j) {
    sums[0][j] = hn::LoadU(d, args.bias + j * kLanes);
    for (int s = 1; s < kSums; ++s) sums[s][j] = hn::Zero(d);
  }
  const auto* HWY_RESTRICT panel = static_cast<const Weight*>(args.panel);
  const auto* HWY_RESTRICT a = static_cast<const float*>(args.a);
  int k = 0;
  for (; k + kSums <= args.depth; k += kSums) {
#pragma GCC unroll 4
    for (int s = 0; s < kSums; s += kPair, panel += kStep) {
      // Of a pair, part 0 is the odd row.
      GemvStep<Widening, 0>(a[k + s + kPair - 1], panel, sums[s]);
      if constexpr (kPair == 2) GemvStep<Widening, 1>(a[k + s], panel, sums[s + 1]);
    }
  }
  for (; k < args.depth; k += kPair, panel += kStep) {
    GemvStep<Widening, 0>(a[k + kPair - 1], panel, sums[0]);
    if constexpr (kPair == 2) GemvStep<Widening, 1>(a[k], panel, sums[1]);
  }
  HWY_ALIGN float raw[kVectors * kLanes];
#pragma GCC unroll 4
  for (int j = 0; j < kVectors; ++j) {
    hn::Store(hn::Add(hn::Add(sums[0][j], sums[1][j]), hn::Add(sums[2][j], sums[3][j])), d, raw + j * kLanes);
  }
  FinishTileWith<Float32, false>(args, raw, 1, kVectors);
}

template <class Widening, int kVectors>
HWY_INLINE void GemvPanelOfWidth(int vectors, const TileArgs& args) {
  if constexpr (kVectors > 0) {
    if (vectors == kVectors) return GemvPanel<Widening, kVectors>(args);
    GemvPanelOfWidth<Widening, kVectors - 1>(vectors, args);
  }
}

template <class Widening>
void Gemv(const GemvArgs& args, int panel_begin, int panel_end) noexcept {
  constexpr int kPanel = kPanelVectors * kLanes;
  for (int p = panel_begin; p < panel_end; ++p) {
    const int column = p * kPanel;
    TileArgs tile = {};
    tile.a = args.a;
    tile.panel = Advanced<typename Widening::Weight>(args.b.panels, static_cast<size_t>(column) * args.b.depth);
    tile.bias = args.b.bias + column;
    tile.depth = args.b.depth;
    tile.dst = args.dst + static_cast<size_t>(p - panel_begin) * kPanel;
    tile.columns = std::min(kPanel, args.b.columns - column);
    tile.epilogue = args.epilogue;
    GemvPanelOfWidth<Widening, kPanelVectors>((tile.columns + kLanes - 1) / kLanes, tile);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace frond
HWY_AFTER_NAMESPACE();

#endif  // FROND_SRC_KERNELS_GEMM_GEMV_INL_H_
