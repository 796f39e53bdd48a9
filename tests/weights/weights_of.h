#ifndef FROND_TESTS_WEIGHTS_WEIGHTS_OF_H_
#define FROND_TESTS_WEIGHTS_WEIGHTS_OF_H_

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "src/spec/network.h"
#include "src/weights/tensor_file.h"

namespace frond {

// The smallest network there is: one block of 8 channels.
inline Spec OneBlockSpec(int classes) {
  Spec spec;
  spec.name = "tiny";
  spec.stem_channels = spec.head_channels = 8;
  spec.stages = {{BlockKind::kMBConv, 3, 1, 1, 8, 1, 0.25}};
  spec.num_classes = classes;
  return spec;
}

// Made-up weights of a spec that a test alters before it writes them: element i
// of tensor t is t + i / 2^16, all positive.
class WeightsOf {
 public:
  explicit WeightsOf(const Spec& spec) {
    for (const TensorSpec& tensor : NetworkTensors(BuildNetwork(spec))) {
      Add(tensor.name, tensor.shape);
    }
  }

  struct Tensor {
    std::string name;
    Shape shape;
    std::vector<float> values;
  };

  Tensor& operator[](const std::string& name) {
    for (Tensor& tensor : tensors) {
      if (tensor.name == name) return tensor;
    }
    ADD_FAILURE() << "no tensor " << name;
    return tensors.front();
  }

  void Add(const std::string& name, const Shape& shape) {
    std::vector<float> values(static_cast<size_t>(ElementCount(shape).value_or(0)));
    const auto first = static_cast<float>(tensors.size());
    for (size_t i = 0; i < values.size(); ++i) values[i] = first + static_cast<float>(i % 65536) / 65536;
    tensors.push_back({name, shape, std::move(values)});
  }

  void Remove(const std::string& name) {
    std::erase_if(tensors, [&](const Tensor& tensor) { return tensor.name == name; });
  }

  void Reshape(const std::string& name, const Shape& shape) {
    Tensor& tensor = (*this)[name];
    tensor.shape = shape;
    tensor.values.resize(static_cast<size_t>(ElementCount(shape).value_or(0)));
  }

  void Write(const std::string& path, const std::map<std::string, std::string>& metadata = {}) const {
    std::vector<TensorToWrite> out;
    for (const Tensor& tensor : tensors) out.push_back({tensor.name, tensor.shape, tensor.values});
    const Status status = WriteSafetensors(path, out, metadata);
    ASSERT_TRUE(status.ok()) << status.error().ToString();
  }

  std::vector<Tensor> tensors;
};

}  // namespace frond

#endif  // FROND_TESTS_WEIGHTS_WEIGHTS_OF_H_
