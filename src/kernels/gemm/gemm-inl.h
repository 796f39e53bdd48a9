// Matrix product with packed weights: a register tile of kRows x kVectors
// vectors, streamed over K. Included again for each target.
#if defined(FROND_SRC_KERNELS_GEMM_GEMM_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef FROND_SRC_KERNELS_GEMM_GEMM_INL_H_
#undef FROND_SRC_KERNELS_GEMM_GEMM_INL_H_
#else
#define FROND_SRC_KERNELS_GEMM_GEMM_INL_H_
#endif

#include <algorithm>
#include <cmath>

#include <hwy/highway.h>

#include "src/kernels/vector-inl.h"

HWY_BEFORE_NAMESPACE();
namespace frond {
namespace HWY_NAMESPACE {

// Rows of the largest tile: accumulators, one panel row and one broadcast fill
// the registers (16 of them: 4 x 3; 32: 9 x 3, 14 x 2). Under sanitizers, which take minutes over tiles so large, four.
template <int kVectors>
constexpr int TileRows() {
  constexpr int kMost = HWY_IS_ASAN || HWY_IS_TSAN ? 4 : 14;
  constexpr int kRows = (kRegisters - kVectors - 1) / kVectors;
  return kRows > kMost ? kMost : kRows;
}

constexpr size_t kLineFloats = 16;

// Weights pass through the caches once an image: the next ones are fetched from memory while these are used.
HWY_INLINE void PrefetchToL2(const float* p) {
#if HWY_COMPILER_GCC || HWY_COMPILER_CLANG
  __builtin_prefetch(p, 0, 2);
#else
  (void)p;
#endif
}

struct TileArgs {
  const float* a;
  size_t a_stride;
  size_t segment;
  size_t segment_step;
  const float* a_last;  // of the first row, in the last segment
  size_t last_stride;
  const float* panel;
  const float* bias;
  int depth;
  float* dst;
  size_t dst_stride;
  const float* residual;
  float* sums;
  int columns;  // of this panel that exist; less than kVectors vectors only in the last one
  Epilogue epilogue;
  const float* prefetch;      // weights that are used soon: a line each step of K
  const float* prefetch_end;  // the last line worth asking for
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

// What happens to a tile's sums, `rows` x `vectors` vectors at `raw`: activated, then stored, or added up in
// args.sums where there is no dst. Once for all tiles: unrolled in each, it would be most of the program.
template <Epilogue kEpilogue>
HWY_NOINLINE void FinishTile(const TileArgs& args, const float* HWY_RESTRICT raw, int rows, int vectors) {
  const D d;
  const size_t raw_stride = static_cast<size_t>(vectors) * kLanes;
  if (args.dst == nullptr) {
    for (int j = 0; j < vectors; ++j) {
      V total = hn::Load(d, args.sums + j * kLanes);
      for (int i = 0; i < rows; ++i) {
        total = hn::Add(total, Apply<kEpilogue>(hn::Load(d, raw + i * raw_stride + j * kLanes)));
      }
      hn::Store(total, d, args.sums + j * kLanes);
    }
    return;
  }
  for (int i = 0; i < rows; ++i, raw += raw_stride) {
    float* dst = args.dst + i * args.dst_stride;
    const float* residual = args.residual == nullptr ? nullptr : args.residual + i * args.dst_stride;
    for (int j = 0; j < vectors; ++j) {
      const int at = j * kLanes;
      StoreColumns(Apply<kEpilogue>(hn::Load(d, raw + at)), residual == nullptr ? nullptr : residual + at, dst + at,
                   args.columns - at);
    }
  }
}

HWY_INLINE void FinishTileWith(const TileArgs& args, const float* raw, int rows, int vectors) {
  switch (args.epilogue) {
    case Epilogue::kNone: return FinishTile<Epilogue::kNone>(args, raw, rows, vectors);
    case Epilogue::kSwish: return FinishTile<Epilogue::kSwish>(args, raw, rows, vectors);
    case Epilogue::kRelu6: return FinishTile<Epilogue::kRelu6>(args, raw, rows, vectors);
    case Epilogue::kSigmoid: return FinishTile<Epilogue::kSigmoid>(args, raw, rows, vectors);
  }
}

// Sums that only need a range and whole vectors go from registers to memory; the others through a copy.
template <int kRows, int kVectors>
HWY_INLINE void FinishSums(const TileArgs& args, const V (&sums)[kRows][kVectors]) {
  const D d;
  const bool clamped = args.epilogue == Epilogue::kNone || args.epilogue == Epilogue::kRelu6;
  if (clamped && args.dst != nullptr && args.columns >= kVectors * kLanes) {
    const V low = hn::Set(d, args.epilogue == Epilogue::kRelu6 ? 0.0f : -HUGE_VALF);
    const V high = hn::Set(d, args.epilogue == Epilogue::kRelu6 ? 6.0f : HUGE_VALF);
    const bool adds = args.residual != nullptr;
#pragma GCC unroll 16
    for (int i = 0; i < kRows; ++i) {
#pragma GCC unroll 4
      for (int j = 0; j < kVectors; ++j) {
        const size_t at = static_cast<size_t>(i) * args.dst_stride + j * kLanes;
        V value = hn::Min(hn::Max(sums[i][j], low), high);
        if (adds) value = hn::Add(value, hn::LoadU(d, args.residual + at));
        hn::StoreU(value, d, args.dst + at);
      }
    }
    return;
  }
  HWY_ALIGN float raw[kRows * kVectors * kLanes];
#pragma GCC unroll 16
  for (int i = 0; i < kRows; ++i) {
#pragma GCC unroll 4
    for (int j = 0; j < kVectors; ++j) hn::Store(sums[i][j], d, raw + (i * kVectors + j) * kLanes);
  }
  FinishTileWith(args, raw, kRows, kVectors);
}

// The loops over the tile are unrolled by request: one that stays a loop keeps all sums in memory, at half the speed.
template <int kRows, int kVectors>
HWY_INLINE void Tile(const TileArgs& args) {
  const D d;
  V sums[kRows][kVectors];
#pragma GCC unroll 4
  for (int j = 0; j < kVectors; ++j) {
    const V bias = hn::LoadU(d, args.bias + j * kLanes);
#pragma GCC unroll 16
    for (int i = 0; i < kRows; ++i) sums[i][j] = bias;
  }
  const float* HWY_RESTRICT panel = args.panel;
  const float* prefetch = args.prefetch;
  const float* HWY_RESTRICT segment_start = args.a;
  size_t left = static_cast<size_t>(args.depth);
  while (left > 0) {
    const bool last = left <= args.segment;
    const size_t count = last ? left : args.segment;
    const size_t a_stride = last ? args.last_stride : args.a_stride;
    const float* HWY_RESTRICT a = last ? args.a_last : segment_start;
    for (size_t k = 0; k < count; ++k) {
      V b[kVectors];
#pragma GCC unroll 4
      for (int j = 0; j < kVectors; ++j) b[j] = hn::LoadU(d, panel + j * kLanes);
      panel += kVectors * kLanes;
      PrefetchToL2(prefetch);
      prefetch += kLineFloats;
#pragma GCC unroll 16
      for (int i = 0; i < kRows; ++i) {
        const V broadcast = hn::Set(d, a[i * a_stride]);
#pragma GCC unroll 4
        for (int j = 0; j < kVectors; ++j) sums[i][j] = hn::MulAdd(broadcast, b[j], sums[i][j]);
      }
      ++a;
    }
    left -= count;
    segment_start += args.segment_step;
  }
  FinishSums<kRows, kVectors>(args, sums);
}

// Up to kRows rows.
template <int kRows, int kVectors>
HWY_INLINE void TileOf(int rows, const TileArgs& args) {
  if constexpr (kRows > 0) {
    if (rows == kRows) return Tile<kRows, kVectors>(args);
    TileOf<kRows - 1, kVectors>(rows, args);
  }
}

// As few tiles as the registers allow, all nearly of one height.
template <int kVectors>
HWY_NOINLINE void PanelRows(TileArgs args, int rows) {
  constexpr int kMost = TileRows<kVectors>();
  for (int tiles = (rows + kMost - 1) / kMost; tiles > 0; --tiles) {
    const int height = (rows + tiles - 1) / tiles;
    TileOf<kMost, kVectors>(height, args);
    rows -= height;
    args.prefetch = std::min(args.prefetch + args.depth * kLineFloats, args.prefetch_end);
    args.a += height * args.a_stride;
    args.a_last += height * args.last_stride;
    if (args.dst == nullptr) continue;
    args.dst += height * args.dst_stride;
    if (args.residual != nullptr) args.residual += height * args.dst_stride;
  }
}

template <int kVectors>
HWY_INLINE void PanelOfWidth(int vectors, const TileArgs& args, int rows) {
  if constexpr (kVectors > 0) {
    if (vectors == kVectors) return PanelRows<kVectors>(args, rows);
    PanelOfWidth<kVectors - 1>(vectors, args, rows);
  }
}

// A single row with many columns waits for its own sums and for memory: four
// partial sums for each vector.
template <int kVectors>
HWY_NOINLINE void RowPanel(const TileArgs& args) {
  constexpr int kParts = 4;
  const D d;
  V sums[kParts][kVectors];
#pragma GCC unroll 4
  for (int j = 0; j < kVectors; ++j) {
    sums[0][j] = hn::LoadU(d, args.bias + j * kLanes);
    for (int part = 1; part < kParts; ++part) sums[part][j] = hn::Zero(d);
  }
  const float* HWY_RESTRICT panel = args.panel;
  int k = 0;
  for (; k + kParts <= args.depth; k += kParts) {
#pragma GCC unroll 4
    for (int part = 0; part < kParts; ++part) {
      const V broadcast = hn::Set(d, args.a[k + part]);
#pragma GCC unroll 4
      for (int j = 0; j < kVectors; ++j) {
        sums[part][j] = hn::MulAdd(broadcast, hn::LoadU(d, panel + j * kLanes), sums[part][j]);
      }
      panel += kVectors * kLanes;
    }
  }
  for (; k < args.depth; ++k) {
    const V broadcast = hn::Set(d, args.a[k]);
#pragma GCC unroll 4
    for (int j = 0; j < kVectors; ++j) {
      sums[0][j] = hn::MulAdd(broadcast, hn::LoadU(d, panel + j * kLanes), sums[0][j]);
    }
    panel += kVectors * kLanes;
  }
  HWY_ALIGN float raw[kVectors * kLanes];
#pragma GCC unroll 4
  for (int j = 0; j < kVectors; ++j) {
    hn::Store(hn::Add(hn::Add(sums[0][j], sums[1][j]), hn::Add(sums[2][j], sums[3][j])), d, raw + j * kLanes);
  }
  FinishTileWith(args, raw, 1, kVectors);
}

template <int kVectors>
HWY_INLINE void RowPanelOfWidth(int vectors, const TileArgs& args) {
  if constexpr (kVectors > 0) {
    if (vectors == kVectors) return RowPanel<kVectors>(args);
    RowPanelOfWidth<kVectors - 1>(vectors, args);
  }
}

void Gemm(const GemmArgs& args, int row_begin, int row_end, int panel_begin, int panel_end) noexcept {
  constexpr int kPanel = kPanelVectors * kLanes;
  const D d;
  const size_t depth = static_cast<size_t>(args.b.depth);
  const size_t segment = args.a_segment == 0 ? depth : args.a_segment;
  const size_t panel_step = args.dst_panel_step == 0 ? kPanel : args.dst_panel_step;
  const int rows = row_end - row_begin;
  HWY_ALIGN float totals[kPanel];
  for (int p = panel_begin; p < panel_end; ++p) {
    const int column = p * kPanel;
    const int columns = std::min(kPanel, args.b.columns - column);
    const int vectors = (columns + kLanes - 1) / kLanes;
    const size_t dst_at = row_begin * args.dst_stride + static_cast<size_t>(p - panel_begin) * panel_step;
    const size_t panel_floats = static_cast<size_t>(vectors * kLanes) * depth;
    const float* panel_end_at = args.b.panels + static_cast<size_t>(column) * depth + panel_floats;
    const float* prefetch = panel_end_at + std::min(args.prefetched, panel_floats);
    const size_t last_stride = args.a_last_stride == 0 ? args.a_stride : args.a_last_stride;
    const size_t last_at = (depth - 1) / segment * args.a_segment_step;
    const TileArgs tile = {args.a + row_begin * args.a_stride,
                           args.a_stride,
                           segment,
                           args.a_segment_step,
                           args.a + last_at + row_begin * last_stride,
                           last_stride,
                           args.b.panels + static_cast<size_t>(column) * depth,
                           args.b.bias + column,
                           args.b.depth,
                           args.dst == nullptr ? nullptr : args.dst + dst_at,
                           args.dst_stride,
                           args.residual == nullptr ? nullptr : args.residual + dst_at,
                           totals,
                           columns,
                           args.epilogue,
                           prefetch,
                           panel_end_at + panel_floats};
    if (args.dst == nullptr) {
      for (int j = 0; j < vectors; ++j) hn::Store(hn::Zero(d), d, totals + j * kLanes);
      PanelOfWidth<kPanelVectors>(vectors, tile, rows);
      float* sums = args.sums + static_cast<size_t>(p - panel_begin) * kPanel;
      for (int j = 0; j < vectors; ++j) {
        const V sum = hn::Mul(hn::Load(d, totals + j * kLanes), hn::Set(d, args.factor));
        StoreColumns(sum, nullptr, sums + j * kLanes, columns - j * kLanes);
      }
    } else if (args.a_stride == 0) {
      RowPanelOfWidth<kPanelVectors>(vectors, tile);
    } else {
      PanelOfWidth<kPanelVectors>(vectors, tile, rows);
    }
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace frond
HWY_AFTER_NAMESPACE();

#endif  // FROND_SRC_KERNELS_GEMM_GEMM_INL_H_
