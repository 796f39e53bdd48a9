#ifndef FROND_SRC_TRAIN_NORM_ACTIVATION_KERNELS_H_
#define FROND_SRC_TRAIN_NORM_ACTIVATION_KERNELS_H_

#include <cstdint>

#include "frond/spec.h"
#include "src/base/isa.h"

namespace frond {

// A batch-norm and the activation behind it, y = f(z), z = scale x + offset, over pixels P x channels C (NHWC),
// float32. Passes over a map are what they cost: each reads x, and dy, once, and z is computed again rather than kept.
struct NormActivation {
  Activation activation = Activation::kNone;
  const float* scale = nullptr;   // C
  const float* offset = nullptr;  // C
  const float* mean = nullptr;    // C; of x, for the gradients
  int channels = 0;
};

// At most so many pixels go into one sum in float32; callers add such sums up in float64.
constexpr int64_t kPixelsPerSum = 128;

// Sums over at most kPixelsPerSum pixels: sums[0][c] of x - shift, sums[1][c] of its squares.
void ChannelSums(Isa isa, const float* x, int64_t pixels, int channels, const float* shift, float* sums);

// y = f(scale x + offset).
void NormActivate(Isa isa, const NormActivation& norm, const float* x, int64_t pixels, float* y);

// With g = dy f'(z), over at most kPixelsPerSum pixels: sums[0][c] of g, sums[1][c] of g (x - mean). ReLU6 passes
// nothing on at its kinks, as torch's.
void NormActivationSums(Isa isa, const NormActivation& norm, const float* x, const float* dy, int64_t pixels,
                        float* sums);

// dx = scale g + slope (x - mean) + shift; slope and shift of each channel.
void NormActivationGradient(Isa isa, const NormActivation& norm, const float* x, const float* dy, int64_t pixels,
                            const float* slope, const float* shift, float* dx);

}  // namespace frond

#endif  // FROND_SRC_TRAIN_NORM_ACTIVATION_KERNELS_H_
