#ifndef FROND_SRC_DATA_ROW_CACHE_H_
#define FROND_SRC_DATA_ROW_CACHE_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "frond/result.h"

namespace frond {

// Rows of floats, equally long, in a file mapped into memory: what is dear to compute and never changes. A row is
// there, is void (known to have no values) or is missing. A process that is killed loses the row in hand at most; a row
// whose bytes are not those that were put, as after a loss of power, is missing. For one process, which reads and puts
// rows from one thread at a time.
class RowCache {
 public:
  // The file's rows, or a new file where it is none of this `key` and size. Takes the room on the disk at once. Errors:
  // kIo, also where the disk has no room, and then leaves no file; kMismatch where another process has it open.
  static Result<RowCache> Open(const std::string& path, const std::string& key, size_t rows, size_t row_floats);

  // Bytes of the file.
  static uint64_t FileBytes(uint64_t rows, uint64_t row_floats);

  RowCache(RowCache&& other) noexcept { *this = std::move(other); }
  RowCache& operator=(RowCache&& other) noexcept;
  RowCache(const RowCache&) = delete;
  RowCache& operator=(const RowCache&) = delete;
  ~RowCache();

  bool Has(size_t row) const { return Marks()[row] != 0; }
  // Empty: void. Nothing: missing.
  std::optional<std::span<const float>> Get(size_t row) const;
  // row_floats values, or none for a void row.
  void Put(size_t row, std::span<const float> values);

 private:
  RowCache() = default;
  std::span<uint64_t> Marks() const;
  float* Values(size_t row) const;
  uint64_t MarkOf(std::span<const float> values) const;
  void Check();

  int file_ = -1;
  std::byte* memory_ = nullptr;
  size_t bytes_ = 0;
  size_t rows_ = 0;
  size_t row_floats_ = 0;
};

}  // namespace frond

#endif  // FROND_SRC_DATA_ROW_CACHE_H_
