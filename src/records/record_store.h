#ifndef FROND_SRC_RECORDS_RECORD_STORE_H_
#define FROND_SRC_RECORDS_RECORD_STORE_H_

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "frond/result.h"
#include "src/records/record.h"

namespace frond {

struct RecordStoreOptions {
  // Of the file; the oldest records go beyond it. The log beside it takes some megabytes more.
  int64_t max_bytes = 256LL << 20;
  int max_age_days = 90;  // daily summaries kSummaryDays at least
  bool keep_photos = false;
  // What may wait to be written: records, and their bytes.
  size_t queue_records = 4096;
  size_t queue_bytes = 32U << 20;
  // How long a record that nobody waits for may wait for others, to be written in one transaction with them.
  std::chrono::milliseconds gather{50};
  // After a failure that may pass, such as a full disk, writing is tried again this often.
  std::chrono::milliseconds retry{10'000};
  std::function<int64_t()> unix_ms = {};  // the clock that ages are told by; none: the system's
};

// That a record is on disk.
struct RecordReceipt {
  int64_t id = 0;        // of an answer, for FeedbackRecord::record_id; a summary has none
  bool recorded = true;  // false for feedback whose answer, or task, is not in the store: that is not kept
};

struct RecordStoreState {
  bool writing = false;
  std::optional<Error> error;  // why it is not writing, and what to do
  uint64_t committed = 0;      // records, since it was opened; without feedback on what is not in the store
  uint64_t dropped = 0;        // refused by Append, or lost with a transaction that failed
  size_t queued = 0;
  int64_t bytes = 0;  // of the file
};

// What a service answered and what became of it, in an embedded SQLite database. One thread writes; Append hands it a
// record and comes back at once. Nothing that befalls the file is thrown or ends the process: the store stops writing,
// says why, counts what it drops, and goes on by itself where that can help. Safe for any number of threads.
//
// A record that somebody waits for (on_commit) is written at once, with all before it, and synced to the disk before
// they are told (synchronous=FULL). Others are gathered for a moment (RecordStoreOptions::gather), since a transaction
// costs more than twenty records in it, and not synced (NORMAL): killing the process loses that moment's at most, a
// power cut may lose the last seconds, neither damages the store.
class RecordStore {
 public:
  // Called once, on the store's thread, when the record is on disk or will never be. Must be quick and throw nothing.
  using OnCommit = std::function<void(const Result<RecordReceipt>&)>;

  // A store always, whose state() says whether it writes and if not why: another process writes to it, the disk is
  // full, the file is no store, damaged, or of a newer frond. Errors: kInvalidArgument for the options; kUnsupported
  // for a build without SQLite.
  static Result<std::unique_ptr<RecordStore>> Open(const std::string& path, RecordStoreOptions options = {});

  // Writes what waits.
  ~RecordStore();
  RecordStore(const RecordStore&) = delete;
  RecordStore& operator=(const RecordStore&) = delete;

  // False: the record is dropped, on_commit will not be called: the queue is full, or the store is not writing. Never
  // waits for the disk. Records are written in the order of the calls.
  bool Append(Record record, OnCommit on_commit = {});

  // Waits until all that was appended before is written or dropped.
  void Flush();

  RecordStoreState state() const;

 private:
  class Impl;
  explicit RecordStore(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace frond

#endif  // FROND_SRC_RECORDS_RECORD_STORE_H_
