#include "src/train/compute.h"

#include "src/base/format.h"

namespace frond {
namespace {

// libtorch has no table of what a type can do on a device: it is tried.
bool HalfWorksOnCpu() {
  try {
    const torch::Tensor x = torch::ones({2, 4, 4, 4}, torch::kHalf);
    const torch::Tensor filters = torch::ones({4, 4, 1, 1}, torch::kHalf).set_requires_grad(true);
    const torch::Tensor ones = torch::ones({4});
    const torch::Tensor y = torch::batch_norm(torch::conv2d(x, filters), ones, ones, ones.clone(), ones.clone(),
                                              /*training=*/true, 0.1, 1e-3, /*cudnn_enabled=*/false);
    torch::silu(y).sum().backward();
    return true;
  } catch (const c10::Error&) {
    return false;
  }
}

}  // namespace

ComputeOffer OfferedHere() { return {.cuda = at::globalContext().hasCUDA(), .half_on_cpu = HalfWorksOnCpu()}; }

Result<Compute> ChooseCompute(const std::string& device, const std::string& precision, const ComputeOffer& offer) {
  if (device == "cuda" && !offer.cuda) {
    return Error{ErrorCode::kUnsupported, "--device cuda, and libtorch finds no CUDA GPU here",
                 "give --device cpu, or build frond-train with a libtorch for CUDA on a machine with its driver"};
  }
  Compute compute;
  if (device != "cpu" && offer.cuda) compute.device = torch::kCUDA;
  if (precision == "bf16") compute.type = torch::kBFloat16;
  if (precision == "fp16") compute.type = torch::kHalf;
  if (compute.type == torch::kHalf && compute.device.is_cpu() && !offer.half_on_cpu) {
    return Error{ErrorCode::kUnsupported,
                 "--precision fp16, and this libtorch has no half-precision convolutions on the CPU",
                 "give --precision bf16, or --device cuda where there is a GPU"};
  }
  return compute;
}

std::string ComputeText(const Compute& compute) {
  const char* type = compute.type == torch::kHalf ? "fp16" : compute.type == torch::kBFloat16 ? "bf16" : "fp32";
  return StrCat(compute.device.is_cuda() ? "cuda" : "cpu", ", ", type);
}

}  // namespace frond
