#include "src/base/write_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

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

}  // namespace

Status WriteFileAtomically(const std::string& path, const std::vector<std::span<const std::byte>>& parts) {
  std::string temporary = path + ".XXXXXX";
  const int fd = mkstemp(temporary.data());
  const auto failure = [&](const char* what) {
    return Error{ErrorCode::kIo, StrCat("cannot ", what, " ", path, ": ", std::strerror(errno)),
                 "check that the folder exists, is writable and has room"};
  };
  if (fd < 0) return failure("write");
  bool good = true;
  for (const auto& part : parts) good = good && WriteAll(fd, part);
  const mode_t mask = umask(0);  // mkstemp made the file private; give it the usual mode
  umask(mask);
  good = good && fchmod(fd, 0666 & ~mask) == 0 && fsync(fd) == 0;
  if (!good) {
    const Error error = failure("write");
    close(fd);
    unlink(temporary.c_str());
    return error;
  }
  if (close(fd) != 0 || rename(temporary.c_str(), path.c_str()) != 0) {
    const Error error = failure("write");
    unlink(temporary.c_str());
    return error;
  }
  return {};
}

}  // namespace frond
