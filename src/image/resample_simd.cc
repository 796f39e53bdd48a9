// Compiled once for each instruction set, as src/kernels/simd.cc is
// (docs/decisions/0002-highway-without-libhwy.md).
#include "src/base/simd_targets.h"
#include "src/image/resample_kernels.h"

// Highway's own assertions, on in debug and sanitizer builds, would need libhwy.
#define HWY_IS_DEBUG_BUILD 0

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "src/image/resample_simd.cc"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
// foreach_target comes first.
#include <hwy/highway.h>

#include <cstring>

#include "src/base/isa-inl.h"

HWY_BEFORE_NAMESPACE();
namespace frond {
namespace HWY_NAMESPACE {

#if HWY_TARGET == HWY_SCALAR || HWY_TARGET == HWY_EMU128

// One lane has no blocks of 16 bytes to shuffle, and shuffles that plain C++ emulates take three times the twin's time.
const ResampleKernels& ResampleTable() { return ScalarResampleKernels(); }

#else

namespace hn = hwy::HWY_NAMESPACE;

using D8 = hn::ScalableTag<uint8_t>;
using D16 = hn::Repartition<int16_t, D8>;
using D32 = hn::Repartition<int32_t, D8>;
using V32 = hn::Vec<D32>;

// Constants, since every target built here has vectors of fixed size.
constexpr int kBlocks = HWY_LANES(uint8_t) / 16;
constexpr int kPixels = 4 * kBlocks;  // that a vector holds: four a block
static_assert(kTapAlign % kPixels == 0);
static_assert(HWY_LANES(uint8_t) <= kReadPastBytes);

// A sum of 16-bit products by pairs: lane i of the total is the sum of a[2i] b[2i] + a[2i + 1] b[2i + 1].
struct PairSum {
  V32 even;
  V32 odd;

  // No default member values: an implicit constructor would lack the target's attributes.
  HWY_INLINE void Clear() { even = odd = hn::Zero(D32()); }
  HWY_INLINE void Add(hn::Vec<D16> a, hn::Vec<D16> b) { even = hn::ReorderWidenMulAccumulate(D32(), a, b, even, odd); }
  HWY_INLINE V32 Total() const { return hn::RearrangeToOddPlusEven(even, odd); }
};

HWY_INLINE V32 Joined(const PairSum& high, const PairSum& low) {
  return hn::Add(hn::ShiftLeft<kSplitBits>(high.Total()), low.Total());
}

// The sum of a vector's blocks, lane by lane.
template <class D>
HWY_INLINE auto SumBlocks(D /*d*/, hn::Vec<D> v) {
  if constexpr (MaxLanes(D()) <= 4) {
    return v;
  } else {
    const hn::Half<D> half;
    return SumBlocks(half, hn::Add(hn::LowerHalf(half, v), hn::UpperHalf(half, v)));
  }
}

// In each block four pixels RGB RGB RGB RGB lie in the first 12 bytes; these pick
// (R0 R1) (G0 G1) (B0 B1) and (R2 R3) (G2 G3) (B2 B3) as 16-bit pairs. 0x80 gives 0.
HWY_ALIGN constexpr uint8_t kFirstPair[16] = {0, 0x80, 3, 0x80, 1,    0x80, 4,    0x80,
                                              2, 0x80, 5, 0x80, 0x80, 0x80, 0x80, 0x80};
HWY_ALIGN constexpr uint8_t kSecondPair[16] = {6, 0x80, 9,  0x80, 7,    0x80, 10,   0x80,
                                               8, 0x80, 11, 0x80, 0x80, 0x80, 0x80, 0x80};
// 12 bytes a block: words 0 1 2, 3 4 5, 6 7 8, 9 10 11; each fourth is not used.
HWY_ALIGN constexpr int32_t kSpread[16] = {0, 1, 2, 0, 3, 4, 5, 0, 6, 7, 8, 0, 9, 10, 11, 0};

template <int kRows>
HWY_INLINE void HorizontalRows(const uint8_t* const* src, const AxisWeights& axis, uint8_t* const* dst) {
  const D8 d8;
  const D16 d16;
  const D32 d32;
  const hn::FixedTag<int32_t, 4> block32;
  const hn::FixedTag<int16_t, 8> block16;
  const hn::FixedTag<uint8_t, 8> block8;
  const auto spread = hn::SetTableIndices(d32, kSpread);
  const auto first_pair = hn::LoadDup128(d8, kFirstPair);
  const auto second_pair = hn::LoadDup128(d8, kSecondPair);
  for (int x = 0; x < axis.outputs(); ++x) {
    const Taps taps = axis.taps(x);
    const size_t offset = static_cast<size_t>(taps.first) * 3;
    PairSum high[kRows];
    PairSum low[kRows];
    for (int r = 0; r < kRows; ++r) {
      high[r].Clear();
      low[r].Clear();
    }
    for (int tap = 0; tap < taps.count; tap += kPixels) {
      const auto weights = hn::BitCast(d32, hn::LoadU(d16, taps.split + 2 * tap));
      const auto high_first = hn::BitCast(d16, hn::Broadcast<0>(weights));
      const auto high_second = hn::BitCast(d16, hn::Broadcast<1>(weights));
      const auto low_first = hn::BitCast(d16, hn::Broadcast<2>(weights));
      const auto low_second = hn::BitCast(d16, hn::Broadcast<3>(weights));
      for (int r = 0; r < kRows; ++r) {
        const auto packed = hn::LoadU(d8, src[r] + offset + static_cast<size_t>(tap) * 3);
        const auto bytes = hn::BitCast(d8, hn::TableLookupLanes(hn::BitCast(d32, packed), spread));
        const auto first = hn::BitCast(d16, hn::TableLookupBytesOr0(bytes, first_pair));
        const auto second = hn::BitCast(d16, hn::TableLookupBytesOr0(bytes, second_pair));
        high[r].Add(first, high_first);
        low[r].Add(first, low_first);
        high[r].Add(second, high_second);
        low[r].Add(second, low_second);
      }
    }
    for (int r = 0; r < kRows; ++r) {
      const auto sum = hn::Add(SumBlocks(d32, Joined(high[r], low[r])), hn::Set(block32, 1 << (kPrecisionBits - 1)));
      const auto shifted = hn::ShiftRight<kPrecisionBits>(sum);
      HWY_ALIGN uint8_t pixel[8];
      hn::StoreU(hn::DemoteTo(block8, hn::ReorderDemote2To(block16, shifted, shifted)), block8, pixel);
      std::memcpy(dst[r] + static_cast<size_t>(x) * 3, pixel, 4);  // the fourth is overwritten by the next
    }
  }
}

void Horizontal(const uint8_t* const* src, int rows, const AxisWeights& axis, uint8_t* const* dst) noexcept {
  switch (rows) {
    case 4: return HorizontalRows<4>(src, axis, dst);
    case 3: return HorizontalRows<3>(src, axis, dst);
    case 2: return HorizontalRows<2>(src, axis, dst);
    default: return HorizontalRows<1>(src, axis, dst);
  }
}

void Vertical(const uint8_t* const* rows, const Taps& taps, size_t bytes, uint8_t* dst) noexcept {
  const D16 d16;
  const D32 d32;
  const hn::Rebind<uint8_t, D16> d8;
  constexpr size_t kStep = HWY_LANES(int16_t);
  const auto half = hn::Set(d32, 1 << (kPrecisionBits - 1));
  size_t i = 0;
  for (; i + kStep <= bytes; i += kStep) {
    PairSum high_lower;
    PairSum low_lower;
    PairSum high_upper;
    PairSum low_upper;
    for (PairSum* sum : {&high_lower, &low_lower, &high_upper, &low_upper}) sum->Clear();
    for (int tap = 0; tap < taps.count; tap += 2) {
      const int16_t* split = taps.split + tap / 4 * 8 + tap % 4;
      int32_t pairs[2];  // two high halves, two low halves
      std::memcpy(&pairs[0], split, 4);
      std::memcpy(&pairs[1], split + 4, 4);
      const auto high = hn::BitCast(d16, hn::Set(d32, pairs[0]));
      const auto low = hn::BitCast(d16, hn::Set(d32, pairs[1]));
      const auto a = hn::PromoteTo(d16, hn::LoadU(d8, rows[tap] + i));
      // Past the last tap the weight is 0: any row will do.
      const auto b = hn::PromoteTo(d16, hn::LoadU(d8, rows[std::min(tap + 1, taps.count - 1)] + i));
      const auto lower = hn::InterleaveLower(d16, a, b);
      const auto upper = hn::InterleaveUpper(d16, a, b);
      high_lower.Add(lower, high);
      low_lower.Add(lower, low);
      high_upper.Add(upper, high);
      low_upper.Add(upper, low);
    }
    const auto lower = hn::ShiftRight<kPrecisionBits>(hn::Add(Joined(high_lower, low_lower), half));
    const auto upper = hn::ShiftRight<kPrecisionBits>(hn::Add(Joined(high_upper, low_upper), half));
    // Interleaving and packing both work by blocks of 128 bits, so that the order is the source's again.
    hn::StoreU(hn::DemoteTo(d8, hn::ReorderDemote2To(d16, lower, upper)), d8, dst + i);
  }
  for (; i < bytes; ++i) {
    int32_t sum = 1 << (kPrecisionBits - 1);
    for (int t = 0; t < taps.count; ++t) sum += rows[t][i] * taps.weights[t];
    dst[i] = ClipToByte(sum);
  }
}

const ResampleKernels& ResampleTable() {
  static constexpr ResampleKernels kTable = {kIsa, Horizontal, Vertical};
  return kTable;
}

#endif  // HWY_TARGET == HWY_SCALAR || HWY_TARGET == HWY_EMU128

}  // namespace HWY_NAMESPACE
}  // namespace frond
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace frond {

const ResampleKernels& ResampleKernelsFor(Isa isa) {
  switch (isa) {
#if HWY_TARGETS & HWY_AVX3
    case Isa::kAvx512:
    case Isa::kAvx512Bf16: return N_AVX3::ResampleTable();
#endif
#if HWY_TARGETS & HWY_AVX2
    case Isa::kAvx2: return N_AVX2::ResampleTable();
#endif
    case Isa::kScalar: return ScalarResampleKernels();
    default: return HWY_STATIC_DISPATCH(ResampleTable)();  // portable, NEON, WASM: what every CPU of this build has
  }
}

}  // namespace frond
#endif  // HWY_ONCE
