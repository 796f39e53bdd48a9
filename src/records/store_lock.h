#ifndef FROND_SRC_RECORDS_STORE_LOCK_H_
#define FROND_SRC_RECORDS_STORE_LOCK_H_

#include <string>
#include <utility>

#include "frond/result.h"

namespace frond {

// That one process alone writes a store: a lock on the file PATH-lock, which goes with the process however it ends. Not
// on the store itself: closing a second descriptor of it would lift the locks that SQLite holds (its "How To Corrupt",
// section 2.2). The file stays, since removing it would let two hold it.
class StoreLock {
 public:
  // Errors: kIo, where another process has it with that one's id.
  static Result<StoreLock> Take(const std::string& path);

  StoreLock(StoreLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  StoreLock& operator=(StoreLock&&) = delete;
  StoreLock(const StoreLock&) = delete;
  StoreLock& operator=(const StoreLock&) = delete;
  ~StoreLock();

 private:
  explicit StoreLock(int fd) : fd_(fd) {}
  int fd_;
};

}  // namespace frond

#endif  // FROND_SRC_RECORDS_STORE_LOCK_H_
