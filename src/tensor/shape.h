#ifndef FROND_SRC_TENSOR_SHAPE_H_
#define FROND_SRC_TENSOR_SHAPE_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace frond {

// Extents of a tensor, outermost first. A scalar has no extents and one element.
using Shape = std::vector<int64_t>;

// Number of elements, or nothing if an extent is negative or the product
// exceeds 2^48 (no tensor of this family comes near).
std::optional<int64_t> ElementCount(const Shape& shape);

// "32x3x3x3"; a scalar is "scalar".
std::string ToString(const Shape& shape);

// Element types that weights come in.
enum class DType { kFloat64, kFloat32, kFloat16, kBFloat16, kInt64, kInt32, kInt16, kInt8, kUint8, kBool };

size_t SizeOf(DType dtype);          // bytes of one element
const char* DTypeName(DType dtype);  // safetensors' name: "F32", "BF16", ...
std::optional<DType> DTypeFromName(const std::string& name);

}  // namespace frond

#endif  // FROND_SRC_TENSOR_SHAPE_H_
