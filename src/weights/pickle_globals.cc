#include "src/weights/pickle_globals.h"

#include "src/base/format.h"

namespace frond {
namespace {

struct Row {
  std::string_view module;
  std::string_view name;
  PickleGlobal global;
};

// The closed list. Checkpoints of training scripts carry their arguments,
// numpy scalars and paths beside the weights: those are opaque.
constexpr Row kRows[] = {
    {"collections", "OrderedDict", PickleGlobal::kDict},
    {"collections", "defaultdict", PickleGlobal::kDict},
    {"__builtin__", "dict", PickleGlobal::kDict},
    {"builtins", "dict", PickleGlobal::kDict},
    {"torch._utils", "_rebuild_tensor", PickleGlobal::kRebuildTensor},
    {"torch._utils", "_rebuild_tensor_v2", PickleGlobal::kRebuildTensor},
    {"torch._utils", "_rebuild_tensor_v3", PickleGlobal::kRebuildTensorV3},
    {"torch._utils", "_rebuild_parameter", PickleGlobal::kRebuildParameter},
    {"torch._utils", "_rebuild_parameter_with_state", PickleGlobal::kRebuildParameter},
    {"torch._tensor", "_rebuild_from_type_v2", PickleGlobal::kRebuildFromType},
    {"torch", "Size", PickleGlobal::kSize},
    {"torch.storage", "UntypedStorage", PickleGlobal::kUntypedStorage},
    {"torch", "UntypedStorage", PickleGlobal::kUntypedStorage},
    {"torch", "device", PickleGlobal::kOpaque},
    {"torch", "Tensor", PickleGlobal::kOpaque},
    {"torch.nn.parameter", "Parameter", PickleGlobal::kOpaque},
    {"argparse", "Namespace", PickleGlobal::kOpaque},
    {"numpy", "dtype", PickleGlobal::kOpaque},
    {"numpy", "ndarray", PickleGlobal::kOpaque},
    {"numpy.core.multiarray", "scalar", PickleGlobal::kOpaque},
    {"numpy._core.multiarray", "scalar", PickleGlobal::kOpaque},
    {"numpy.core.multiarray", "_reconstruct", PickleGlobal::kOpaque},
    {"numpy._core.multiarray", "_reconstruct", PickleGlobal::kOpaque},
    {"_codecs", "encode", PickleGlobal::kOpaque},
    {"pathlib", "PosixPath", PickleGlobal::kOpaque},
    {"pathlib", "PurePosixPath", PickleGlobal::kOpaque},
    {"pathlib", "WindowsPath", PickleGlobal::kOpaque},
    {"__builtin__", "set", PickleGlobal::kOpaque},
    {"builtins", "set", PickleGlobal::kOpaque},
    {"__builtin__", "frozenset", PickleGlobal::kOpaque},
    {"builtins", "frozenset", PickleGlobal::kOpaque},
    {"__builtin__", "bytearray", PickleGlobal::kOpaque},
    {"builtins", "bytearray", PickleGlobal::kOpaque},
    {"__builtin__", "list", PickleGlobal::kOpaque},  // as the factory of a defaultdict
    {"builtins", "list", PickleGlobal::kOpaque},
    {"__builtin__", "int", PickleGlobal::kOpaque},
    {"builtins", "int", PickleGlobal::kOpaque},
    {"__builtin__", "float", PickleGlobal::kOpaque},
    {"builtins", "float", PickleGlobal::kOpaque},
};

struct DTypeRow {
  std::string_view storage;
  std::string_view dtype;
  std::optional<DType> type;
};

constexpr DTypeRow kDTypes[] = {
    {"DoubleStorage", "float64", DType::kFloat64},
    {"FloatStorage", "float32", DType::kFloat32},
    {"HalfStorage", "float16", DType::kFloat16},
    {"BFloat16Storage", "bfloat16", DType::kBFloat16},
    {"LongStorage", "int64", DType::kInt64},
    {"IntStorage", "int32", DType::kInt32},
    {"ShortStorage", "int16", DType::kInt16},
    {"CharStorage", "int8", DType::kInt8},
    {"ByteStorage", "uint8", DType::kUint8},
    {"BoolStorage", "bool", DType::kBool},
    {"", "uint16", std::nullopt},
    {"", "uint32", std::nullopt},
    {"", "uint64", std::nullopt},
    {"", "float8_e4m3fn", std::nullopt},
    {"", "float8_e5m2", std::nullopt},
    {"", "complex64", std::nullopt},
};

}  // namespace

Result<PickleGlobalRow> FindPickleGlobal(std::string_view module, std::string_view name) {
  for (const Row& row : kRows) {
    if (row.module == module && row.name == name) return PickleGlobalRow{row.global, std::nullopt};
  }
  if (module == "torch") {
    for (const DTypeRow& row : kDTypes) {
      if (!row.storage.empty() && row.storage == name) return PickleGlobalRow{PickleGlobal::kTypedStorage, row.type};
      if (row.dtype == name) return PickleGlobalRow{PickleGlobal::kDType, row.type};
    }
  }
  const bool is_module = module.starts_with("torch.nn") || name == "EfficientNet";
  return Error{ErrorCode::kUnsupported,
               StrCat("refuses the pickle global ", Quote(StrCat(module, ".", name)), ": ",
                      is_module ? "the file is a whole pickled model, not its weights"
                                : "only tensors and plain containers are read, and nothing of a file is ever run"),
               "load it where you trust it and save a state_dict: torch.save(model.state_dict(), path)"};
}

std::optional<DType> DTypeOfPickleGlobal(std::string_view name) {
  for (const DTypeRow& row : kDTypes) {
    if (row.dtype == name || (!row.storage.empty() && row.storage == name)) return row.type;
  }
  return std::nullopt;
}

}  // namespace frond
