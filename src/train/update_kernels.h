#ifndef FROND_SRC_TRAIN_UPDATE_KERNELS_H_
#define FROND_SRC_TRAIN_UPDATE_KERNELS_H_

#include <cstdint>

#include "src/base/isa.h"

namespace frond {

// What a step does to each weight once its gradient is there, float32, each array read and written once: as a sequence
// of tensor operations, AdamW is nine passes over the weights and as many calls a tensor.

// A step of AdamW (Loshchilov & Hutter 2019): betas 0.9 and 0.999, epsilon 1e-8.
struct AdamWStep {
  double gradient_scale = 1;
  double keep = 1;        // 1 - learning rate * weight decay
  double rate = 0;        // learning rate / (1 - 0.9^steps)
  double root_scale = 1;  // 1 / sqrt(1 - 0.999^steps)
};
inline constexpr double kAdamBeta1 = 0.9;
inline constexpr double kAdamBeta2 = 0.999;
inline constexpr double kAdamEpsilon = 1e-8;

void UpdateByAdamW(Isa isa, const AdamWStep& step, const float* gradient, int64_t count, float* momentum,
                   float* mean_square, float* value);

// average += weight (value - average)
void UpdateAverage(Isa isa, float weight, const float* value, int64_t count, float* average);

}  // namespace frond

#endif  // FROND_SRC_TRAIN_UPDATE_KERNELS_H_
