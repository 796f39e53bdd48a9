// libFuzzer target for the readers of other people's weights: safetensors,
// PyTorch in both containers, ZIP with inflation. Whatever is accepted is
// converted as well, so that a tensor outside its bytes is caught.

#include <cstddef>
#include <cstdint>
#include <span>

#include "src/weights/sniff.h"
#include "src/weights/tensor_file.h"
#include "src/weights/zip.h"

namespace {

constexpr int64_t kMaxElements = 1 << 16;  // larger ones are expanded tensors: slow, and all alike
constexpr uint64_t kMaxInflated = 1 << 20;

void Convert(const frond::Result<frond::TensorFile>& file) {
  if (!file.ok()) {
    if (file.error().message.empty()) __builtin_trap();
    return;
  }
  for (const frond::StoredTensor& tensor : file->tensors) {
    const auto count = frond::ElementCount(tensor.shape);
    if (!count) __builtin_trap();
    if (*count <= kMaxElements) (void)frond::ToFloat(tensor);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto bytes = std::as_bytes(std::span<const uint8_t>(data, size));
  Convert(frond::ReadSafetensors(bytes, nullptr));
  Convert(frond::ReadPyTorch(bytes, nullptr));
  (void)frond::DescribeUnknown(bytes);
  (void)frond::IsHdf5(bytes);
  const frond::Result<frond::ZipArchive> archive = frond::ZipArchive::Open(bytes);
  if (archive.ok()) {
    for (const frond::ZipEntry& entry : archive->entries()) (void)archive->Inflate(entry, kMaxInflated);
  }
  return 0;
}
