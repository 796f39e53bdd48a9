#include "src/weights/zip.h"

#include <algorithm>
#include <utility>

#include "src/base/format.h"
#include "src/weights/convert_bytes.h"
#include "src/weights/zip_directory.h"

namespace frond {
namespace {

constexpr uint64_t kMaxEntries = 65536;
constexpr size_t kMaxNameBytes = 4096;
constexpr uint32_t kCentralSignature = 0x02014b50;
constexpr uint32_t kLocalSignature = 0x04034b50;
constexpr size_t kCentralBytes = 46;
constexpr size_t kLocalBytes = 30;
constexpr uint16_t kZip64Field = 1;
constexpr const char* kRemedy = "the file is truncated or damaged: copy or download it again";

Error Bad(std::string message) { return Error{ErrorCode::kBadFormat, std::move(message), kRemedy}; }

// Fields that hold all ones are in the ZIP64 extra field instead, in this order.
Status ReadZip64Field(std::span<const std::byte> extra, ZipEntry& entry, uint64_t& local_offset) {
  constexpr uint64_t kElsewhere = 0xffffffff;
  if (entry.bytes != kElsewhere && entry.packed_bytes != kElsewhere && local_offset != kElsewhere) return {};
  ByteReader fields(extra);
  uint16_t id = 0;
  uint16_t size = 0;
  std::span<const std::byte> field;
  while (fields.Read(id) && fields.Read(size) && fields.Take(size, field)) {
    if (id != kZip64Field) continue;
    ByteReader values(field);
    for (uint64_t* value : {&entry.bytes, &entry.packed_bytes, &local_offset}) {
      if (*value == kElsewhere && !values.Read(*value))
        return Bad(StrCat("ZIP64 field of ", Quote(entry.name), " is too short"));
    }
    return {};
  }
  return {};  // a size of exactly 2^32 - 1, then: the bounds below judge it
}

// Reads one row of the table of contents; local_offset is where its local header lies.
Result<ZipEntry> ReadCentral(ByteReader& reader, uint64_t& local_offset) {
  std::span<const std::byte> head;
  std::span<const std::byte> name;
  std::span<const std::byte> extra;
  std::span<const std::byte> comment;
  if (!reader.Take(kCentralBytes, head) || LoadLittle<uint32_t>(head.data()) != kCentralSignature) {
    return Bad("ZIP table of contents is damaged");
  }
  if (!reader.Take(LoadLittle<uint16_t>(head.data() + 28), name) ||
      !reader.Take(LoadLittle<uint16_t>(head.data() + 30), extra) ||
      !reader.Take(LoadLittle<uint16_t>(head.data() + 32), comment)) {
    return Bad("ZIP table of contents is cut short");
  }
  if (name.size() > kMaxNameBytes) return Bad(StrCat("ZIP entry name of ", name.size(), " bytes"));
  ZipEntry entry{std::string(AsText(name)),
                 LoadLittle<uint16_t>(head.data() + 10),
                 LoadLittle<uint32_t>(head.data() + 16),
                 LoadLittle<uint32_t>(head.data() + 20),
                 LoadLittle<uint32_t>(head.data() + 24),
                 0};
  if ((LoadLittle<uint16_t>(head.data() + 8) & 1) != 0) {
    return Error{ErrorCode::kUnsupported, StrCat("ZIP entry ", Quote(entry.name), " is encrypted"),
                 "decrypt the archive first"};
  }
  local_offset = LoadLittle<uint32_t>(head.data() + 42);
  FROND_RETURN_IF_ERROR(ReadZip64Field(extra, entry, local_offset));
  if (entry.method == 0 && entry.packed_bytes != entry.bytes) {
    return Bad(
        StrCat("stored ZIP entry ", Quote(entry.name), " has two sizes: ", entry.packed_bytes, " and ", entry.bytes));
  }
  return entry;
}

// Follows an entry to its local header and contents, which end before `limit`.
Status Locate(std::span<const std::byte> bytes, uint64_t limit, uint64_t local_offset, ZipEntry& entry) {
  const auto outside = [&] { return Bad(StrCat("ZIP entry ", Quote(entry.name), " lies outside the file")); };
  if (local_offset > limit || limit - local_offset < kLocalBytes) return outside();
  const std::byte* local = bytes.data() + local_offset;
  const size_t name_bytes = LoadLittle<uint16_t>(local + 26);
  const size_t extra_bytes = LoadLittle<uint16_t>(local + 28);
  if (limit - local_offset - kLocalBytes < name_bytes + extra_bytes) return outside();
  // Sizes of the local header are not compared: writers that stream leave them zero.
  if (LoadLittle<uint32_t>(local) != kLocalSignature ||
      AsText(bytes.subspan(static_cast<size_t>(local_offset) + kLocalBytes, name_bytes)) != entry.name) {
    return Bad(StrCat("ZIP entry ", Quote(entry.name), " is not where the table of contents says"));
  }
  entry.data_offset = local_offset + kLocalBytes + name_bytes + extra_bytes;
  if (limit - entry.data_offset < entry.packed_bytes) return outside();
  return {};
}

}  // namespace

Result<ZipArchive> ZipArchive::Open(std::span<const std::byte> bytes) {
  FROND_ASSIGN(const ZipDirectory directory, FindZipDirectory(bytes));
  if (directory.entries > kMaxEntries) {
    return Error{ErrorCode::kLimit, StrCat("ZIP archive with ", directory.entries, " entries; at most 65536 are read"),
                 ""};
  }
  ZipArchive archive;
  archive.bytes_ = bytes;
  ByteReader reader(bytes.subspan(static_cast<size_t>(directory.offset), static_cast<size_t>(directory.bytes)));
  std::vector<std::pair<uint64_t, uint64_t>> ranges;  // local header to end of contents
  for (uint64_t i = 0; i < directory.entries; ++i) {
    uint64_t local_offset = 0;
    FROND_ASSIGN(ZipEntry entry, ReadCentral(reader, local_offset));
    FROND_RETURN_IF_ERROR(Locate(bytes, directory.offset, local_offset, entry));
    ranges.emplace_back(local_offset, entry.data_offset + entry.packed_bytes);
    if (!archive.by_name_.emplace(entry.name, archive.entries_.size()).second) {
      return Bad(StrCat("ZIP entry ", Quote(entry.name), " appears twice"));
    }
    archive.entries_.push_back(std::move(entry));
  }
  // Overlapping entries are how quadratic ZIP bombs are built (Fifield, WOOT 2019).
  std::sort(ranges.begin(), ranges.end());
  for (size_t i = 1; i < ranges.size(); ++i) {
    if (ranges[i].first < ranges[i - 1].second) return Bad(StrCat("ZIP entries overlap at byte ", ranges[i].first));
  }
  return archive;
}

const ZipEntry* ZipArchive::Find(std::string_view name) const {
  const auto found = by_name_.find(std::string(name));
  return found == by_name_.end() ? nullptr : &entries_[found->second];
}

Result<std::span<const std::byte>> ZipArchive::View(const ZipEntry& entry) const {
  if (entry.method != 0) {
    return Error{ErrorCode::kUnsupported,
                 StrCat("ZIP entry ", Quote(entry.name), " is compressed (method ", entry.method, ")"),
                 "unpack the archive and pack it again without compression (zip -0)"};
  }
  return bytes_.subspan(static_cast<size_t>(entry.data_offset), static_cast<size_t>(entry.bytes));
}

}  // namespace frond
