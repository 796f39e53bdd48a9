#ifndef FROND_SRC_RECORDS_RECORD_H_
#define FROND_SRC_RECORDS_RECORD_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace frond {

// What the record store keeps. Times are milliseconds since 1970 in UTC; a real that is not finite is kept as none.

struct LabelScore {
  int64_t index = 0;
  std::string label = {};  // empty where the model has no labels: the index stands for it then
  double score = 0;
};

// What a photo was called for one task.
struct TaskAnswer {
  std::string task = {};             // empty for the one task of most models
  std::vector<LabelScore> top = {};  // highest first
  double confidence = 0;             // calibrated, of the first
};

struct Latencies {
  std::optional<double> queue_ms = {}, decode_ms = {}, preprocess_ms = {}, inference_ms = {}, total_ms = {};
};

struct RecordedPhoto {
  std::optional<double> brightness = {}, contrast = {}, colour = {}, sharpness = {}, width_px = {}, height_px = {};
};

// One photo's answer, or that there was none.
struct AnswerRecord {
  int64_t unix_ms = 0;
  std::string request_id = {};  // one for each photo; of several with one id feedback means the last
  std::string trace_id = {};    // the client's; may be empty
  std::string model = {};
  std::string version = {};
  std::string status = "ok";  // anything else: what kind of refusal, abstention or failure
  std::string reason = {};    // of a status that is not "ok"
  std::vector<TaskAnswer> tasks = {};
  Latencies latencies = {};
  RecordedPhoto photo = {};
  std::string photo_bytes = {};  // the file as it came; kept only with RecordStoreOptions::keep_photos
};

// What somebody who knows says of an answer.
struct FeedbackRecord {
  int64_t unix_ms = 0;
  std::string request_id = {};  // of the answer
  int64_t record_id = 0;        // or RecordReceipt::id of the answer: counts before request_id where it is not 0
  std::string task = {};
  std::string label = {};  // the true one; where the model has no labels, the index
};

// An alarm that was raised, or cleared again.
struct EventRecord {
  int64_t unix_ms = 0;
  std::string kind = {};  // "latency", "drift"
  bool raised = true;
  std::string model = {};
  std::string message = {};
  std::optional<double> p_value = {};
  std::vector<std::string> examples = {};  // request ids of photos that show it; those of answers in the store are kept
};

// One for each day and model: a later one takes the earlier one's place.
struct DailySummary {
  int64_t day = 0;  // DayOf(unix_ms)
  std::string model = {};
  std::string bytes = {};  // opaque here
};

// What a model's summaries are read with; a later one takes the earlier one's place.
struct SummaryKey {
  std::string model = {};
  std::string json = {};  // TrafficKeyToJson
};

using Record = std::variant<AnswerRecord, FeedbackRecord, EventRecord, DailySummary, SummaryKey>;

// How long summaries are kept at least: days are compared with those of the same season of the year before.
constexpr int kSummaryDays = 400;

// About what a record takes in memory.
size_t BytesOf(const Record& record);

constexpr int64_t kDayMs = 24LL * 60 * 60 * 1000;
constexpr int64_t kHourMs = 60LL * 60 * 1000;

// The start of the stretch of `length_ms` that a time lies in, also before 1970.
constexpr int64_t StartOf(int64_t unix_ms, int64_t length_ms) {
  const int64_t past = unix_ms % length_ms;
  return unix_ms - past - (past < 0 ? length_ms : 0);
}
// Days since 1970-01-01, in UTC.
constexpr int64_t DayOf(int64_t unix_ms) { return StartOf(unix_ms, kDayMs) / kDayMs; }

}  // namespace frond

#endif  // FROND_SRC_RECORDS_RECORD_H_
