#include "src/train/tensor_io.h"

#include <algorithm>
#include <cstring>

#include "src/base/format.h"
#include "src/weights/import.h"

namespace frond {
namespace {

Status Fill(torch::Tensor tensor, const std::string& name, const Shape& shape, std::span<const float> values) {
  if (Shape(tensor.sizes().begin(), tensor.sizes().end()) != shape) {
    return Error{ErrorCode::kMismatch,
                 StrCat("tensor ", name, " is ", ToString(shape), ", the run has ",
                        ToString(Shape(tensor.sizes().begin(), tensor.sizes().end()))),
                 "give weights of the same architecture"};
  }
  const torch::NoGradGuard no_grad;
  // The view is only read from.
  tensor.copy_(torch::from_blob(const_cast<float*>(values.data()), tensor.sizes(), torch::kFloat32));
  return {};
}

std::span<const float> Values(const StoredTensor& tensor) {
  return {reinterpret_cast<const float*>(tensor.bytes.data()), tensor.bytes.size() / sizeof(float)};
}

}  // namespace

void TensorsToWrite::Add(const std::string& name, const torch::Tensor& tensor) {
  const torch::Tensor values =
      kept_.emplace_back(tensor.detach().to(torch::kCPU, torch::kFloat32).contiguous(torch::MemoryFormat::Contiguous));
  views_.push_back({name,
                    Shape(values.sizes().begin(), values.sizes().end()),
                    {values.data_ptr<float>(), static_cast<size_t>(values.numel())}});
}

Status FillFrom(const TensorFile& file, const NamedTensors& tensors) {
  std::unordered_map<std::string_view, const StoredTensor*> stored;
  for (const StoredTensor& tensor : file.tensors) stored.emplace(tensor.name, &tensor);
  for (const auto& [name, tensor] : tensors) {
    const auto found = stored.find(name);
    if (found == stored.end() || found->second->dtype != DType::kFloat32) {
      return Error{ErrorCode::kMismatch, StrCat("tensor ", name, " is missing"), "begin anew with --restart"};
    }
    FROND_RETURN_IF_ERROR(Fill(tensor, name, found->second->shape, Values(*found->second)));
  }
  return {};
}

Result<ModelFile> ReadPretrained(const std::string& path, const std::string& arch, const std::string& scratch) {
  Result<ModelFile> own = ReadModelFile(path);
  if (own.ok() || own.error().code == ErrorCode::kNotFound) return own;
  FROND_RETURN_IF_ERROR(ImportModel({path, arch, "", scratch}));
  return ReadModelFile(scratch);
}

Status LoadWeights(const ModelFile& file, Module& module) {
  for (const ModuleTensor& tensor : module.tensors()) {
    const auto found = file.by_name.find(tensor.name);
    const bool fits = found != file.by_name.end() &&
                      std::ranges::equal(file.tensors.tensors[found->second].shape, tensor.value.sizes());
    if (tensor.classifier && !fits) continue;
    if (found == file.by_name.end()) {
      return Error{ErrorCode::kMismatch, StrCat("the weights have no tensor ", tensor.name),
                   "give weights of the same architecture"};
    }
    FROND_RETURN_IF_ERROR(
        Fill(tensor.value, tensor.name, file.tensors.tensors[found->second].shape, FloatView(file, tensor.name)));
  }
  return {};
}

Status SaveModel(const std::string& path, const Module& module, const ModelInfo& info,
                 const std::vector<TensorToWrite>& others) {
  TensorsToWrite tensors;
  for (const ModuleTensor& tensor : module.tensors()) tensors.Add(tensor.name, tensor.value);
  std::vector<TensorToWrite> views = tensors.views();
  views.insert(views.end(), others.begin(), others.end());
  return WriteModelFile(path, module.spec(), info, views);
}

}  // namespace frond
