#include "src/weights/pytorch.h"

#include <utility>

#include "src/weights/sniff.h"

namespace frond {

Result<TensorFile> ReadPyTorch(std::span<const std::byte> bytes, std::shared_ptr<const void> storage) {
  TensorFile file;
  file.storage = std::move(storage);
  if (IsZip(bytes)) {
    file.format = "pytorch-zip";
    FROND_ASSIGN(file.tensors, ReadPyTorchZip(bytes));
    return file;
  }
  if (IsPickle(bytes)) {
    file.format = "pytorch-legacy";
    FROND_ASSIGN(file.tensors, ReadPyTorchLegacy(bytes));
    return file;
  }
  return DescribeUnknown(bytes);
}

}  // namespace frond
