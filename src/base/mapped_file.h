#ifndef FROND_SRC_BASE_MAPPED_FILE_H_
#define FROND_SRC_BASE_MAPPED_FILE_H_

#include <cstddef>
#include <span>
#include <string>
#include <utility>

#include "frond/result.h"

namespace frond {

// A whole file mapped read-only. Owns the mapping; views into bytes() live as
// long as it does. A file that another process truncates while mapped raises
// SIGBUS on access, as with any mapping: replace files by rename, never in place.
class MappedFile {
 public:
  // Errors: kNotFound, kIo, kInvalidArgument for what is no regular file.
  static Result<MappedFile> Open(const std::string& path);

  MappedFile(MappedFile&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  MappedFile& operator=(MappedFile&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    return *this;
  }
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  ~MappedFile();

  std::span<const std::byte> bytes() const { return {static_cast<const std::byte*>(data_), size_}; }

 private:
  MappedFile(void* data, size_t size) : data_(data), size_(size) {}
  void* data_;
  size_t size_;
};

// Lets go of the memory behind a span of a MappedFile that will hardly be read again; what is read again comes back
// from the file.
void ReleasePages(std::span<const std::byte> bytes);

}  // namespace frond

#endif  // FROND_SRC_BASE_MAPPED_FILE_H_
