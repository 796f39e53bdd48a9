#ifndef FROND_SRC_IMAGE_RESAMPLE_KERNELS_H_
#define FROND_SRC_IMAGE_RESAMPLE_KERNELS_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "src/base/isa.h"
#include "src/image/axis_weights.h"

namespace frond {

constexpr int kMaxRows = 4;            // that one call of `horizontal` takes
constexpr size_t kReadPastBytes = 64;  // `horizontal` may read so far past the end of a row, whatever is there
constexpr size_t kWritePastBytes = 1;  // and write so far past the end of its output

// The two passes of a resize, for 8-bit RGB without gaps. Integer arithmetic:
// every table gives the scalar one's bytes.
struct ResampleKernels {
  Isa isa = Isa::kScalar;

  // dst[r][3 x + c] = clip(sum over the taps of x), for each of `rows` rows, 1 to kMaxRows.
  void (*horizontal)(const uint8_t* const* src, int rows, const AxisWeights& axis,
                     uint8_t* const* dst) noexcept = nullptr;

  // dst[i] = clip(sum over the taps of rows[t][i]), for i < bytes. `rows` are the tap's own, taps.first is not added.
  void (*vertical)(const uint8_t* const* rows, const Taps& taps, size_t bytes, uint8_t* dst) noexcept = nullptr;
};

// A sum that includes the rounding half, to 0 to 255.
inline uint8_t ClipToByte(int32_t sum) { return static_cast<uint8_t>(std::clamp(sum >> kPrecisionBits, 0, 255)); }

const ResampleKernels& ScalarResampleKernels();

// The table for an instruction set that AvailableIsas() lists.
const ResampleKernels& ResampleKernelsFor(Isa isa);

}  // namespace frond

#endif  // FROND_SRC_IMAGE_RESAMPLE_KERNELS_H_
