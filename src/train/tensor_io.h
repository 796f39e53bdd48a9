#ifndef FROND_SRC_TRAIN_TENSOR_IO_H_
#define FROND_SRC_TRAIN_TENSOR_IO_H_

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "frond/result.h"
#include "src/train/module.h"
#include "src/weights/model_file.h"

namespace frond {

using NamedTensors = std::vector<std::pair<std::string, torch::Tensor>>;

// Tensors as float32 in C order on the CPU, and the views of them that a file is written from.
class TensorsToWrite {
 public:
  void Add(const std::string& name, const torch::Tensor& tensor);
  const std::vector<TensorToWrite>& views() const { return views_; }

 private:
  std::vector<torch::Tensor> kept_;  // behind the views
  std::vector<TensorToWrite> views_;
};

// Copies a file's values into tensors of the same names and shapes. Errors: kMismatch naming the tensor.
Status FillFrom(const TensorFile& file, const NamedTensors& tensors);

// The weights of a model file, or of a foreign file by way of `scratch`, a model file written for it. Errors: those of
// ImportModel and ReadModelFile.
Result<ModelFile> ReadPretrained(const std::string& path, const std::string& arch, const std::string& scratch);

// Copies what the file has and the module wants in the same shape, but for the classifier where the numbers of
// classes or the labels differ; the rest keeps its values. Errors: kMismatch where a tensor of the body is missing.
Status LoadWeights(const ModelFile& file, Module& module);

// The module as a model file, with other tensors (ReferenceTensors) behind its own.
Status SaveModel(const std::string& path, const Module& module, const ModelInfo& info,
                 const std::vector<TensorToWrite>& others);

}  // namespace frond

#endif  // FROND_SRC_TRAIN_TENSOR_IO_H_
