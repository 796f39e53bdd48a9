#include "src/data/row_cache.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>

#include "src/base/format.h"
#include "src/data/content_hash.h"

namespace frond {
namespace {

constexpr uint64_t kPage = 4096;
constexpr uint64_t kVoid = 1;

// At the file's start; then a mark of eight bytes for each row (0: missing, 1: void, else a hash of its values), then,
// from a whole page on, the rows.
struct Header {
  char magic[8] = {'f', 'r', 'o', 'n', 'd', 'r', 'w', '1'};
  ContentHash key;
  uint64_t rows = 0;
  uint64_t row_floats = 0;
};

uint64_t WholePages(uint64_t bytes) { return (bytes + kPage - 1) / kPage * kPage; }

uint64_t RowsAt(uint64_t rows) { return WholePages(sizeof(Header) + rows * sizeof(uint64_t)); }

Error Failure(const std::string& path, const char* what, int reason) {
  return Error{ErrorCode::kIo, StrCat("cannot ", what, " ", path, ": ", std::strerror(reason)),
               "check that the folder is writable and has room"};
}

}  // namespace

uint64_t RowCache::FileBytes(uint64_t rows, uint64_t row_floats) {
  return RowsAt(rows) + rows * row_floats * sizeof(float);
}

Result<RowCache> RowCache::Open(const std::string& path, const std::string& key, size_t rows, size_t row_floats) {
  RowCache cache;
  cache.rows_ = rows;
  cache.row_floats_ = row_floats;
  cache.bytes_ = FileBytes(rows, row_floats);
  cache.file_ = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (cache.file_ < 0) return Failure(path, "open", errno);
  if (flock(cache.file_, LOCK_EX | LOCK_NB) != 0) {
    return Error{ErrorCode::kMismatch, path + " is in use by another process", "wait for it, or give another --out"};
  }
  Header wanted;
  wanted.key = HashContent(std::as_bytes(std::span(key)));
  wanted.rows = rows;
  wanted.row_floats = row_floats;
  Header found;
  struct stat info = {};
  const bool whole = fstat(cache.file_, &info) == 0 && static_cast<uint64_t>(info.st_size) == cache.bytes_ &&
                     pread(cache.file_, &found, sizeof(found), 0) == ssize_t{sizeof(found)} &&
                     std::memcmp(&found, &wanted, sizeof(found)) == 0;
  if (!whole) {
    int failed = ftruncate(cache.file_, 0) == 0 ? 0 : errno;
    // Room that is promised now is not refused later, when a write through the mapping could only raise SIGBUS.
    if (failed == 0) failed = posix_fallocate(cache.file_, 0, static_cast<off_t>(cache.bytes_));
    if (failed == 0 && pwrite(cache.file_, &wanted, sizeof(wanted), 0) != ssize_t{sizeof(wanted)}) failed = errno;
    if (failed != 0) {
      unlink(path.c_str());
      return Failure(path, "make", failed);
    }
  }
  void* memory = mmap(nullptr, cache.bytes_, PROT_READ | PROT_WRITE, MAP_SHARED, cache.file_, 0);
  if (memory == MAP_FAILED) return Failure(path, "map", errno);
  cache.memory_ = static_cast<std::byte*>(memory);
  if (whole) cache.Check();
  return cache;
}

RowCache& RowCache::operator=(RowCache&& other) noexcept {
  std::swap(file_, other.file_);
  std::swap(memory_, other.memory_);
  std::swap(bytes_, other.bytes_);
  std::swap(rows_, other.rows_);
  std::swap(row_floats_, other.row_floats_);
  return *this;
}

RowCache::~RowCache() {
  if (memory_ != nullptr) munmap(memory_, bytes_);
  if (file_ >= 0) close(file_);
}

std::span<uint64_t> RowCache::Marks() const { return {reinterpret_cast<uint64_t*>(memory_ + sizeof(Header)), rows_}; }

float* RowCache::Values(size_t row) const {
  return reinterpret_cast<float*>(memory_ + RowsAt(rows_)) + row * row_floats_;
}

uint64_t RowCache::MarkOf(std::span<const float> values) const {
  if (values.empty()) return kVoid;
  return std::max(kVoid + 1, HashContent(std::as_bytes(values)).low);
}

void RowCache::Check() {
  const std::span<uint64_t> marks = Marks();
  for (size_t row = 0; row < rows_; ++row) {
    if (marks[row] > kVoid && marks[row] != MarkOf({Values(row), row_floats_})) marks[row] = 0;
  }
}

std::optional<std::span<const float>> RowCache::Get(size_t row) const {
  const uint64_t mark = Marks()[row];
  if (mark == 0) return std::nullopt;
  return std::span<const float>(Values(row), mark == kVoid ? 0 : row_floats_);
}

void RowCache::Put(size_t row, std::span<const float> values) {
  std::copy(values.begin(), values.end(), Values(row));
  // The mark last: a process that is killed between the two leaves a missing row.
  std::atomic_ref<uint64_t>(Marks()[row]).store(MarkOf(values), std::memory_order_release);
}

}  // namespace frond
