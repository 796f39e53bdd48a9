#include "src/base/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>

#include "src/base/format.h"

namespace frond {

Result<MappedFile> MappedFile::Open(const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);  // a pipe must not block before it is refused
  if (fd < 0) {
    const bool missing = errno == ENOENT;
    return Error{missing ? ErrorCode::kNotFound : ErrorCode::kIo,
                 StrCat("cannot open ", path, ": ", std::strerror(errno)),
                 missing ? "check the path" : "check its permissions"};
  }
  struct stat info = {};
  if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
    close(fd);
    return Error{ErrorCode::kInvalidArgument, StrCat(path, " is not a regular file"), "give the path of a file"};
  }
  const auto size = static_cast<size_t>(info.st_size);
  void* data = nullptr;
  if (size > 0) {  // mmap refuses an empty range; an empty file is an empty span
    data = mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (data == MAP_FAILED) {
      const int reason = errno;
      close(fd);
      return Error{ErrorCode::kIo, StrCat("cannot map ", path, ": ", std::strerror(reason)), ""};
    }
  }
  close(fd);
  return MappedFile(data, size);
}

MappedFile::~MappedFile() {
  if (data_ != nullptr) munmap(data_, size_);
}

void ReleasePages(std::span<const std::byte> bytes) {
  const auto page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  const size_t past_page = reinterpret_cast<uintptr_t>(bytes.data()) % page;
  const size_t before = past_page == 0 ? 0 : page - past_page;  // bytes on a page that is shared
  if (bytes.size() < before + page) return;
  // Advice: where it is not taken, nothing is lost but memory.
  madvise(const_cast<std::byte*>(bytes.data()) + before, (bytes.size() - before) / page * page, MADV_DONTNEED);
}

}  // namespace frond
