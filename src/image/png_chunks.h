#ifndef FROND_SRC_IMAGE_PNG_CHUNKS_H_
#define FROND_SRC_IMAGE_PNG_CHUNKS_H_

#include <cstddef>
#include <span>
#include <string_view>

#include "frond/result.h"

namespace frond {

inline constexpr size_t kPngSignatureBytes = 8;

// Walks a PNG file's chunks without copying or allocating. Checksums are not looked at.
class PngChunks {
 public:
  explicit PngChunks(std::span<const std::byte> file) : rest_(file.subspan(kPngSignatureBytes)) {}

  // Steps to the next chunk; false at the end of the file and where a chunk
  // runs past it, which cut_short() tells apart.
  bool Next();

  std::string_view type() const { return type_; }              // 4 bytes
  std::span<const std::byte> data() const { return data_; }    // between the type and the checksum
  std::span<const std::byte> whole() const { return whole_; }  // length, type, data and checksum
  bool cut_short() const { return cut_short_; }

 private:
  std::span<const std::byte> rest_;
  std::string_view type_;
  std::span<const std::byte> data_;
  std::span<const std::byte> whole_;
  bool cut_short_ = false;
};

// Whether the file has a whole IHDR, at least one IDAT and IEND, and no chunk of a kind
// that changes the picture in a way nobody has defined. Errors: kBadFormat.
Status CheckPngChunks(std::span<const std::byte> file);

// The eXIf chunk of a PNG file, empty where there is none.
std::span<const std::byte> PngExif(std::span<const std::byte> file);

}  // namespace frond

#endif  // FROND_SRC_IMAGE_PNG_CHUNKS_H_
