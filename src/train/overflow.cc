#include "src/train/overflow.h"

#include <cmath>
#include <vector>

#include "src/base/format.h"

namespace frond {
namespace {

bool BelongsTo(const ModuleTensor& tensor, const std::string& layer) {
  return tensor.name == layer || tensor.name.starts_with(layer + ".");
}

}  // namespace

bool AllFinite(const torch::Tensor& values) { return values.isfinite().all().item<bool>(); }

std::string FirstOverflow(Module& module, const std::function<void()>& forward) {
  const torch::NoGradGuard no_grad;
  std::string first;
  module.Observe([&](const std::string& layer, const torch::Tensor& output) {
    if (first.empty() && !AllFinite(output)) first = layer;
  });
  forward();
  module.Observe(nullptr);
  return first;
}

std::string FirstBrokenGradient(const Module& module) {
  std::string nearest;
  for (const ModuleTensor& tensor : module.tensors()) {
    const torch::Tensor& gradient = tensor.value.grad();
    if (gradient.defined() && !AllFinite(gradient)) nearest = tensor.name;
  }
  return nearest;
}

std::vector<torch::Tensor> KeptStatistics::Values() const {
  std::vector<torch::Tensor> values;
  for (const ModuleTensor& tensor : module_.tensors()) {
    if (!tensor.trainable) values.push_back(tensor.value);
  }
  return values;
}

void KeptStatistics::Keep() {
  const std::vector<torch::Tensor> values = Values();
  kept_ = values.empty() ? torch::Tensor() : torch::cat(values);
}

void KeptStatistics::Restore() {
  int64_t at = 0;
  for (const torch::Tensor& value : Values()) {
    value.copy_(kept_.narrow(0, at, value.numel()));
    at += value.numel();
  }
}

std::string KeptStatistics::FirstBroken() const {
  const std::vector<torch::Tensor> values = Values();
  if (values.empty() || AllFinite(torch::cat(values))) return "";
  for (const ModuleTensor& tensor : module_.tensors()) {
    if (!tensor.trainable && !AllFinite(tensor.value)) return tensor.name;
  }
  return "";
}

std::string TameWeights(Module& module, const std::string& layer) {
  const torch::NoGradGuard no_grad;
  std::vector<ModuleTensor>& tensors = module.tensors();
  size_t end = tensors.size();
  while (end > 0 && !BelongsTo(tensors[end - 1], layer)) --end;
  if (end == 0) end = tensors.size();  // where the name says nothing, any layer may be to blame
  std::string done;
  for (size_t i = 0; i < end; ++i) {
    if (!tensors[i].trainable) continue;
    torch::Tensor value = tensors[i].value.detach();
    const auto largest = value.abs().max().item<double>();
    if (!std::isfinite(largest) || largest <= kSoundWeight) continue;
    const int exponent = std::ilogb(largest);
    value.div_(std::ldexp(1.0, exponent));
    done += StrCat(done.empty() ? "" : ", ", tensors[i].name, " (up to ", largest, ") is divided by 2^", exponent);
  }
  return done;
}

}  // namespace frond
