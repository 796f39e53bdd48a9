#include "src/records/record.h"

namespace frond {
namespace {

size_t TextBytes(const AnswerRecord& answer) {
  size_t bytes = answer.request_id.size() + answer.trace_id.size() + answer.model.size() + answer.version.size() +
                 answer.status.size() + answer.reason.size() + answer.photo_bytes.size();
  for (const TaskAnswer& task : answer.tasks) {
    bytes += sizeof(TaskAnswer) + task.task.size() + task.top.size() * sizeof(LabelScore);
    for (const LabelScore& label : task.top) bytes += label.label.size();
  }
  return bytes;
}

size_t TextBytes(const FeedbackRecord& feedback) {
  return feedback.request_id.size() + feedback.task.size() + feedback.label.size();
}

size_t TextBytes(const EventRecord& event) {
  size_t bytes = event.kind.size() + event.model.size() + event.message.size();
  for (const std::string& id : event.examples) bytes += id.size();
  return bytes;
}

size_t TextBytes(const DailySummary& summary) { return summary.model.size() + summary.bytes.size(); }

size_t TextBytes(const SummaryKey& key) { return key.model.size() + key.json.size(); }

}  // namespace

size_t BytesOf(const Record& record) {
  return sizeof(Record) + std::visit([](const auto& kind) { return TextBytes(kind); }, record);
}

}  // namespace frond
