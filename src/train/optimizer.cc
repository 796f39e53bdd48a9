#include "src/train/optimizer.h"

#include <cmath>
#include <utility>

#include "src/base/format.h"
#include "src/train/update.h"

namespace frond {

Optimizer::Optimizer(Module& module, const OptimizerOptions& options) : module_(module), options_(options) {
  state_.resize(module.tensors().size());
}

std::vector<torch::Tensor>& Optimizer::Slots(size_t tensor) {
  std::vector<torch::Tensor>& slots = state_[tensor];
  if (!slots.empty()) return slots;
  const torch::Tensor zeros = torch::zeros_like(module_.tensors()[tensor].value.detach());
  slots.push_back(zeros);
  if (options_.rule == "adamw") {
    slots.push_back(zeros.clone());
    slots.push_back(torch::zeros({1}));
  } else if (options_.rule == "rmsprop") {
    slots.push_back(torch::ones_like(zeros));
  }
  return slots;
}

void Optimizer::ZeroGradients() {
  for (const ModuleTensor& tensor : module_.tensors()) tensor.value.mutable_grad() = torch::Tensor();
}

double Optimizer::ClipGradients(double largest, double scale) {
  const torch::NoGradGuard no_grad;
  double sum = 0;
  for (const ModuleTensor& tensor : module_.tensors()) {
    const torch::Tensor& gradient = tensor.value.grad();
    if (gradient.defined()) sum += std::pow(gradient.norm().item<double>(), 2);
  }
  const double norm = std::sqrt(sum) / scale;
  gradient_factor_ = (largest > 0 && norm > largest ? largest / norm : 1) / scale;
  return norm;
}

void Optimizer::Step(double lr) {
  const torch::NoGradGuard no_grad;
  ++steps_;
  const double factor = std::exchange(gradient_factor_, 1.0);
  for (size_t i = 0; i < state_.size(); ++i) {
    torch::Tensor& value = module_.tensors()[i].value;
    if (!value.grad().defined() || !value.requires_grad()) continue;
    const double keep = value.dim() > 1 ? 1 - lr * options_.weight_decay : 1;
    std::vector<torch::Tensor>& slots = Slots(i);
    if (options_.rule == "adamw") {
      const double steps = *slots[2].data_ptr<float>() += 1;
      const AdamWStep step = {factor, keep, lr / (1 - std::pow(kAdamBeta1, steps)),
                              1 / std::sqrt(1 - std::pow(kAdamBeta2, steps))};
      UpdateByAdamW(step, value.grad(), slots[0], slots[1], value);
      continue;
    }
    const torch::Tensor gradient = factor == 1 ? value.grad() : value.grad() * factor;
    if (keep != 1) value.mul_(keep);
    if (options_.rule == "sgd") {
      slots[0].mul_(options_.momentum).add_(gradient);
      value.add_(slots[0], -lr);
    } else {
      constexpr double kDecay = 0.9;
      constexpr double kEpsilon = 1e-3;
      slots[1].mul_(kDecay).addcmul_(gradient, gradient, 1 - kDecay);
      slots[0].mul_(options_.momentum).addcdiv_(gradient, (slots[1] + kEpsilon).sqrt_(), lr);
      value.sub_(slots[0]);
    }
  }
}

std::vector<std::pair<std::string, torch::Tensor>> Optimizer::State() {
  std::vector<std::pair<std::string, torch::Tensor>> all;
  for (size_t i = 0; i < state_.size(); ++i) {
    if (!module_.tensors()[i].value.requires_grad()) continue;
    const std::vector<torch::Tensor>& slots = Slots(i);
    for (size_t slot = 0; slot < slots.size(); ++slot) {
      all.emplace_back(StrCat(module_.tensors()[i].name, ".", slot), slots[slot]);
    }
  }
  return all;
}

}  // namespace frond
