#ifndef FROND_SRC_TRAIN_GRAD_CHECKPOINT_H_
#define FROND_SRC_TRAIN_GRAD_CHECKPOINT_H_

#include <functional>

#include "src/train/torch.h"

namespace frond {

// A part of a network, from its input to its output. `again`: the same is computed once more, and what the first time
// moved (running statistics) is to stay.
using Recomputable = std::function<torch::Tensor(const torch::Tensor& x, bool again)>;

// part(x, false), of which nothing is kept but x: the backward pass computes it again, under the random numbers that
// the first time drew, and goes on from there (Chen et al. 2016). `part` and the leaves it reads must live until then;
// their gradients are accumulated as usual, with the bits that they would have had. Without a gradient to compute,
// part(x, false) itself.
torch::Tensor CheckpointGradients(const torch::Tensor& x, Recomputable part);

}  // namespace frond

#endif  // FROND_SRC_TRAIN_GRAD_CHECKPOINT_H_
