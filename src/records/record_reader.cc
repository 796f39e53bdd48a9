#include "src/records/record_reader.h"

#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <map>

#include "src/base/format.h"
#include "src/records/record_schema.h"

namespace frond {

Result<RecordReader> RecordReader::Open(const std::string& path) {
  FROND_RETURN_IF_ERROR(Database::Available());
  struct stat file = {};
  if (stat(path.c_str(), &file) != 0) {
    if (errno == ENOENT) {
      return Error{ErrorCode::kNotFound, StrCat("there is no record store ", path),
                   "give the path that `frond serve` writes its records to"};
    }
    return Error{ErrorCode::kIo, StrCat("cannot read ", path, ": ", std::strerror(errno)), "check its permissions"};
  }
  if (!S_ISREG(file.st_mode)) {
    return Error{ErrorCode::kBadFormat, StrCat(path, " is no file, and so no record store"),
                 "give the path that `frond serve` writes its records to"};
  }
  FROND_ASSIGN(Database database, Database::Open(path, Database::Mode::kRead));
  // One transaction until the end: every answer is of the same moment.
  FROND_RETURN_IF_ERROR(database.Run("BEGIN"));
  FROND_RETURN_IF_ERROR(CheckStore(database, path));
  return RecordReader(std::move(database));
}

Result<SqlStatement> RecordReader::Ask(const std::string& query, const RecordFilter& filter) const {
  FROND_ASSIGN(SqlStatement statement, database_.Prepare(query));
  statement.Bind(filter.since_ms).Bind(filter.until_ms).Bind(filter.model);
  return statement;
}

Result<RecordTotals> RecordReader::Totals(const RecordFilter& filter) const {
  RecordTotals totals;
  FROND_ASSIGN(
      SqlStatement answers,
      Ask(StrCat("SELECT count(*), min(unix_ms), max(unix_ms) FROM answers WHERE", kInTime, kOfModel), filter));
  FROND_RETURN_IF_ERROR(answers.Step());
  totals.answers = answers.Int(0);
  if (totals.answers > 0) {
    totals.first_ms = answers.Int(1);
    totals.last_ms = answers.Int(2);
  }
  FROND_ASSIGN(SqlStatement feedback, Ask(StrCat("SELECT count(*) FROM feedback WHERE", kInTime, kOfModel), filter));
  FROND_RETURN_IF_ERROR(feedback.Step());
  totals.feedback = feedback.Int(0);
  FROND_ASSIGN(SqlStatement events, Ask(StrCat("SELECT count(*) FROM events WHERE", kInTime, kOfModel), filter));
  FROND_RETURN_IF_ERROR(events.Step());
  totals.events = events.Int(0);
  return totals;
}

Result<std::vector<ModelCount>> RecordReader::Models(const RecordFilter& filter) const {
  FROND_ASSIGN(SqlStatement rows, Ask(StrCat("SELECT model, version, count(*) AS n FROM answers WHERE", kInTime,
                                             kOfModel, "GROUP BY model, version ORDER BY n DESC, model, version"),
                                      filter));
  std::vector<ModelCount> models;
  while (true) {
    FROND_ASSIGN(const bool row, rows.Step());
    if (!row) return models;
    models.push_back({rows.Text(0), rows.Text(1), rows.Int(2)});
  }
}

Result<std::vector<StatusCount>> RecordReader::Statuses(const RecordFilter& filter) const {
  FROND_ASSIGN(SqlStatement rows,
               Ask(StrCat("SELECT status, reason, count(*) AS n FROM answers WHERE", kInTime, kOfModel,
                          "GROUP BY status, reason ORDER BY n DESC, status, reason LIMIT 100"),
                   filter));
  std::vector<StatusCount> statuses;
  while (true) {
    FROND_ASSIGN(const bool row, rows.Step());
    if (!row) return statuses;
    statuses.push_back({rows.Text(0), rows.Text(1), rows.Int(2)});
  }
}

Result<std::vector<LatencyStretch>> RecordReader::LatencyOverTime(const RecordFilter& filter,
                                                                  int64_t stretch_ms) const {
  FROND_ASSIGN(SqlStatement rows,
               Ask(StrCat("SELECT unix_ms, total_ms FROM answers WHERE", kInTime, kOfModel), filter));
  std::map<int64_t, LatencyStretch> stretches;
  while (true) {
    FROND_ASSIGN(const bool row, rows.Step());
    if (!row) break;
    const int64_t start_ms = StartOf(rows.Int(0), stretch_ms);
    LatencyStretch& stretch = stretches[start_ms];
    stretch.start_ms = start_ms;
    ++stretch.answers;
    stretch.total.Add(rows.Real(1));
  }
  std::vector<LatencyStretch> in_order;
  in_order.reserve(stretches.size());
  for (const auto& [start_ms, stretch] : stretches) in_order.push_back(stretch);
  return in_order;
}

Result<StageLatencies> RecordReader::LatencyByStage(const RecordFilter& filter) const {
  FROND_ASSIGN(SqlStatement rows, Ask(StrCat("SELECT queue_ms, decode_ms, preprocess_ms, inference_ms, total_ms FROM "
                                             "answers WHERE",
                                             kInTime, kOfModel),
                                      filter));
  StageLatencies stages;
  while (true) {
    FROND_ASSIGN(const bool row, rows.Step());
    if (!row) return stages;
    stages.queue.Add(rows.Real(0));
    stages.decode.Add(rows.Real(1));
    stages.preprocess.Add(rows.Real(2));
    stages.inference.Add(rows.Real(3));
    stages.total.Add(rows.Real(4));
  }
}

Result<std::vector<EventRecord>> RecordReader::Events(const RecordFilter& filter, int64_t most) const {
  FROND_ASSIGN(const bool with_examples, Has("examples"));
  FROND_ASSIGN(
      SqlStatement examples,
      database_.Prepare(with_examples ? "SELECT a.request_id FROM examples e JOIN answers a ON a.id = e.answer_id "
                                        "WHERE e.event_id = ? ORDER BY e.place"
                                      : "SELECT 1 WHERE ? < 0"));
  FROND_ASSIGN(SqlStatement rows,
               Ask(StrCat("SELECT unix_ms, kind, raised, model, message, p_value, id FROM events WHERE", kInTime,
                          kOfModel, "ORDER BY unix_ms DESC, id DESC LIMIT ?4"),
                   filter));
  rows.Bind(most);
  std::vector<EventRecord> events;
  while (true) {
    FROND_ASSIGN(const bool row, rows.Step());
    if (!row) return events;
    EventRecord& event = events.emplace_back();
    event = {rows.Int(0), rows.Text(1), rows.Int(2) != 0, rows.Text(3), rows.Text(4), rows.Optional(5), {}};
    examples.Bind(rows.Int(6));
    while (true) {
      FROND_ASSIGN(const bool example, examples.Step());
      if (!example) break;
      event.examples.push_back(examples.Text(0));
    }
    examples.Reset();
  }
}

Result<std::vector<DailySummary>> RecordReader::Summaries(const RecordFilter& filter) const {
  FROND_ASSIGN(
      SqlStatement rows,
      Ask(StrCat("SELECT day, model, bytes FROM summaries WHERE (day + 1) * 86400000 > ?1 AND day * 86400000 < ?2 AND",
                 kOfModel, "ORDER BY day, model"),
          filter));
  std::vector<DailySummary> summaries;
  while (true) {
    FROND_ASSIGN(const bool row, rows.Step());
    if (!row) return summaries;
    summaries.push_back({rows.Int(0), rows.Text(1), rows.Blob(2)});
  }
}

Result<bool> RecordReader::Has(const char* table) const {
  FROND_ASSIGN(SqlStatement row, database_.Prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?"));
  return row.Bind(std::string_view(table)).Step();
}

Result<std::vector<SummaryKey>> RecordReader::SummaryKeys() const {
  std::vector<SummaryKey> keys;
  FROND_ASSIGN(const bool there, Has("summary_keys"));
  if (!there) return keys;
  FROND_ASSIGN(SqlStatement rows, database_.Prepare("SELECT model, json FROM summary_keys ORDER BY model"));
  while (true) {
    FROND_ASSIGN(const bool row, rows.Step());
    if (!row) return keys;
    keys.push_back({rows.Text(0), rows.Text(1)});
  }
}

Result<std::string> RecordReader::Photo(const std::string& request_id) const {
  FROND_ASSIGN(SqlStatement row, database_.Prepare("SELECT p.bytes FROM answers a JOIN photos p ON p.answer_id = a.id "
                                                   "WHERE a.request_id = ? ORDER BY a.id DESC LIMIT 1"));
  FROND_ASSIGN(const bool there, row.Bind(request_id).Step());
  return there ? row.Blob(0) : std::string();
}

}  // namespace frond
