#ifndef FROND_TESTS_TRAIN_GENERATED_MODULE_H_
#define FROND_TESTS_TRAIN_GENERATED_MODULE_H_

#include <string>
#include <vector>

#include "src/train/module.h"

namespace frond {

// A network of a stem, three stages (two MBConvs with squeeze-and-excite, one without) and a head of 32 channels, with
// five classes: milliseconds to train.
Spec TinySpec(int hidden_units = 0);

// GeneratedValues as a tensor.
torch::Tensor GeneratedTensor(const std::string& name, torch::IntArrayRef shape, double lo, double hi);

// What make_training.py tells of a tensor.
struct Projection {
  double norm = 0;
  double along = 0;  // its product with the generated values of NAME.projection
};
Projection ProjectionOf(const std::string& name, const torch::Tensor& tensor);

// The module's tensor of that name. Throws std::runtime_error where there is none.
ModuleTensor& TensorNamed(Module& module, const std::string& name);

// Statistics are those of a batch, so that values keep their size through the network as in a trained one.
void UseStatisticsOf(const torch::Tensor& images, Module& module);

}  // namespace frond

#endif  // FROND_TESTS_TRAIN_GENERATED_MODULE_H_
