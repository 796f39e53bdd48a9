#ifndef FROND_SRC_TRAIN_COMPUTE_H_
#define FROND_SRC_TRAIN_COMPUTE_H_

#include <string>

#include "frond/result.h"
#include "src/train/torch.h"

namespace frond {

// Where the trained part of a network is computed, and in which numbers.
struct Compute {
  torch::Device device = torch::kCPU;
  // Of convolutions, linear layers and the maps between them. Weights, what norms sum up, the loss, the optimizer and
  // the average are float32 whatever it is (Micikevicius et al. 2018).
  torch::ScalarType type = torch::kFloat32;
};

// What libtorch can do on this machine.
struct ComputeOffer {
  bool cuda = false;
  bool half_on_cpu = false;  // a convolution and its norm, with gradients: from libtorch 2.x on
};
ComputeOffer OfferedHere();

// `device`: auto (a CUDA GPU where there is one), cpu or cuda; `precision`: fp32, bf16 or fp16. Errors: kUnsupported
// for what is not offered.
Result<Compute> ChooseCompute(const std::string& device, const std::string& precision, const ComputeOffer& offer);

// "cpu, bf16"
std::string ComputeText(const Compute& compute);

}  // namespace frond

#endif  // FROND_SRC_TRAIN_COMPUTE_H_
