#include "src/records/record_schema.h"

#include "src/base/format.h"

namespace frond {
namespace {

// Real columns are NULL where nothing was measured. `feedback` has of its answer what accuracy is counted from, so that
// it outlives it. predictions.top is JSON: [{"index", "label", "score"}].
constexpr const char* kTables = R"sql(
CREATE TABLE meta(key TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE answers(
  id INTEGER PRIMARY KEY, unix_ms INTEGER NOT NULL, request_id TEXT NOT NULL, trace_id TEXT NOT NULL,
  model TEXT NOT NULL, version TEXT NOT NULL, status TEXT NOT NULL, reason TEXT NOT NULL,
  queue_ms REAL, decode_ms REAL, preprocess_ms REAL, inference_ms REAL, total_ms REAL,
  brightness REAL, contrast REAL, colour REAL, sharpness REAL, width_px REAL, height_px REAL) STRICT;
CREATE INDEX answers_by_time ON answers(unix_ms);
CREATE INDEX answers_by_request ON answers(request_id);
CREATE TABLE predictions(
  answer_id INTEGER NOT NULL REFERENCES answers(id) ON DELETE CASCADE,
  task TEXT NOT NULL, label_index INTEGER NOT NULL, label TEXT NOT NULL, confidence REAL, top TEXT NOT NULL,
  PRIMARY KEY(answer_id, task)) STRICT, WITHOUT ROWID;
CREATE TABLE photos(
  answer_id INTEGER PRIMARY KEY REFERENCES answers(id) ON DELETE CASCADE, bytes BLOB NOT NULL) STRICT;
CREATE TABLE feedback(
  id INTEGER PRIMARY KEY, unix_ms INTEGER NOT NULL, request_id TEXT NOT NULL, task TEXT NOT NULL, label TEXT NOT NULL,
  answer_id INTEGER, answered_ms INTEGER, model TEXT, version TEXT, predicted TEXT) STRICT;
CREATE INDEX feedback_by_time ON feedback(unix_ms);
CREATE TABLE events(
  id INTEGER PRIMARY KEY, unix_ms INTEGER NOT NULL, kind TEXT NOT NULL, raised INTEGER NOT NULL,
  model TEXT NOT NULL, message TEXT NOT NULL, p_value REAL) STRICT;
CREATE INDEX events_by_time ON events(unix_ms);
CREATE TABLE summaries(
  day INTEGER NOT NULL, model TEXT NOT NULL, bytes BLOB NOT NULL, PRIMARY KEY(day, model)) STRICT, WITHOUT ROWID;
)sql";

// Photos that show what an alarm is about, the clearest first; what summaries are read with, as JSON.
constexpr const char* kLaterTables = R"sql(
CREATE TABLE IF NOT EXISTS examples(
  event_id INTEGER NOT NULL REFERENCES events(id) ON DELETE CASCADE, place INTEGER NOT NULL,
  answer_id INTEGER NOT NULL REFERENCES answers(id) ON DELETE CASCADE,
  PRIMARY KEY(event_id, place)) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS examples_by_answer ON examples(answer_id);
CREATE TABLE IF NOT EXISTS summary_keys(model TEXT PRIMARY KEY, json TEXT NOT NULL) STRICT, WITHOUT ROWID;
)sql";

Status MakeStore(Database& database) {
  return database.Run(StrCat("BEGIN IMMEDIATE;", kTables, "PRAGMA application_id=", kStoreApplicationId,
                             ";PRAGMA user_version=", kStoreVersion, ";COMMIT;")
                          .c_str());
}

}  // namespace

Status CheckStore(const Database& database, const std::string& path) {
  FROND_ASSIGN(const int64_t application, database.Number("PRAGMA application_id"));
  if (application != kStoreApplicationId) {
    FROND_ASSIGN(const int64_t tables, database.Number("SELECT count(*) FROM sqlite_schema"));
    if (tables == 0) {
      return Error{ErrorCode::kBadFormat, StrCat(path, " is empty: there is no record store in it"),
                   "give the path that `frond serve` writes its records to"};
    }
    return Error{ErrorCode::kBadFormat, StrCat(path, " is a database of another program, no record store"),
                 "give another path"};
  }
  FROND_ASSIGN(const int64_t version, database.Number("PRAGMA user_version"));
  if (version == kStoreVersion) return {};
  return Error{
      ErrorCode::kUnsupported,
      StrCat(path, " is a record store of version ", version, ", and this frond knows version ", kStoreVersion),
      "use the frond that wrote it or a newer one, or give another path"};
}

Result<Database> OpenStoreForWriting(const std::string& path) {
  FROND_ASSIGN(Database database, Database::Open(path, Database::Mode::kWrite));
  FROND_ASSIGN(const int64_t application, database.Number("PRAGMA application_id"));
  FROND_ASSIGN(const int64_t tables, database.Number("SELECT count(*) FROM sqlite_schema"));
  if (application != 0 || tables != 0) FROND_RETURN_IF_ERROR(CheckStore(database, path));
  if (tables == 0) FROND_RETURN_IF_ERROR(database.Run("PRAGMA auto_vacuum=INCREMENTAL"));  // before any page is written
  FROND_ASSIGN(SqlStatement journal, database.Prepare("PRAGMA journal_mode=WAL"));
  FROND_ASSIGN(const bool row, journal.Step());
  if (!row || journal.Text(0) != "wal") {
    return Error{ErrorCode::kIo, StrCat("the file system of ", path, " cannot hold a write-ahead log"),
                 "put the record store on a local disk"};
  }
  journal.Reset();
  // A log that grew, under a long reader or a large deletion, is cut to this when it begins anew.
  FROND_RETURN_IF_ERROR(database.Run("PRAGMA foreign_keys=ON; PRAGMA journal_size_limit=4194304"));
  if (tables == 0) FROND_RETURN_IF_ERROR(MakeStore(database));
  FROND_RETURN_IF_ERROR(database.Run(kLaterTables));
  // Whether it can be written to is known now, and not at the first record.
  FROND_RETURN_IF_ERROR(database.Run("REPLACE INTO meta VALUES('opened_unix_s', unixepoch())"));
  return database;
}

}  // namespace frond
