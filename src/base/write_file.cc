#include "src/base/write_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <ios>
#include <random>

#include "src/base/format.h"

namespace frond {
namespace {

bool WriteAll(int fd, std::span<const std::byte> part) {
  while (!part.empty()) {
    const ssize_t written = write(fd, part.data(), part.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    part = part.subspan(static_cast<size_t>(written));
  }
  return true;
}

Error Failure(const std::string& path, int reason) {
  return Error{ErrorCode::kIo, StrCat("cannot write ", path, ": ", std::strerror(reason)),
               "check that the folder exists, is writable and has room"};
}

// A new file beside `path`, with the mode that the process's umask gives.
int CreateBeside(const std::string& path, std::string& temporary) {
  constexpr int kTries = 100;
  std::random_device random;
  for (int i = 0; i < kTries; ++i) {
    temporary = StrCat(path, ".", std::hex, random(), ".part");
    const int fd = open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd >= 0 || errno != EEXIST) return fd;
  }
  return -1;
}

// The file that a chain of symbolic links ends at; `path` itself where it is none, or points nowhere.
std::string FollowLinks(const std::string& path) {
  char* resolved = realpath(path.c_str(), nullptr);
  if (resolved == nullptr) return path;
  std::string out = resolved;
  std::free(resolved);
  return out;
}

Status WriteDirectly(const std::string& path, const std::vector<std::span<const std::byte>>& parts) {
  const int fd = open(path.c_str(), O_WRONLY | O_CLOEXEC);
  if (fd < 0) return Failure(path, errno);
  bool good = true;
  for (const auto& part : parts) good = good && WriteAll(fd, part);
  const int reason = errno;
  if (close(fd) != 0 && good) return Failure(path, errno);
  return good ? Status() : Failure(path, reason);
}

}  // namespace

Status WriteFileAtomically(const std::string& path, const std::vector<std::span<const std::byte>>& parts) {
  struct stat existing = {};
  const bool exists = stat(path.c_str(), &existing) == 0;
  if (exists && !S_ISREG(existing.st_mode) && !S_ISDIR(existing.st_mode)) return WriteDirectly(path, parts);
  const std::string target = FollowLinks(path);
  std::string temporary;
  const int fd = CreateBeside(target, temporary);
  if (fd < 0) return Failure(path, errno);
  bool good = true;
  for (const auto& part : parts) good = good && WriteAll(fd, part);
  good = good && fsync(fd) == 0;
  int reason = errno;
  if (close(fd) != 0 && good) {
    good = false;
    reason = errno;
  }
  if (good && rename(temporary.c_str(), target.c_str()) == 0) return {};
  if (good) reason = errno;
  unlink(temporary.c_str());
  return Failure(path, reason);
}

}  // namespace frond
