// In place of zip_inflate.cc where the build has no zlib (FROND_CORE_ONLY).
// Stored entries, all that PyTorch writes, are viewed in place and need none.
#include "src/base/format.h"
#include "src/weights/zip.h"

namespace frond {

Result<std::vector<std::byte>> ZipArchive::Inflate(const ZipEntry& entry, uint64_t /*limit_bytes*/) const {
  return Error{ErrorCode::kUnsupported,
               StrCat("ZIP entry ", Quote(entry.name), " is to be unpacked, and this build has no zlib"),
               "build without FROND_CORE_ONLY, or import on another machine: a model file runs on every CPU"};
}

}  // namespace frond
