// RecordWriter's limits of age and size.

#include <algorithm>
#include <limits>

#include "src/base/format.h"
#include "src/records/record_writer.h"

namespace frond {
namespace {

// Rows to a transaction: some milliseconds, in which records wait in the queue.
constexpr int64_t kPart = 512;
// Pages moved to a transaction when room is given back: 4 MB of log.
constexpr int64_t kVacuumPages = 1000;

// Daily summaries go last, for later years are compared with them: of the file they may have this share.
constexpr int64_t kSummaryShare = 4;

// The last moment of each table's oldest rows.
std::string OldestTimes() {
  std::string all;
  for (const char* times :
       {"SELECT unix_ms AS t FROM answers", "SELECT unix_ms AS t FROM feedback", "SELECT unix_ms AS t FROM events"}) {
    all += StrCat(all.empty() ? "" : " UNION ALL ", "SELECT t FROM (", times, " ORDER BY t LIMIT ", kPart, ")");
  }
  return StrCat("SELECT max(t) FROM (SELECT t FROM (", all, ") ORDER BY t LIMIT ", kPart, ")");
}

}  // namespace

Result<int64_t> RecordWriter::DropPart(int64_t least_unix_ms) {
  FROND_RETURN_IF_ERROR(database_.Run("BEGIN IMMEDIATE"));
  FROND_ASSIGN(const int64_t oldest, database_.Number(OldestTimes()));
  const int64_t last = std::min(oldest, least_unix_ms - 1);
  int64_t dropped = 0;
  for (const char* table : {"answers", "feedback", "events"}) {
    FROND_ASSIGN(SqlStatement drop,
                 database_.Prepare(StrCat("DELETE FROM ", table, " WHERE id IN (SELECT id FROM ", table,
                                          " WHERE unix_ms <= ? ORDER BY unix_ms LIMIT ", kPart, ")")));
    FROND_RETURN_IF_ERROR(drop.Bind(last).Run());
    dropped += database_.Changes();
  }
  FROND_RETURN_IF_ERROR(database_.Run("COMMIT"));
  return dropped;
}

Status RecordWriter::DropOlder(int64_t least_unix_ms, int64_t least_summary_unix_ms) {
  // A summary is as old as the end of its day.
  FROND_ASSIGN(SqlStatement drop, database_.Prepare("DELETE FROM summaries WHERE (day+1)*86400000 <= ?"));
  FROND_RETURN_IF_ERROR(drop.Bind(least_summary_unix_ms).Run());
  while (true) {
    FROND_ASSIGN(const int64_t dropped, DropPart(least_unix_ms));
    if (dropped == 0) return {};
  }
}

Result<int64_t> RecordWriter::Shrink(int64_t max_bytes) {
  FROND_ASSIGN(int64_t file, FileBytes());
  if (file <= max_bytes) return file;
  const int64_t goal = max_bytes / 10 * 9;
  FROND_ASSIGN(SqlStatement drop,
               database_.Prepare("DELETE FROM summaries WHERE day <= (SELECT max(day) FROM (SELECT day, "
                                 "sum(length(bytes)) OVER (ORDER BY day DESC, model) AS newest FROM summaries) "
                                 "WHERE newest > ?)"));
  FROND_RETURN_IF_ERROR(drop.Bind(max_bytes / kSummaryShare).Run());
  while (true) {
    FROND_ASSIGN(const int64_t used, UsedBytes());
    if (used <= goal) break;
    FROND_ASSIGN(const int64_t dropped, DropPart(std::numeric_limits<int64_t>::max()));
    if (dropped == 0) break;
  }
  while (file > goal) {
    FROND_RETURN_IF_ERROR(database_.Run(StrCat("PRAGMA incremental_vacuum(", kVacuumPages, ")").c_str()));
    FROND_ASSIGN(const int64_t smaller, FileBytes());
    if (smaller >= file) break;
    file = smaller;
  }
  return file;
}

Result<int64_t> RecordWriter::UsedBytes() const {
  FROND_ASSIGN(const int64_t file, FileBytes());
  FROND_ASSIGN(const int64_t free, database_.Number("PRAGMA freelist_count"));
  return file - free * page_bytes_;
}

}  // namespace frond
