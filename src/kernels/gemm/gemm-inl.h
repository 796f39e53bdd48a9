// Matrix product with packed weights: a register tile of kRows x kVectors
// vectors, streamed over K. Included again for each target.
#if defined(FROND_SRC_KERNELS_GEMM_GEMM_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef FROND_SRC_KERNELS_GEMM_GEMM_INL_H_
#undef FROND_SRC_KERNELS_GEMM_GEMM_INL_H_
#else
#define FROND_SRC_KERNELS_GEMM_GEMM_INL_H_
#endif

#include <algorithm>

#include <hwy/highway.h>

#include "src/kernels/vector-inl.h"

HWY_BEFORE_NAMESPACE();
namespace frond {
namespace HWY_NAMESPACE {

// Rows of a tile: accumulators, one panel row and one broadcast fill the
// registers (AVX2: 6 x 2, AVX-512: 8 x 3).
template <int kVectors>
constexpr int TileRows() {
  constexpr int kRows = (kRegisters - kVectors - 1) / kVectors;
  return kRows > 12 ? 12 : kRows;
}

struct TileArgs {
  const float* a;
  size_t a_stride;
  const float* panel;
  const float* bias;
  int depth;
  float* dst;
  size_t dst_stride;
  const float* residual;
  int columns;  // of this panel that exist; less than kVectors vectors only in the last one
};

// Stores one vector of results; the last panel's may be partial.
HWY_INLINE void StoreColumns(V value, const float* residual, float* dst, int columns) {
  const D d;
  if (HWY_LIKELY(columns >= kLanes)) {
    if (residual != nullptr) value = hn::Add(value, hn::LoadU(d, residual));
    hn::StoreU(value, d, dst);
    return;
  }
  HWY_ALIGN float lanes[kLanes];
  hn::Store(value, d, lanes);
  for (int i = 0; i < columns; ++i) dst[i] = residual != nullptr ? lanes[i] + residual[i] : lanes[i];
}

template <int kRows, int kVectors, Epilogue kEpilogue>
HWY_INLINE void Tile(const TileArgs& args) {
  const D d;
  V sums[kRows][kVectors];
  for (int i = 0; i < kRows; ++i) {
    for (int j = 0; j < kVectors; ++j) sums[i][j] = hn::LoadU(d, args.bias + j * kLanes);
  }
  const float* HWY_RESTRICT panel = args.panel;
  const float* HWY_RESTRICT a = args.a;
  const size_t a_stride = args.a_stride;
  for (int k = 0; k < args.depth; ++k) {
    V b[kVectors];
    for (int j = 0; j < kVectors; ++j) b[j] = hn::LoadU(d, panel + j * kLanes);
    panel += kVectors * kLanes;
    for (int i = 0; i < kRows; ++i) {
      const V broadcast = hn::Set(d, a[i * a_stride]);
      for (int j = 0; j < kVectors; ++j) sums[i][j] = hn::MulAdd(broadcast, b[j], sums[i][j]);
    }
    ++a;
  }
  for (int i = 0; i < kRows; ++i) {
    float* dst = args.dst + i * args.dst_stride;
    const float* residual = args.residual == nullptr ? nullptr : args.residual + i * args.dst_stride;
    for (int j = 0; j < kVectors; ++j) {
      const int at = j * kLanes;
      StoreColumns(Apply<kEpilogue>(sums[i][j]), residual == nullptr ? nullptr : residual + at, dst + at,
                   args.columns - at);
    }
  }
}

// The rows left over below a full tile.
template <int kRows, int kVectors, Epilogue kEpilogue>
HWY_INLINE void TailTile(int rows, const TileArgs& args) {
  if constexpr (kRows > 0) {
    if (rows == kRows) return Tile<kRows, kVectors, kEpilogue>(args);
    TailTile<kRows - 1, kVectors, kEpilogue>(rows, args);
  }
}

template <int kVectors, Epilogue kEpilogue>
HWY_NOINLINE void PanelRows(TileArgs args, int rows) {
  constexpr int kRows = TileRows<kVectors>();
  for (; rows >= kRows; rows -= kRows) {
    Tile<kRows, kVectors, kEpilogue>(args);
    args.a += kRows * args.a_stride;
    args.dst += kRows * args.dst_stride;
    if (args.residual != nullptr) args.residual += kRows * args.dst_stride;
  }
  TailTile<kRows - 1, kVectors, kEpilogue>(rows, args);
}

template <int kVectors, Epilogue kEpilogue>
HWY_INLINE void PanelOfWidth(int vectors, const TileArgs& args, int rows) {
  if constexpr (kVectors > 0) {
    if (vectors == kVectors) return PanelRows<kVectors, kEpilogue>(args, rows);
    PanelOfWidth<kVectors - 1, kEpilogue>(vectors, args, rows);
  }
}

template <Epilogue kEpilogue>
HWY_INLINE void GemmWith(const GemmArgs& args, int row_begin, int row_end, int panel_begin, int panel_end) {
  constexpr int kPanel = kPanelVectors * kLanes;
  // Rows whose inputs stay in the second-level cache while all panels pass.
  constexpr int kCachedFloats = 32 * 1024;
  const int block = std::max(24, kCachedFloats / args.b.depth / 24 * 24);
  for (int row = row_begin; row < row_end; row += block) {
    const int rows = std::min(block, row_end - row);
    for (int p = panel_begin; p < panel_end; ++p) {
      const int column = p * kPanel;
      const int columns = std::min(kPanel, args.b.columns - column);
      const TileArgs tile = {args.a + row * args.a_stride,
                             args.a_stride,
                             args.b.panels + static_cast<size_t>(column) * args.b.depth,
                             args.b.bias + column,
                             args.b.depth,
                             args.dst + row * args.dst_stride + column,
                             args.dst_stride,
                             args.residual == nullptr ? nullptr : args.residual + row * args.dst_stride + column,
                             columns};
      PanelOfWidth<kPanelVectors, kEpilogue>((columns + kLanes - 1) / kLanes, tile, rows);
    }
  }
}

void Gemm(const GemmArgs& args, int row_begin, int row_end, int panel_begin, int panel_end) noexcept {
  switch (args.epilogue) {
    case Epilogue::kNone: return GemmWith<Epilogue::kNone>(args, row_begin, row_end, panel_begin, panel_end);
    case Epilogue::kSwish: return GemmWith<Epilogue::kSwish>(args, row_begin, row_end, panel_begin, panel_end);
    case Epilogue::kRelu6: return GemmWith<Epilogue::kRelu6>(args, row_begin, row_end, panel_begin, panel_end);
    case Epilogue::kSigmoid: return GemmWith<Epilogue::kSigmoid>(args, row_begin, row_end, panel_begin, panel_end);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace frond
HWY_AFTER_NAMESPACE();

#endif  // FROND_SRC_KERNELS_GEMM_GEMM_INL_H_
