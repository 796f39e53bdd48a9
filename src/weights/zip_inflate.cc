// The one place that includes zlib.

#include <zlib.h>

#include <algorithm>

#include "src/base/format.h"
#include "src/weights/zip.h"

namespace frond {
namespace {

// Deflate cannot pack more than 1032 bytes into one (RFC 1951: 258 bytes for two
// bits); what claims more is a bomb or damage, and is refused before any memory
// is taken.
constexpr uint64_t kMaxRatio = 1032;

Error Bad(const ZipEntry& entry, const char* what) {
  return Error{ErrorCode::kBadFormat, StrCat("ZIP entry ", Quote(entry.name), " ", what),
               "the file is damaged: copy or download it again"};
}

bool InflateInto(std::span<const std::byte> packed, std::vector<std::byte>& out) {
  z_stream stream = {};
  if (inflateInit2(&stream, -MAX_WBITS) != Z_OK) return false;  // raw deflate, no zlib header
  // zlib counts in unsigned int; Inflate has bounded both sizes by 2^31.
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(packed.data()));
  stream.avail_in = static_cast<uInt>(packed.size());
  Bytef nowhere = 0;  // zlib refuses a null pointer, even for an empty entry
  stream.next_out = out.empty() ? &nowhere : reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const int ended = inflate(&stream, Z_FINISH);
  const bool whole = ended == Z_STREAM_END && stream.avail_in == 0 && stream.avail_out == 0;
  inflateEnd(&stream);
  return whole;
}

}  // namespace

Result<std::vector<std::byte>> ZipArchive::Inflate(const ZipEntry& entry, uint64_t limit_bytes) const {
  constexpr uint64_t kMaxBytes = uint64_t{1} << 31;
  const uint64_t limit = std::min(limit_bytes, kMaxBytes);
  if (entry.bytes > limit || entry.packed_bytes > kMaxBytes) {
    return Error{
        ErrorCode::kLimit,
        StrCat("ZIP entry ", Quote(entry.name), " unpacks to ", entry.bytes, " bytes; at most ", limit, " are read"),
        ""};
  }
  const auto packed = bytes_.subspan(static_cast<size_t>(entry.data_offset), static_cast<size_t>(entry.packed_bytes));
  std::vector<std::byte> out;
  if (entry.method == 0) {
    out.assign(packed.begin(), packed.end());
  } else if (entry.method == 8) {
    if (entry.bytes > entry.packed_bytes * kMaxRatio) return Bad(entry, "claims a size that deflate cannot reach");
    out.resize(static_cast<size_t>(entry.bytes));
    if (!InflateInto(packed, out)) return Bad(entry, "does not unpack to its stated size");
  } else {
    return Error{ErrorCode::kUnsupported,
                 StrCat("ZIP entry ", Quote(entry.name), " uses compression method ", entry.method),
                 "pack the archive again with deflate or without compression"};
  }
  const uLong crc = crc32_z(0, reinterpret_cast<const Bytef*>(out.data()), out.size());
  if (!out.empty() && crc != entry.crc) return Bad(entry, "has a wrong checksum");
  return out;
}

}  // namespace frond
