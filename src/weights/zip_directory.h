#ifndef FROND_SRC_WEIGHTS_ZIP_DIRECTORY_H_
#define FROND_SRC_WEIGHTS_ZIP_DIRECTORY_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "frond/result.h"

namespace frond {

// Where an archive's central directory lies. offset + bytes <= end_record, which
// lies inside the file.
struct ZipDirectory {
  uint64_t offset = 0;
  uint64_t bytes = 0;
  uint64_t entries = 0;
  uint64_t end_record = 0;
};

// Finds the end-of-central-directory record from the back of the file, and its
// ZIP64 form where there is one. Errors: kBadFormat, kUnsupported.
Result<ZipDirectory> FindZipDirectory(std::span<const std::byte> bytes);

}  // namespace frond

#endif  // FROND_SRC_WEIGHTS_ZIP_DIRECTORY_H_
