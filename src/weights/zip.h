#ifndef FROND_SRC_WEIGHTS_ZIP_H_
#define FROND_SRC_WEIGHTS_ZIP_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "frond/result.h"

namespace frond {

struct ZipEntry {
  std::string name;
  uint16_t method = 0;  // 0 stored, 8 deflated
  uint32_t crc = 0;     // CRC-32 of the contents
  uint64_t packed_bytes = 0;
  uint64_t bytes = 0;
  uint64_t data_offset = 0;  // of the packed contents, from the archive's first byte
};

// The table of contents of a ZIP archive (PKWARE APPNOTE 6.3.9, ZIP64 included)
// over bytes that the caller keeps alive. Opening checks every entry: inside the
// file, apart from all others, named once, not encrypted; so viewing is safe.
class ZipArchive {
 public:
  // Errors: kBadFormat; kUnsupported for encryption and multi-disk archives;
  // kLimit above 65,536 entries.
  static Result<ZipArchive> Open(std::span<const std::byte> bytes);

  const std::vector<ZipEntry>& entries() const { return entries_; }  // in the archive's order
  const ZipEntry* Find(std::string_view name) const;                 // nullptr if absent

  // The contents of a stored entry, in place. The checksum is not verified:
  // PyTorch's reader does not either, and torch.save can be told to write none.
  // Errors: kUnsupported for a compressed entry.
  Result<std::span<const std::byte>> View(const ZipEntry& entry) const;

  // The contents of a stored or deflated entry, copied, checksum verified. At
  // most limit_bytes are ever allocated, whatever the entry claims.
  // Errors: kLimit, kBadFormat, kUnsupported for other methods.
  Result<std::vector<std::byte>> Inflate(const ZipEntry& entry, uint64_t limit_bytes) const;

 private:
  std::span<const std::byte> bytes_;
  std::vector<ZipEntry> entries_;
  std::unordered_map<std::string, size_t> by_name_;
};

}  // namespace frond

#endif  // FROND_SRC_WEIGHTS_ZIP_H_
