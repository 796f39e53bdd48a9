#ifndef FROND_TESTS_RECORDS_RECORDS_H_
#define FROND_TESTS_RECORDS_RECORDS_H_

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

#include "src/records/record_reader.h"
#include "src/records/record_store.h"

namespace frond {

inline constexpr int64_t kNow = 1'795'910'400'000;  // 2026-11-29 00:00 UTC
inline constexpr int64_t kToday = kNow / kDayMs;

inline AnswerRecord Answer(const std::string& request_id, const std::string& label = "apple", double confidence = 0.9,
                           int64_t unix_ms = kNow) {
  return {.unix_ms = unix_ms,
          .request_id = request_id,
          .model = "leaf",
          .version = "1",
          .tasks = {{"", {{0, label, confidence}, {1, "birch", 1 - confidence}}, confidence}},
          .latencies = {.queue_ms = 1, .decode_ms = 2, .preprocess_ms = 3, .inference_ms = 4, .total_ms = 10},
          .photo = {.brightness = 0.5, .contrast = 0.25, .sharpness = 100, .width_px = 640, .height_px = 480}};
}

inline FeedbackRecord Feedback(const std::string& request_id, const std::string& label, int64_t unix_ms = kNow) {
  return {.unix_ms = unix_ms, .request_id = request_id, .task = "", .label = label};
}

// Whose clock stands still at kNow.
inline RecordStoreOptions AtNow() {
  RecordStoreOptions options;
  options.unix_ms = [] { return kNow; };
  options.retry = std::chrono::milliseconds(20);
  return options;
}

inline std::unique_ptr<RecordStore> OpenStore(const std::string& path, RecordStoreOptions options = AtNow()) {
  Result<std::unique_ptr<RecordStore>> store = RecordStore::Open(path, std::move(options));
  EXPECT_TRUE(store.ok()) << store.error().ToString();
  return store.ok() ? std::move(*store) : nullptr;
}

inline RecordReader OpenReader(const std::string& path) {
  Result<RecordReader> reader = RecordReader::Open(path);
  if (!reader.ok()) ADD_FAILURE() << reader.error().ToString();
  return std::move(reader).value();
}

inline bool Has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace frond

#endif  // FROND_TESTS_RECORDS_RECORDS_H_
