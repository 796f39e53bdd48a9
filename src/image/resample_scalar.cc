#include "src/image/resample_kernels.h"

namespace frond {
namespace {

constexpr int32_t kHalf = 1 << (kPrecisionBits - 1);

void Horizontal(const uint8_t* const* src, int rows, const AxisWeights& axis, uint8_t* const* dst) noexcept {
  for (int x = 0; x < axis.outputs(); ++x) {
    const Taps taps = axis.taps(x);
    for (int r = 0; r < rows; ++r) {
      const uint8_t* pixel = src[r] + static_cast<size_t>(taps.first) * 3;
      int32_t sums[3] = {kHalf, kHalf, kHalf};
      for (int i = 0; i < taps.count; ++i, pixel += 3) {
        for (int c = 0; c < 3; ++c) sums[c] += pixel[c] * taps.weights[i];
      }
      for (int c = 0; c < 3; ++c) dst[r][static_cast<size_t>(x) * 3 + c] = ClipToByte(sums[c]);
    }
  }
}

void Vertical(const uint8_t* const* rows, const Taps& taps, size_t bytes, uint8_t* dst) noexcept {
  for (size_t i = 0; i < bytes; ++i) {
    int32_t sum = kHalf;
    for (int t = 0; t < taps.count; ++t) sum += rows[t][i] * taps.weights[t];
    dst[i] = ClipToByte(sum);
  }
}

}  // namespace

const ResampleKernels& ScalarResampleKernels() {
  static constexpr ResampleKernels kTable = {Isa::kScalar, Horizontal, Vertical};
  return kTable;
}

}  // namespace frond
