#ifndef FROND_SRC_TRAIN_SYNC_BATCH_NORM_H_
#define FROND_SRC_TRAIN_SYNC_BATCH_NORM_H_

#include "src/train/peers.h"
#include "src/train/torch.h"

namespace frond {

struct BatchNormOptions {
  double momentum = 0.1;
  double epsilon = 1e-5;
  bool counts = true;  // false: x only stands in for photos, of which this process has none
};

// torch::batch_norm in training, over the batches of all processes together: the same outputs, gradients and running
// statistics in each, the variance of `running_variance` unbiased, as if one process had all rows. The gradients of
// weight and bias are of the own rows; their sum over the processes is the batch's. One sum over the processes forward,
// of 2 C + 1 numbers, and one backward, of 2 C.
torch::Tensor SyncBatchNorm(const torch::Tensor& x, const torch::Tensor& weight, const torch::Tensor& bias,
                            const torch::Tensor& running_mean, const torch::Tensor& running_variance, Peers& peers,
                            const BatchNormOptions& options);

}  // namespace frond

#endif  // FROND_SRC_TRAIN_SYNC_BATCH_NORM_H_
