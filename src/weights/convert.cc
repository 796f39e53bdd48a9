// float32 out of what files hold: half precisions, integers, any stride.

#include <cstring>

#include "src/base/bit_cast.h"
#include "src/weights/convert_bytes.h"
#include "src/weights/tensor_file.h"

namespace frond {
namespace {

// IEEE 754 binary16, subnormals, infinities and NaN payloads included.
float FloatFromHalf(uint16_t half) {
  const uint32_t sign = static_cast<uint32_t>(half & 0x8000u) << 16;
  const uint32_t exponent = (half >> 10) & 0x1fu;
  const uint32_t mantissa = half & 0x3ffu;
  if (exponent == 0) {  // zero or subnormal: mantissa · 2^-24, exact in float32
    const float magnitude = static_cast<float>(mantissa) * 0x1p-24f;
    return sign != 0 ? -magnitude : magnitude;
  }
  const uint32_t wide = exponent == 31 ? 0xffu : exponent + 112;  // rebias: 127 - 15
  return BitCast<float>(sign | (wide << 23) | (mantissa << 13));
}

struct FromHalf {
  static constexpr size_t kBytes = 2;
  float operator()(const std::byte* at) const { return FloatFromHalf(LoadLittle<uint16_t>(at)); }
};
struct FromBFloat16 {
  static constexpr size_t kBytes = 2;
  float operator()(const std::byte* at) const {
    return BitCast<float>(static_cast<uint32_t>(LoadLittle<uint16_t>(at)) << 16);
  }
};
template <class T>
struct From {
  static constexpr size_t kBytes = sizeof(T);
  float operator()(const std::byte* at) const { return static_cast<float>(LoadLittle<T>(at)); }
};
struct FromBool {  // read as a byte: a bool that holds 2 would be undefined
  static constexpr size_t kBytes = 1;
  float operator()(const std::byte* at) const { return *at == std::byte{0} ? 0.0f : 1.0f; }
};

bool IsContiguous(const StoredTensor& tensor) {
  int64_t expected = 1;
  for (size_t i = tensor.shape.size(); i-- > 0;) {
    if (tensor.shape[i] != 1 && tensor.strides[i] != expected) return false;
    expected *= tensor.shape[i];
  }
  return true;
}

template <class Load>
void Convert(const StoredTensor& tensor, const Load& load, std::vector<float>& out) {
  const std::byte* base = tensor.bytes.data();
  if (IsContiguous(tensor)) {
    for (size_t i = 0; i < out.size(); ++i) out[i] = load(base + i * Load::kBytes);
    return;
  }
  // An odometer over all but the last dimension; the last one is the inner loop.
  const size_t rank = tensor.shape.size();
  const auto inner = static_cast<size_t>(tensor.shape[rank - 1]);
  const size_t step_bytes = static_cast<size_t>(tensor.strides[rank - 1]) * Load::kBytes;
  std::vector<int64_t> index(rank, 0);
  for (size_t done = 0; done < out.size(); done += inner) {
    size_t offset = 0;
    for (size_t d = 0; d + 1 < rank; ++d) offset += static_cast<size_t>(index[d] * tensor.strides[d]);
    const std::byte* at = base + offset * Load::kBytes;
    for (size_t i = 0; i < inner; ++i) out[done + i] = load(at + i * step_bytes);
    for (size_t d = rank - 1; d-- > 0;) {
      if (++index[d] < tensor.shape[d]) break;
      index[d] = 0;
    }
  }
}

}  // namespace

std::vector<float> ToFloat(const StoredTensor& tensor) {
  std::vector<float> out(static_cast<size_t>(ElementCount(tensor.shape).value_or(0)));
  if (out.empty()) return out;
  if (tensor.dtype == DType::kFloat32 && IsContiguous(tensor)) {
    std::memcpy(out.data(), tensor.bytes.data(), out.size() * sizeof(float));
    return out;
  }
  switch (tensor.dtype) {
    case DType::kFloat64: Convert(tensor, From<double>(), out); break;
    case DType::kFloat32: Convert(tensor, From<float>(), out); break;
    case DType::kFloat16: Convert(tensor, FromHalf(), out); break;
    case DType::kBFloat16: Convert(tensor, FromBFloat16(), out); break;
    case DType::kInt64: Convert(tensor, From<int64_t>(), out); break;
    case DType::kInt32: Convert(tensor, From<int32_t>(), out); break;
    case DType::kInt16: Convert(tensor, From<int16_t>(), out); break;
    case DType::kInt8: Convert(tensor, From<int8_t>(), out); break;
    case DType::kUint8: Convert(tensor, From<uint8_t>(), out); break;
    case DType::kBool: Convert(tensor, FromBool(), out); break;
  }
  return out;
}

}  // namespace frond
