#include "src/tensor/shape.h"

#include <array>

namespace frond {
namespace {

struct DTypeRow {
  DType dtype;
  const char* name;
  size_t bytes;
};

constexpr std::array<DTypeRow, 10> kDTypes = {{{DType::kFloat64, "F64", 8},
                                               {DType::kFloat32, "F32", 4},
                                               {DType::kFloat16, "F16", 2},
                                               {DType::kBFloat16, "BF16", 2},
                                               {DType::kInt64, "I64", 8},
                                               {DType::kInt32, "I32", 4},
                                               {DType::kInt16, "I16", 2},
                                               {DType::kInt8, "I8", 1},
                                               {DType::kUint8, "U8", 1},
                                               {DType::kBool, "BOOL", 1}}};

const DTypeRow& Row(DType dtype) { return kDTypes[static_cast<size_t>(dtype)]; }

}  // namespace

std::optional<int64_t> ElementCount(const Shape& shape) {
  constexpr int64_t kMaxElements = int64_t{1} << 48;
  int64_t count = 1;
  bool empty = false;
  for (const int64_t extent : shape) {
    if (extent < 0) return std::nullopt;
    if (extent == 0) {
      empty = true;
      continue;
    }
    if (extent > kMaxElements / count) return std::nullopt;
    count *= extent;
  }
  return empty ? 0 : count;
}

std::string ToString(const Shape& shape) {
  if (shape.empty()) return "scalar";
  std::string out;
  for (const int64_t extent : shape) out += (out.empty() ? "" : "x") + std::to_string(extent);
  return out;
}

size_t SizeOf(DType dtype) { return Row(dtype).bytes; }
const char* DTypeName(DType dtype) { return Row(dtype).name; }

std::optional<DType> DTypeFromName(const std::string& name) {
  for (const DTypeRow& row : kDTypes) {
    if (name == row.name) return row.dtype;
  }
  return std::nullopt;
}

}  // namespace frond
