#ifndef FROND_SRC_WEIGHTS_PICKLE_GLOBALS_H_
#define FROND_SRC_WEIGHTS_PICKLE_GLOBALS_H_

#include <cstdint>
#include <optional>
#include <string_view>

#include "frond/result.h"
#include "src/tensor/shape.h"

namespace frond {

// What a global of the closed list means to the reader.
enum class PickleGlobal : uint8_t {
  kNone,
  kDict,              // collections.OrderedDict and the like: REDUCE makes a dict
  kOpaque,            // REDUCE or NEWOBJ makes a value that is ignored
  kRebuildTensor,     // REDUCE makes a tensor: storage, offset, size, stride, ...
  kRebuildTensorV3,   // the same, with the dtype as seventh argument
  kRebuildParameter,  // REDUCE gives its first argument back
  kRebuildFromType,   // REDUCE applies its first argument to its third
  kSize,              // torch.Size: REDUCE gives a tuple
  kTypedStorage,      // a storage's element type
  kUntypedStorage,    // a storage counted in bytes
  kDType,             // torch.float32 and the like
};

struct PickleGlobalRow {
  PickleGlobal global = PickleGlobal::kNone;
  std::optional<DType> dtype;  // of kTypedStorage and kDType; nothing if frond has no such type
};

// Looks a global up in the closed list. Anything else is refused by name with
// kUnsupported, and the advice to save a state_dict: nothing of the list runs
// code, and nothing outside it is let in.
Result<PickleGlobalRow> FindPickleGlobal(std::string_view module, std::string_view name);

// The element type of a kTypedStorage or kDType global from its bare name
// ("FloatStorage", "float32"); nothing if frond has none such.
std::optional<DType> DTypeOfPickleGlobal(std::string_view name);

}  // namespace frond

#endif  // FROND_SRC_WEIGHTS_PICKLE_GLOBALS_H_
