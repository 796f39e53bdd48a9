#include "tests/train/generated_module.h"

#include <stdexcept>

#include "tests/support/golden_file.h"

namespace frond {

Spec TinySpec(int hidden_units) {
  Spec spec;
  spec.name = "tiny";
  spec.stem_channels = 8;
  spec.stages = {{BlockKind::kMBConv, 3, 1, 1, 8, 1, 0.25},
                 {BlockKind::kMBConv, 5, 2, 4, 16, 2, 0.25},
                 {BlockKind::kMBConv, 3, 2, 4, 24, 1, 0}};
  spec.head_channels = 32;
  spec.hidden_units = hidden_units;
  spec.num_classes = 5;
  spec.dropout = 0;
  spec.drop_path = 0;
  spec.preprocessing.height = spec.preprocessing.width = 32;
  return spec;
}

torch::Tensor GeneratedTensor(const std::string& name, torch::IntArrayRef shape, double lo, double hi) {
  int64_t count = 1;
  for (const int64_t extent : shape) count *= extent;
  std::vector<float> values = GeneratedValues(name, static_cast<size_t>(count), lo, hi);
  return torch::from_blob(values.data(), shape, torch::kFloat32).clone();
}

Projection ProjectionOf(const std::string& name, const torch::Tensor& tensor) {
  const torch::Tensor values = tensor.detach().to(torch::kFloat64).contiguous();
  const torch::Tensor along = GeneratedTensor(name + ".projection", values.sizes(), -1, 1).to(torch::kFloat64);
  return {values.norm().item<double>(), (values * along).sum().item<double>()};
}

ModuleTensor& TensorNamed(Module& module, const std::string& name) {
  for (ModuleTensor& tensor : module.tensors()) {
    if (tensor.name == name) return tensor;
  }
  throw std::runtime_error("no tensor " + name);
}

void UseStatisticsOf(const torch::Tensor& images, Module& module) {
  const torch::NoGradGuard no_grad;
  for (ModuleTensor& tensor : module.tensors()) tensor.value.set_requires_grad(tensor.trainable);
  module.SetTraining(true);
  module.AccumulateStatistics(true);
  (void)module.Features(images);
  module.AccumulateStatistics(false);
  module.SetTraining(false);
}

}  // namespace frond
