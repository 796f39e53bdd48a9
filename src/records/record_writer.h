#ifndef FROND_SRC_RECORDS_RECORD_WRITER_H_
#define FROND_SRC_RECORDS_RECORD_WRITER_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "frond/result.h"
#include "src/records/record.h"
#include "src/records/record_store.h"
#include "src/records/sqlite.h"
#include "src/records/store_lock.h"

namespace frond {

// The store's file while it is being written; for the store's thread. After an error it is of no more use.
class RecordWriter {
 public:
  static Result<std::unique_ptr<RecordWriter>> Open(const std::string& path);
  ~RecordWriter();

  // All of them or none, in one transaction; `durable`: on the disk, and not only with the operating system.
  Result<std::vector<RecordReceipt>> Write(const std::vector<const Record*>& records, bool durable);

  // The limits, in record_limits.cc. Deletes what is older than `least_unix_ms`, daily summaries by a limit of their
  // own.
  Status DropOlder(int64_t least_unix_ms, int64_t least_summary_unix_ms);
  // Where the file has outgrown `max_bytes`, deletes the oldest until nine tenths are used and gives the rest back. Its
  // bytes afterwards. Summaries go only where they are more than a quarter.
  Result<int64_t> Shrink(int64_t max_bytes);

  Result<int64_t> FileBytes() const;
  // Error where another file, or none, has come to be at the path: what is written now, nobody would find.
  Status StillThere() const;

 private:
  RecordWriter(const std::string& path, StoreLock lock, Database database);

  Status Prepare();
  Result<RecordReceipt> WriteOne(const AnswerRecord& answer);
  Result<RecordReceipt> WriteOne(const FeedbackRecord& feedback);
  Result<RecordReceipt> WriteOne(const EventRecord& event);
  Result<RecordReceipt> WriteOne(const DailySummary& summary);
  Result<RecordReceipt> WriteOne(const SummaryKey& key);
  // Of what is older than `least_unix_ms` the oldest some hundred rows; how many there were.
  Result<int64_t> DropPart(int64_t least_unix_ms);
  Result<int64_t> UsedBytes() const;  // without the pages that are free

  std::string path_;
  std::pair<uint64_t, uint64_t> file_;  // device and inode
  StoreLock lock_;                      // outlives the database
  Database database_;
  int64_t page_bytes_ = 0;
  std::optional<bool> durable_;  // how transactions are synced now
  struct Statements;
  std::unique_ptr<Statements> statements_;
};

}  // namespace frond

#endif  // FROND_SRC_RECORDS_RECORD_WRITER_H_
