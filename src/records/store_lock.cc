#include "src/records/store_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "src/base/format.h"

namespace frond {

Result<StoreLock> StoreLock::Take(const std::string& path) {
  const std::string file = path + "-lock";
  const int fd = open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (fd < 0) {
    return Error{ErrorCode::kIo, StrCat("cannot write ", file, ": ", std::strerror(errno)),
                 "check that its folder exists and that this user may write to it"};
  }
  StoreLock lock(fd);
  if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
    const int reason = errno;
    if (reason != EWOULDBLOCK) {
      return Error{ErrorCode::kIo, StrCat("cannot lock ", file, ": ", std::strerror(reason)),
                   "put the record store on a local disk"};
    }
    char owner[24] = {};
    const ssize_t length = pread(fd, owner, sizeof(owner) - 1, 0);
    return Error{
        ErrorCode::kIo,
        StrCat("another process writes to ", path,
               length > 0 ? StrCat(" (id ", Quote(std::string_view(owner, static_cast<size_t>(length))), ")") : ""),
        "end that one, or give each its own record store"};
  }
  // For the message above alone: on a full disk it is left out.
  const std::string own = StrCat(getpid());
  if (ftruncate(fd, 0) == 0) [[maybe_unused]]
    const ssize_t written = pwrite(fd, own.data(), own.size(), 0);
  return lock;
}

StoreLock::~StoreLock() {
  if (fd_ >= 0) close(fd_);
}

}  // namespace frond
