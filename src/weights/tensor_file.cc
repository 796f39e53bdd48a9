#include "src/weights/tensor_file.h"

#include "src/base/mapped_file.h"
#include "src/weights/keras.h"
#include "src/weights/sniff.h"

namespace frond {
namespace {

Result<TensorFile> ReadMapped(const std::string& path, std::shared_ptr<const MappedFile> file) {
  const std::span<const std::byte> bytes = file->bytes();
  if (IsSafetensors(bytes)) return ReadSafetensors(bytes, std::move(file));
  if (IsKerasArchive(bytes) || IsHdf5(bytes)) return ReadKerasFile(path, bytes);
  if (IsZip(bytes) || IsPickle(bytes)) return ReadPyTorch(bytes, std::move(file));
  return DescribeUnknown(bytes);
}

}  // namespace

const StoredTensor* TensorFile::Find(const std::string& name) const {
  for (const StoredTensor& tensor : tensors) {
    if (tensor.name == name) return &tensor;
  }
  return nullptr;
}

Result<TensorFile> ReadTensorFile(const std::string& path) {
  FROND_ASSIGN(MappedFile mapped, MappedFile::Open(path));
  Result<TensorFile> file = ReadMapped(path, std::make_shared<const MappedFile>(std::move(mapped)));
  if (!file.ok()) return file.error().In(path);
  return file;
}

}  // namespace frond
