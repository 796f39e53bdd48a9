#include "src/weights/zip_directory.h"

#include <algorithm>

#include "src/base/format.h"
#include "src/weights/convert_bytes.h"

namespace frond {
namespace {

constexpr uint32_t kEndSignature = 0x06054b50;
constexpr uint32_t kEnd64Signature = 0x06064b50;
constexpr uint32_t kLocator64Signature = 0x07064b50;
constexpr size_t kEndBytes = 22;
constexpr size_t kEnd64Bytes = 56;
constexpr size_t kLocator64Bytes = 20;
constexpr const char* kRemedy = "the file is truncated or damaged: copy or download it again";

Error Bad(std::string message) { return Error{ErrorCode::kBadFormat, std::move(message), kRemedy}; }

Result<ZipDirectory> ReadEnd64(std::span<const std::byte> bytes, size_t locator) {
  const auto offset = LoadLittle<uint64_t>(bytes.data() + locator + 8);
  if (offset > locator || locator - offset < kEnd64Bytes) return Bad("ZIP64 end record lies outside the file");
  const std::byte* record = bytes.data() + offset;
  if (LoadLittle<uint32_t>(record) != kEnd64Signature)
    return Bad("ZIP64 end record not found where the locator points");
  if (LoadLittle<uint32_t>(record + 16) != 0 || LoadLittle<uint32_t>(record + 20) != 0) {
    return Error{ErrorCode::kUnsupported, "ZIP archive spans several disks", "join it into one file"};
  }
  return ZipDirectory{LoadLittle<uint64_t>(record + 48), LoadLittle<uint64_t>(record + 40),
                      LoadLittle<uint64_t>(record + 32), offset};
}

}  // namespace

Result<ZipDirectory> FindZipDirectory(std::span<const std::byte> bytes) {
  if (bytes.size() < kEndBytes) return Bad("too short for a ZIP archive");
  // The record ends in a comment of up to 65,535 bytes, which must reach the file's end exactly.
  const size_t last = bytes.size() - kEndBytes;
  const size_t first = last - std::min<size_t>(last, 0xffff);
  size_t end = last + 1;
  while (end > first) {
    --end;
    if (LoadLittle<uint32_t>(bytes.data() + end) == kEndSignature &&
        LoadLittle<uint16_t>(bytes.data() + end + 20) == last - end) {
      break;
    }
    if (end == first) return Bad("ZIP archive without its table of contents at the end");
  }
  const std::byte* record = bytes.data() + end;
  ZipDirectory directory{LoadLittle<uint32_t>(record + 16), LoadLittle<uint32_t>(record + 12),
                         LoadLittle<uint16_t>(record + 10), end};
  const bool has_locator =
      end >= kLocator64Bytes && LoadLittle<uint32_t>(bytes.data() + end - kLocator64Bytes) == kLocator64Signature;
  if (has_locator) {
    FROND_ASSIGN(directory, ReadEnd64(bytes, end - kLocator64Bytes));
  } else if (LoadLittle<uint32_t>(record + 4) != 0) {  // this disk, disk of the directory
    return Error{ErrorCode::kUnsupported, "ZIP archive spans several disks", "join it into one file"};
  }
  if (directory.offset > directory.end_record || directory.bytes > directory.end_record - directory.offset) {
    return Bad(
        StrCat("ZIP table of contents at ", directory.offset, " of ", directory.bytes, " bytes lies outside the file"));
  }
  return directory;
}

}  // namespace frond
