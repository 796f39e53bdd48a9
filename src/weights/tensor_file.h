#ifndef FROND_SRC_WEIGHTS_TENSOR_FILE_H_
#define FROND_SRC_WEIGHTS_TENSOR_FILE_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "frond/result.h"
#include "src/tensor/shape.h"

namespace frond {

// One named array in somebody's file. Never owns: `bytes` points into the
// TensorFile it came from.
struct StoredTensor {
  std::string name;
  DType dtype = DType::kFloat32;
  Shape shape;
  Shape strides;                     // in elements; C order unless the file says otherwise (PyTorch's channels_last)
  std::span<const std::byte> bytes;  // from the first element on; holds every element that strides reach
};

// The arrays of one file, whatever its format, in the file's own order and
// under its own names, plus its string metadata. Immutable.
class TensorFile {
 public:
  std::vector<StoredTensor> tensors;
  std::map<std::string, std::string> metadata;  // safetensors' __metadata__; empty for other formats
  std::string format;                           // "safetensors", "pytorch-zip", "pytorch-legacy", "keras-hdf5"
  std::shared_ptr<const void> storage;          // keeps alive what the spans point into

  const StoredTensor* Find(const std::string& name) const;  // nullptr if absent
};

// Tells the format from the first bytes and reads it. Errors name the file.
Result<TensorFile> ReadTensorFile(const std::string& path);

// The tensor's elements in C order as float32; integers and half precisions are
// converted, strides followed. Size is ElementCount(shape).
std::vector<float> ToFloat(const StoredTensor& tensor);

// Format readers, over bytes that stay alive behind `storage`.
Result<TensorFile> ReadSafetensors(std::span<const std::byte> bytes, std::shared_ptr<const void> storage);
Result<TensorFile> ReadPyTorch(std::span<const std::byte> bytes, std::shared_ptr<const void> storage);

// A float32 tensor to be written; never owns.
struct TensorToWrite {
  std::string name;
  Shape shape;
  std::span<const float> values;
};

// Writes a safetensors file: header padded with spaces so that data starts on a
// 64-byte boundary, tensors without gaps in the given order, then renamed into place.
Status WriteSafetensors(const std::string& path, const std::vector<TensorToWrite>& tensors,
                        const std::map<std::string, std::string>& metadata);

}  // namespace frond

#endif  // FROND_SRC_WEIGHTS_TENSOR_FILE_H_
