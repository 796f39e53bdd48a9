#ifndef FROND_SRC_TRAIN_DEPTHWISE_CONV_H_
#define FROND_SRC_TRAIN_DEPTHWISE_CONV_H_

#include "src/train/torch.h"

namespace frond {

// torch::conv2d of x, N x C x H x W, with C filters of one channel, without bias, in x's type. On the CPU the gradient
// of float32 filters is our own kernel's, summed in float32 whatever x's type is: oneDNN (2.6 and before; measured in
// bench/train) takes it as a product of whole blocks of channels, ten times the work.
torch::Tensor DepthwiseConv2d(const torch::Tensor& x, const torch::Tensor& weight, int64_t stride, int64_t padding);

}  // namespace frond

#endif  // FROND_SRC_TRAIN_DEPTHWISE_CONV_H_
