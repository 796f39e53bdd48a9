#ifndef FROND_SRC_IMAGE_BYTES_H_
#define FROND_SRC_IMAGE_BYTES_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace frond {

// Integers and tags of a file's bytes. The caller has checked that they are there.
using Bytes = std::span<const std::byte>;

inline uint32_t ByteAt(Bytes bytes, size_t at) { return std::to_integer<uint32_t>(bytes[at]); }
inline uint32_t Big16(Bytes bytes, size_t at) { return ByteAt(bytes, at) << 8 | ByteAt(bytes, at + 1); }
inline uint32_t Big32(Bytes bytes, size_t at) { return Big16(bytes, at) << 16 | Big16(bytes, at + 2); }
inline uint32_t Little16(Bytes bytes, size_t at) { return ByteAt(bytes, at + 1) << 8 | ByteAt(bytes, at); }
inline uint32_t Little24(Bytes bytes, size_t at) { return ByteAt(bytes, at + 2) << 16 | Little16(bytes, at); }
inline uint32_t Little32(Bytes bytes, size_t at) { return Little16(bytes, at + 2) << 16 | Little16(bytes, at); }

inline std::string_view AsText(Bytes bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

}  // namespace frond

#endif  // FROND_SRC_IMAGE_BYTES_H_
