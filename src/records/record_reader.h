#ifndef FROND_SRC_RECORDS_RECORD_READER_H_
#define FROND_SRC_RECORDS_RECORD_READER_H_

#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "frond/result.h"
#include "src/base/wilson.h"
#include "src/monitor/latency_sketch.h"
#include "src/records/record.h"
#include "src/records/sqlite.h"

namespace frond {

// Which records: [since_ms, until_ms), of one model, of all its versions, or of all.
struct RecordFilter {
  int64_t since_ms = std::numeric_limits<int64_t>::min();
  int64_t until_ms = std::numeric_limits<int64_t>::max();
  std::string model = {};  // as IsOfModel takes it
};

struct RecordTotals {
  int64_t answers = 0;  // with every status
  int64_t feedback = 0;
  int64_t events = 0;
  std::optional<int64_t> first_ms, last_ms;  // of the answers
};

struct ModelCount {
  std::string model, version;
  int64_t answers = 0;
};

struct StatusCount {
  std::string status, reason;
  int64_t answers = 0;
};

// Of the answers that begin in [start_ms, start_ms + the stretch asked for).
struct LatencyStretch {
  int64_t start_ms = 0;
  int64_t answers = 0;  // with every status
  LatencySketch total;  // of those that have a total
};

struct StageLatencies {
  LatencySketch queue, decode, preprocess, inference, total;
};

struct ClassCount {
  int64_t day = 0;
  std::string task, label;
  int64_t answers = 0;
};

struct ConfidenceHistogram {
  std::string task;
  std::array<int64_t, 20> bins = {};  // of equal width; the last holds 1
};

// How often a task's answers are right, of a day or of all: as feedback says, and as the model's confidence has it.
struct TaskAccuracy {
  std::optional<int64_t> day;  // of the answers; none: of all
  std::string task;
  int64_t judged = 0;  // answers with feedback, the last of each counts
  int64_t right = 0;
  Interval measured;            // Wilson's, of right / judged
  int64_t answers = 0;          // with a confidence
  double estimated = 0;         // their mean confidence: the accuracy, as far as the model is calibrated
  Interval estimated_interval;  // 95 %, of the mean of so many trials with those chances (normal approximation)
};

// What was called one thing and is another.
struct Correction {
  std::string task, predicted, label;
  int64_t times = 0;
};

// Means and standard deviations of a day's photos; NaN where none was measured.
struct PhotoDay {
  int64_t day = 0;
  int64_t photos = 0;
  struct Moments {
    double mean = 0, deviation = 0;
  };
  Moments brightness, contrast, colour, sharpness;
};

// What a record store holds, for reports and for a service that starts again. Sees the store as it was when it was
// opened, also while another process writes to it; not to be held open for long, since the log grows meanwhile. For one
// thread at a time. Each question reads what the filter leaves, about a million answers a second.
class RecordReader {
 public:
  // Errors: kNotFound; kBadFormat for what is no store, an empty or a damaged one; kUnsupported for one of a newer
  // version, or a build without SQLite; kIo.
  static Result<RecordReader> Open(const std::string& path);

  Result<RecordTotals> Totals(const RecordFilter& filter) const;
  Result<std::vector<ModelCount>> Models(const RecordFilter& filter) const;     // most answers first
  Result<std::vector<StatusCount>> Statuses(const RecordFilter& filter) const;  // most first
  // In order of time, without those that have no answers. A stretch takes 6 KB.
  Result<std::vector<LatencyStretch>> LatencyOverTime(const RecordFilter& filter, int64_t stretch_ms = kHourMs) const;
  Result<StageLatencies> LatencyByStage(const RecordFilter& filter) const;

  // record_reader_quality.cc
  Result<std::vector<ClassCount>> ClassMix(const RecordFilter& filter) const;  // by day, task, most first
  Result<std::vector<ConfidenceHistogram>> Confidences(const RecordFilter& filter) const;
  Result<std::vector<TaskAccuracy>> Accuracy(const RecordFilter& filter) const;       // a task each
  Result<std::vector<TaskAccuracy>> AccuracyByDay(const RecordFilter& filter) const;  // by task and day
  // What feedback says: reads that alone, however many answers there are. Tasks without any are left out, and `answers`
  // and what is estimated are 0.
  Result<std::vector<TaskAccuracy>> MeasuredAccuracy(const RecordFilter& filter) const;
  Result<std::vector<Correction>> Corrections(const RecordFilter& filter, int64_t most = 20) const;
  Result<std::vector<PhotoDay>> PhotosByDay(const RecordFilter& filter) const;

  Result<std::vector<EventRecord>> Events(const RecordFilter& filter, int64_t most = 1000) const;  // newest first
  Result<std::vector<DailySummary>> Summaries(
      const RecordFilter& filter) const;  // by day, of days that the filter meets
  // Of each model that has one, as it was last.
  Result<std::vector<SummaryKey>> SummaryKeys() const;
  // As it came, of the last answer with this id; empty where it was not kept.
  Result<std::string> Photo(const std::string& request_id) const;

 private:
  explicit RecordReader(Database database) : database_(std::move(database)) {}

  // With ?1, ?2 and ?3 as the filter's: kInTime is a condition on unix_ms, kOfModel (as IsOfModel) on model.
  Result<SqlStatement> Ask(const std::string& query, const RecordFilter& filter) const;
  // Whether there is a table that stores did not always have.
  Result<bool> Has(const char* table) const;
  Result<std::vector<TaskAccuracy>> AccuracyBy(const RecordFilter& filter, bool by_day) const;

  static constexpr std::string_view kOfModel =
      " (?3 = '' OR model = ?3 OR substr(model, 1, length(?3) + 1) = ?3 || '/') ";
  static constexpr std::string_view kInTime = " unix_ms >= ?1 AND unix_ms < ?2 AND";

  Database database_;
};

}  // namespace frond

#endif  // FROND_SRC_RECORDS_RECORD_READER_H_
