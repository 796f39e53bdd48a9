#include "src/records/record_writer.h"

#include <sys/stat.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string_view>
#include <system_error>
#include <utility>
#include <variant>

#include "src/base/format.h"
#include "src/records/record_schema.h"

namespace frond {
namespace {

using Json = nlohmann::ordered_json;

std::string LabelOf(const LabelScore& label) { return label.label.empty() ? StrCat(label.index) : label.label; }

void AppendText(const std::string& text, std::string& json) {
  const bool plain = std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~' && c != '"' && c != '\\'; });
  if (plain) {
    json.append("\"").append(text).append("\"");
  } else {
    json += Json(text).dump(-1, ' ', false, Json::error_handler_t::replace);
  }
}

// To the hundred thousandth: all the digits would be most of a record's bytes.
void AppendScore(double score, std::string& json) {
  char digits[32];
  const auto [end, error] = std::to_chars(std::begin(digits), std::end(digits), std::round(score * 1e5) / 1e5);
  json.append(std::isfinite(score) && error == std::errc() ? std::string_view(digits, end) : "null");
}

// Written by hand: a tree of JSON takes ten times as long, a third of what a record costs.
std::string TopJson(const std::vector<LabelScore>& top) {
  std::string json = "[";
  for (const LabelScore& label : top) {
    json.append(json.size() > 1 ? "," : "").append("{\"index\":").append(std::to_string(label.index));
    json.append(",\"label\":");
    AppendText(LabelOf(label), json);
    json.append(",\"score\":");
    AppendScore(label.score, json);
    json.append("}");
  }
  return json + "]";
}

// Within 1970 to 9999, so that no clock, however wrong, makes arithmetic on days overflow.
int64_t TimeOf(int64_t unix_ms) { return std::clamp<int64_t>(unix_ms, 0, 253'402'300'799'999); }

// Device and inode; zeros where there is none.
std::pair<uint64_t, uint64_t> FileAt(const std::string& path) {
  struct stat file = {};
  if (stat(path.c_str(), &file) != 0) return {};
  return {file.st_dev, file.st_ino};
}

}  // namespace

struct RecordWriter::Statements {
  SqlStatement begin, commit, pages, answer, prediction, photo, find_by_id, find_by_request, feedback, event, example,
      summary, summary_key;
};

RecordWriter::RecordWriter(const std::string& path, StoreLock lock, Database database)
    : path_(path), file_(FileAt(path)), lock_(std::move(lock)), database_(std::move(database)) {}
RecordWriter::~RecordWriter() = default;

Result<std::unique_ptr<RecordWriter>> RecordWriter::Open(const std::string& path) {
  FROND_ASSIGN(StoreLock lock, StoreLock::Take(path));
  FROND_ASSIGN(Database database, OpenStoreForWriting(path));
  std::unique_ptr<RecordWriter> writer(new RecordWriter(path, std::move(lock), std::move(database)));
  FROND_RETURN_IF_ERROR(writer->Prepare());
  return writer;
}

Status RecordWriter::Prepare() {
  // Of each transaction, too: to parse them anew costs as much as two records.
  FROND_ASSIGN(SqlStatement begin, database_.Prepare("BEGIN IMMEDIATE"));
  FROND_ASSIGN(SqlStatement commit, database_.Prepare("COMMIT"));
  FROND_ASSIGN(SqlStatement pages, database_.Prepare("PRAGMA page_count"));
  FROND_ASSIGN(page_bytes_, database_.Number("PRAGMA page_size"));
  FROND_ASSIGN(
      SqlStatement answer,
      database_.Prepare("INSERT INTO answers(unix_ms, request_id, trace_id, model, version, status, reason, "
                        "queue_ms, decode_ms, preprocess_ms, inference_ms, total_ms, brightness, contrast, "
                        "colour, sharpness, width_px, height_px) VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)"));
  FROND_ASSIGN(SqlStatement prediction, database_.Prepare("REPLACE INTO predictions VALUES(?,?,?,?,?,?)"));
  FROND_ASSIGN(SqlStatement photo, database_.Prepare("INSERT INTO photos VALUES(?,?)"));
  constexpr const char* kFind =
      "SELECT a.id, a.unix_ms, a.model, a.version, a.request_id, p.label FROM answers a LEFT JOIN predictions p ON "
      "p.answer_id = a.id AND p.task = ? WHERE ";
  FROND_ASSIGN(SqlStatement by_id, database_.Prepare(StrCat(kFind, "a.id = ?")));
  FROND_ASSIGN(SqlStatement by_request,
               database_.Prepare(StrCat(kFind, "a.request_id = ? ORDER BY a.id DESC LIMIT 1")));
  FROND_ASSIGN(SqlStatement feedback,
               database_.Prepare("INSERT INTO feedback(unix_ms, request_id, task, label, answer_id, answered_ms, "
                                 "model, version, predicted) VALUES(?,?,?,?,?,?,?,?,?)"));
  FROND_ASSIGN(SqlStatement event, database_.Prepare("INSERT INTO events(unix_ms, kind, raised, model, message, "
                                                     "p_value) VALUES(?,?,?,?,?,?)"));
  FROND_ASSIGN(SqlStatement example,
               database_.Prepare("INSERT INTO examples SELECT ?, ?, a.id FROM answers a JOIN photos p ON "
                                 "p.answer_id = a.id WHERE a.request_id = ? ORDER BY a.id DESC LIMIT 1"));
  FROND_ASSIGN(SqlStatement summary, database_.Prepare("REPLACE INTO summaries VALUES(?,?,?)"));
  FROND_ASSIGN(SqlStatement summary_key, database_.Prepare("REPLACE INTO summary_keys VALUES(?,?)"));
  statements_ = std::make_unique<Statements>(
      Statements{std::move(begin), std::move(commit), std::move(pages), std::move(answer), std::move(prediction),
                 std::move(photo), std::move(by_id), std::move(by_request), std::move(feedback), std::move(event),
                 std::move(example), std::move(summary), std::move(summary_key)});
  return {};
}

Status RecordWriter::StillThere() const {
  if (FileAt(path_) == file_) return {};
  return Error{ErrorCode::kIo, StrCat(path_, " was moved or deleted while it was written to"), ""};
}

Result<std::vector<RecordReceipt>> RecordWriter::Write(const std::vector<const Record*>& records, bool durable) {
  if (durable_ != durable) {
    FROND_RETURN_IF_ERROR(database_.Run(durable ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=NORMAL"));
    durable_ = durable;
  }
  FROND_RETURN_IF_ERROR(statements_->begin.Run());
  std::vector<RecordReceipt> receipts;
  receipts.reserve(records.size());
  for (const Record* record : records) {
    FROND_ASSIGN(const RecordReceipt receipt, std::visit([&](const auto& kind) { return WriteOne(kind); }, *record));
    receipts.push_back(receipt);
  }
  FROND_RETURN_IF_ERROR(statements_->commit.Run());
  return receipts;
}

Result<int64_t> RecordWriter::FileBytes() const {
  SqlStatement& pages = statements_->pages;
  FROND_RETURN_IF_ERROR(pages.Step());
  const int64_t count = pages.Int(0);
  pages.Reset();
  return count * page_bytes_;
}

Result<RecordReceipt> RecordWriter::WriteOne(const AnswerRecord& answer) {
  const Latencies& ms = answer.latencies;
  const RecordedPhoto& photo = answer.photo;
  SqlStatement& row = statements_->answer;
  row.Bind(TimeOf(answer.unix_ms))
      .Bind(answer.request_id)
      .Bind(answer.trace_id)
      .Bind(answer.model)
      .Bind(answer.version);
  row.Bind(answer.status).Bind(answer.reason);
  row.Bind(ms.queue_ms).Bind(ms.decode_ms).Bind(ms.preprocess_ms).Bind(ms.inference_ms).Bind(ms.total_ms);
  row.Bind(photo.brightness).Bind(photo.contrast).Bind(photo.colour).Bind(photo.sharpness);
  row.Bind(photo.width_px).Bind(photo.height_px);
  FROND_RETURN_IF_ERROR(row.Run());
  const int64_t id = database_.LastId();
  for (const TaskAnswer& task : answer.tasks) {
    if (task.top.empty()) continue;
    const std::string label = LabelOf(task.top.front());
    const std::string top = TopJson(task.top);
    SqlStatement& prediction = statements_->prediction;
    prediction.Bind(id).Bind(task.task).Bind(task.top.front().index).Bind(label).Bind(task.confidence).Bind(top);
    FROND_RETURN_IF_ERROR(prediction.Run());
  }
  if (!answer.photo_bytes.empty()) {
    statements_->photo.Bind(id).Bind(std::as_bytes(std::span(answer.photo_bytes)));
    FROND_RETURN_IF_ERROR(statements_->photo.Run());
  }
  return RecordReceipt{.id = id};
}

Result<RecordReceipt> RecordWriter::WriteOne(const FeedbackRecord& feedback) {
  SqlStatement& find = feedback.record_id != 0 ? statements_->find_by_id : statements_->find_by_request;
  find.Bind(feedback.task);
  if (feedback.record_id != 0) {
    find.Bind(feedback.record_id);
  } else {
    find.Bind(feedback.request_id);
  }
  FROND_ASSIGN(const bool answered, find.Step());
  const std::string predicted = answered ? find.Text(5) : "";
  if (predicted.empty()) {  // nobody's answer, or none to that task: it would tell nothing of any model
    find.Reset();
    return RecordReceipt{.recorded = false};
  }
  const std::string model = find.Text(2);
  const std::string version = find.Text(3);
  const std::string request = find.Text(4);
  SqlStatement& row = statements_->feedback;
  row.Bind(TimeOf(feedback.unix_ms)).Bind(request).Bind(feedback.task).Bind(feedback.label);
  row.Bind(find.Int(0)).Bind(find.Int(1)).Bind(model).Bind(version).Bind(predicted);
  find.Reset();
  FROND_RETURN_IF_ERROR(row.Run());
  return RecordReceipt{.id = database_.LastId()};
}

Result<RecordReceipt> RecordWriter::WriteOne(const EventRecord& event) {
  SqlStatement& row = statements_->event;
  row.Bind(TimeOf(event.unix_ms)).Bind(event.kind).Bind(static_cast<int64_t>(event.raised)).Bind(event.model);
  row.Bind(event.message).Bind(event.p_value);
  FROND_RETURN_IF_ERROR(row.Run());
  const int64_t id = database_.LastId();
  for (size_t i = 0; i < event.examples.size(); ++i) {
    SqlStatement& example = statements_->example;
    example.Bind(id).Bind(static_cast<int64_t>(i)).Bind(event.examples[i]);
    FROND_RETURN_IF_ERROR(example.Run());
  }
  return RecordReceipt{.id = id};
}

Result<RecordReceipt> RecordWriter::WriteOne(const DailySummary& summary) {
  statements_->summary.Bind(DayOf(TimeOf(std::clamp<int64_t>(summary.day, 0, 10'000'000) * kDayMs)))
      .Bind(summary.model)
      .Bind(std::as_bytes(std::span(summary.bytes)));
  FROND_RETURN_IF_ERROR(statements_->summary.Run());
  return RecordReceipt{};
}

Result<RecordReceipt> RecordWriter::WriteOne(const SummaryKey& key) {
  statements_->summary_key.Bind(key.model).Bind(key.json);
  FROND_RETURN_IF_ERROR(statements_->summary_key.Run());
  return RecordReceipt{};
}

}  // namespace frond
