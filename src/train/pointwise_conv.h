#ifndef FROND_SRC_TRAIN_POINTWISE_CONV_H_
#define FROND_SRC_TRAIN_POINTWISE_CONV_H_

#include "src/train/torch.h"

namespace frond {

// torch::conv2d of x, N x C x H x W, with filters of one pixel; `bias` may be undefined. Always oneDNN's where libtorch
// has no fast BLAS: with one thread and fewer than 16 photos libtorch takes a plain matrix product instead, which with
// Debian's reference BLAS takes 28 times as long (11 maps of 192 x 7 x 7 to 1152 channels: 79 and 2.7 ms).
torch::Tensor PointwiseConv2d(const torch::Tensor& x, const torch::Tensor& weight, const torch::Tensor& bias);

}  // namespace frond

#endif  // FROND_SRC_TRAIN_POINTWISE_CONV_H_
