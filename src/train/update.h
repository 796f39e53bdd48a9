#ifndef FROND_SRC_TRAIN_UPDATE_H_
#define FROND_SRC_TRAIN_UPDATE_H_

#include "src/train/torch.h"
#include "src/train/update_kernels.h"

namespace frond {

// The kernels' updates on tensors of one shape: float32 of the CPU by the kernels, all else by libtorch's operations.

// `gradient` may lie in memory in another order than the three others, which are of one order.
void UpdateByAdamW(const AdamWStep& step, const torch::Tensor& gradient, torch::Tensor& momentum,
                   torch::Tensor& mean_square, torch::Tensor& value);

void UpdateAverage(double weight, const torch::Tensor& value, torch::Tensor& average);

}  // namespace frond

#endif  // FROND_SRC_TRAIN_UPDATE_H_
