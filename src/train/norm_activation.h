#ifndef FROND_SRC_TRAIN_NORM_ACTIVATION_H_
#define FROND_SRC_TRAIN_NORM_ACTIVATION_H_

#include "frond/spec.h"
#include "src/train/shared_batch.h"
#include "src/train/torch.h"

namespace frond {

// Tensors and numbers of a batch-norm, as torch::batch_norm takes them.
struct BatchNormState {
  torch::Tensor weight;
  torch::Tensor bias;
  torch::Tensor running_mean;
  torch::Tensor running_var;
  bool batch = false;  // statistics of the batch, which move the running ones by `momentum`; else the running ones
  double momentum = 0;
  double epsilon = 0;
  // The batch whose statistics are meant: that of all processes together, where it has peers. The gradients of weight
  // and bias are of the own rows; their sum over the processes is the batch's.
  SharedBatch shared = {};
};

// Whether BatchNormActivation takes such a map: float32 on the CPU.
bool TakesBatchNormActivation(const torch::Tensor& x);

// torch::batch_norm of x, N x C x H x W, and the activation behind it, in one function whose backward pass computes the
// activation's input again from x. What torch keeps of the norm, its output, is not kept, and a map passes through
// memory 6 times forwards and backwards where torch's own functions take 12 (ReLU6) or 14 (swish). The same bits for
// any number of threads. With peers, one sum over the processes forward, of 2 C + 1 numbers, and one backward, of 2 C.
torch::Tensor BatchNormActivation(const torch::Tensor& x, const BatchNormState& norm, Activation activation);

}  // namespace frond

#endif  // FROND_SRC_TRAIN_NORM_ACTIVATION_H_
