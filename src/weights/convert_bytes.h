#ifndef FROND_SRC_WEIGHTS_CONVERT_BYTES_H_
#define FROND_SRC_WEIGHTS_CONVERT_BYTES_H_

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string_view>

namespace frond {

// Every format read here is little-endian, and so is every machine that frond
// runs on; a port to another would start at this line.
static_assert(std::endian::native == std::endian::little);

// The value at an address of any alignment.
template <class T>
T LoadLittle(const std::byte* from) {
  T value;
  std::memcpy(&value, from, sizeof(T));
  return value;
}

// Walks over untrusted bytes: each step says whether it stayed inside, and one
// that did not leaves the position where it was.
class ByteReader {
 public:
  explicit ByteReader(std::span<const std::byte> bytes, size_t position = 0) : bytes_(bytes), position_(position) {}

  size_t position() const { return position_; }
  size_t left() const { return bytes_.size() - position_; }

  template <class T>
  bool Read(T& value) {
    if (left() < sizeof(T)) return false;
    value = LoadLittle<T>(bytes_.data() + position_);
    position_ += sizeof(T);
    return true;
  }

  bool Take(uint64_t count, std::span<const std::byte>& taken) {
    if (count > left()) return false;
    taken = bytes_.subspan(position_, static_cast<size_t>(count));
    position_ += static_cast<size_t>(count);
    return true;
  }

 private:
  std::span<const std::byte> bytes_;
  size_t position_;
};

inline std::string_view AsText(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// a · b and a + b, or nothing where uint64_t would wrap.
inline std::optional<uint64_t> CheckedMul(uint64_t a, uint64_t b) {
  uint64_t product = 0;
  if (__builtin_mul_overflow(a, b, &product)) return std::nullopt;
  return product;
}
inline std::optional<uint64_t> CheckedAdd(uint64_t a, uint64_t b) {
  uint64_t sum = 0;
  if (__builtin_add_overflow(a, b, &sum)) return std::nullopt;
  return sum;
}

// Whether a tensor's name is well-formed UTF-8 without control characters
// (RFC 3629: no overlong forms, no surrogates): names go into JSON and terminals.
bool IsCleanUtf8(std::string_view text);

}  // namespace frond

#endif  // FROND_SRC_WEIGHTS_CONVERT_BYTES_H_
