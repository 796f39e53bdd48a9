#ifndef FROND_SRC_TRAIN_SYNC_BATCH_NORM_H_
#define FROND_SRC_TRAIN_SYNC_BATCH_NORM_H_

#include "src/train/norm_activation.h"
#include "src/train/peers.h"
#include "src/train/torch.h"

namespace frond {

// torch::batch_norm in training, over the batches of all processes of `norm.shared` together, on any device: the same
// outputs, gradients and running statistics in each, the variance of `running_var` unbiased, as if one process had all
// rows. What BatchNormActivation does where that takes x.
torch::Tensor SyncBatchNorm(const torch::Tensor& x, const BatchNormState& norm);

}  // namespace frond

#endif  // FROND_SRC_TRAIN_SYNC_BATCH_NORM_H_
