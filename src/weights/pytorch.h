#ifndef FROND_SRC_WEIGHTS_PYTORCH_H_
#define FROND_SRC_WEIGHTS_PYTORCH_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "frond/result.h"
#include "src/weights/pickle.h"
#include "src/weights/tensor_file.h"
#include "src/weights/zip.h"

// The parts of ReadPyTorch: containers (pytorch_zip.cc, pytorch_legacy.cc) find
// the pickle and the storages' bytes; pytorch_state_dict.cc picks the weights;
// pytorch_tensor.cc checks each against its storage.
namespace frond {

// What a persistent id says about a storage.
struct StorageClaim {
  std::string_view key;
  std::optional<DType> dtype;  // nothing for an UntypedStorage
  uint64_t element_bytes = 1;
  uint64_t bytes = 0;
};
// `storage` is of kStorage. Errors: kBadFormat for a negative or absurd count.
Result<StorageClaim> ReadStorageClaim(const Pickle& pickle, const PickleValue& storage);

// Storage key to its bytes, which may start at any alignment.
using StorageMap = std::unordered_map<std::string_view, std::span<const std::byte>>;

// A pickled tensor over its storage: sizes, strides and offset are inside it.
// Strides are non-negative; zero strides (torch's expand) are followed.
// Errors: kBadFormat, kUnsupported for an element type frond has not, kLimit.
Result<StoredTensor> ResolveTensor(const Pickle& pickle, const PickleValue& tensor, const StorageMap& storages);

// The tensors of the state dict in what torch.save was given, names joined by '.'.
Result<std::vector<StoredTensor>> CollectStateDict(const Pickle& pickle, const StorageMap& storages);

// The two containers of torch.save: a ZIP archive since 1.6, pickles in a row before.
Result<std::vector<StoredTensor>> ReadPyTorchZip(std::span<const std::byte> bytes);
Result<std::vector<StoredTensor>> ReadPyTorchLegacy(std::span<const std::byte> bytes);

}  // namespace frond

#endif  // FROND_SRC_WEIGHTS_PYTORCH_H_
