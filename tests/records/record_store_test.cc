// What is appended is there for a reader, once it is acknowledged; the limits hold.

#include "src/records/record_store.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cmath>
#include <filesystem>
#include <future>
#include <thread>
#include <vector>

#include "src/base/format.h"
#include "src/records/sqlite.h"
#include "tests/records/records.h"
#include "tests/support/temp_dir.h"

namespace frond {
namespace {

namespace fs = std::filesystem;

class RecordStoreTest : public testing::Test {
 protected:
  int64_t Number(const std::string& query) const {
    const Result<Database> database = Database::Open(path, Database::Mode::kRead);
    return database->Number(query).value();
  }

  TempDir dir;
  std::string path = dir.File("store.db");
};

TEST_F(RecordStoreTest, KeepsEveryFieldOfAnAnswer) {
  AnswerRecord answer = Answer("r1");
  answer.trace_id = "trace";
  answer.version = "7";
  answer.status = "unsure";
  answer.reason = "low \xff confidence";
  answer.tasks = {{"crop", {{3, "maize \"\xff\"", 0.625}, {4, "", 1e-5}, {5, "\n", std::nan("")}}, 0.625},
                  {"disease", {{9, "", 0.5}}, std::nan("")}};
  auto store = OpenStore(path);
  ASSERT_TRUE(store->Append(answer));
  store.reset();
  const Database database = Database::Open(path, Database::Mode::kRead).value();
  SqlStatement row = database.Prepare("SELECT * FROM answers").value();
  ASSERT_TRUE(row.Step().value());
  EXPECT_EQ(row.Int(1), kNow);
  const char* texts[] = {"r1", "trace", "leaf", "7", "unsure", "low \xff confidence"};
  for (int i = 0; i < 6; ++i) EXPECT_EQ(row.Text(2 + i), texts[i]);
  const double reals[] = {1, 2, 3, 4, 10, 0.5, 0.25, std::nan(""), 100, 640, 480};
  for (int i = 0; i < 11; ++i) {
    EXPECT_TRUE(row.Real(8 + i) == reals[i] || (std::isnan(reals[i]) && std::isnan(row.Real(8 + i)))) << i;
  }
  SqlStatement tasks = database.Prepare("SELECT task, label_index, label, confidence, top FROM predictions").value();
  ASSERT_TRUE(tasks.Step().value());
  EXPECT_EQ(tasks.Text(0), "crop");
  EXPECT_EQ(tasks.Text(2), "maize \"\xff\"");
  EXPECT_EQ(tasks.Real(3), 0.625);
  EXPECT_EQ(tasks.Text(4),
            "[{\"index\":3,\"label\":\"maize \\\"\xef\xbf\xbd\\\"\",\"score\":0.625},"
            "{\"index\":4,\"label\":\"4\",\"score\":1e-05},"
            "{\"index\":5,\"label\":\"\\n\",\"score\":null}]");
  ASSERT_TRUE(tasks.Step().value());
  EXPECT_EQ(tasks.Text(2), "9");
  EXPECT_TRUE(std::isnan(tasks.Real(3)));
}

TEST_F(RecordStoreTest, AcknowledgesWhatAReaderCanSee) {
  auto store = OpenStore(path);
  ASSERT_TRUE(store->state().writing);
  ASSERT_TRUE(store->Append(Answer("r1")));
  std::promise<RecordReceipt> told;
  int64_t seen = -1;
  ASSERT_TRUE(store->Append(Feedback("r1", "birch"), [&](const Result<RecordReceipt>& receipt) {
    seen = Number("SELECT count(*) FROM feedback WHERE request_id = 'r1'");
    told.set_value(receipt.value());
  }));
  const RecordReceipt receipt = told.get_future().get();
  EXPECT_TRUE(receipt.recorded);
  EXPECT_GT(receipt.id, 0);
  EXPECT_EQ(seen, 1);
  EXPECT_EQ(store->state().committed, 2U);
  EXPECT_EQ(store->state().dropped, 0U);
}

TEST_F(RecordStoreTest, FeedbackOnWhatIsNotInTheStoreIsNotKept) {
  auto store = OpenStore(path);
  AnswerRecord refused = Answer("refused");
  refused.status = "bad_request";
  refused.tasks.clear();
  ASSERT_TRUE(store->Append(Answer("r1")));
  ASSERT_TRUE(store->Append(refused));
  FeedbackRecord other_task = Feedback("r1", "birch");
  other_task.task = "disease";
  FeedbackRecord other_record = Feedback("r1", "birch");
  other_record.record_id = 77;
  for (const FeedbackRecord& feedback :
       {Feedback("nobody", "birch"), Feedback("refused", "birch"), other_task, other_record}) {
    std::promise<RecordReceipt> told;
    ASSERT_TRUE(store->Append(feedback, [&](const auto& receipt) { told.set_value(receipt.value()); }));
    EXPECT_FALSE(told.get_future().get().recorded);
  }
  store->Flush();
  EXPECT_EQ(store->state().committed, 2U);
  EXPECT_EQ(store->state().dropped, 0U);
  store.reset();
  EXPECT_EQ(Number("SELECT count(*) FROM feedback"), 0);
}

TEST_F(RecordStoreTest, FlushWaitsForNothingThatComesLater) {
  auto store = OpenStore(path);
  std::atomic<bool> ended = false;
  std::thread others([&] {
    while (!ended) store->Append(Answer("other"));
  });
  for (int i = 0; i < 20; ++i) {
    while (!store->Append(Answer(StrCat("r", i)))) std::this_thread::yield();
    store->Flush();
    EXPECT_EQ(Number(StrCat("SELECT count(*) FROM answers WHERE request_id = 'r", i, "'")), 1) << i;
  }
  ended = true;
  others.join();
}

// That there is one transaction is seen in the log: each writes the pages it touches once more.
TEST_F(RecordStoreTest, WhatNobodyWaitsForIsWrittenTogether) {
  RecordStoreOptions options = AtNow();
  options.gather = std::chrono::hours(1);
  options.queue_records = 400;
  auto store = OpenStore(path, options);
  store->Flush();
  const auto logged = [&] { return fs::file_size(path + "-wal"); };
  const uintmax_t before = logged();
  for (int i = 0; i < 99; ++i) {
    ASSERT_TRUE(store->Append(Answer(StrCat("r", i))));
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  EXPECT_EQ(store->state().queued, 99U);
  EXPECT_EQ(store->state().committed, 0U);
  EXPECT_EQ(logged(), before);
  ASSERT_TRUE(store->Append(Answer("r99")));  // a quarter of what may wait
  for (int i = 0; i < 5000 && store->state().committed < 100; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  EXPECT_EQ(store->state().committed, 100U);
  EXPECT_LT(logged() - before, 100U * 4096);

  // Who waits does so for all before it, and not for more.
  ASSERT_TRUE(store->Append(Answer("last")));
  std::promise<int64_t> told;
  ASSERT_TRUE(store->Append(Feedback("last", "birch"),
                            [&](const auto&) { told.set_value(Number("SELECT count(*) FROM answers")); }));
  EXPECT_EQ(told.get_future().get(), 101);
  ASSERT_TRUE(store->Append(Answer("at the end")));
  store.reset();
  EXPECT_EQ(Number("SELECT count(*) FROM answers"), 102);
}

TEST_F(RecordStoreTest, WhatNobodyWaitsForIsSoonWritten) {
  auto store = OpenStore(path);
  ASSERT_TRUE(store->Append(Answer("alone")));
  for (int i = 0; i < 5000 && store->state().committed == 0; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  EXPECT_EQ(store->state().committed, 1U);
}

TEST_F(RecordStoreTest, FeedbackByTheRecordsId) {
  auto store = OpenStore(path);
  std::atomic<int64_t> id = 0;
  ASSERT_TRUE(store->Append(Answer("twice", "apple"), [&](const auto& receipt) { id = receipt->id; }));
  ASSERT_TRUE(store->Append(Answer("twice", "cherry")));
  store->Flush();
  FeedbackRecord feedback = Feedback("", "apple");
  feedback.record_id = id;
  ASSERT_TRUE(store->Append(feedback));
  ASSERT_TRUE(store->Append(Feedback("twice", "apple")));  // the last of that id
  store.reset();
  EXPECT_EQ(Number("SELECT count(*) FROM feedback WHERE predicted = 'apple' AND request_id = 'twice'"), 1);
  EXPECT_EQ(Number("SELECT count(*) FROM feedback WHERE predicted = 'cherry'"), 1);
}

TEST_F(RecordStoreTest, AFullQueueDropsAndCounts) {
  RecordStoreOptions options = AtNow();
  options.queue_records = 8;
  auto store = OpenStore(path, options);
  std::promise<void> reached;
  std::promise<void> go_on;
  ASSERT_TRUE(store->Append(Answer("first"), [&](const auto&) {
    reached.set_value();
    go_on.get_future().wait();
  }));
  reached.get_future().wait();  // the store's thread is held
  int accepted = 0;
  for (int i = 0; i < 20; ++i) accepted += store->Append(Answer(StrCat("r", i))) ? 1 : 0;
  EXPECT_EQ(accepted, 8);
  EXPECT_EQ(store->state().queued, 8U);
  EXPECT_EQ(store->state().dropped, 12U);
  go_on.set_value();
  store->Flush();
  EXPECT_EQ(store->state().committed, 9U);
  EXPECT_TRUE(store->state().writing);
}

TEST_F(RecordStoreTest, TheQueueIsBoundedInBytesToo) {
  RecordStoreOptions options = AtNow();
  options.queue_bytes = 100'000;
  options.keep_photos = true;
  auto store = OpenStore(path, options);
  AnswerRecord answer = Answer("huge");
  answer.photo_bytes.assign(100'000, 'x');
  EXPECT_FALSE(store->Append(answer));
  EXPECT_EQ(store->state().dropped, 1U);
}

TEST_F(RecordStoreTest, KeepsPhotosOnlyWhereAsked) {
  AnswerRecord answer = Answer("r1");
  answer.photo_bytes = std::string("\xff\xd8\0photo", 8);
  for (const bool keep : {false, true}) {
    RecordStoreOptions options = AtNow();
    options.keep_photos = keep;
    OpenStore(path, options)->Append(answer);
    EXPECT_EQ(OpenReader(path).Photo("r1").value(), keep ? answer.photo_bytes : "");
  }
  EXPECT_EQ(Number("SELECT count(*) FROM photos"), 1);
}

TEST_F(RecordStoreTest, AnAlarmKeepsWhichPhotosShowIt) {
  RecordStoreOptions options = AtNow();
  options.keep_photos = true;
  auto store = OpenStore(path, options);
  for (const char* id : {"a", "b", "c"}) {
    AnswerRecord answer = Answer(id);
    if (*id != 'b') answer.photo_bytes = id;
    store->Append(answer);
  }
  store->Append(EventRecord{.unix_ms = kNow, .kind = "drift", .examples = {"c", "b", "nobody", "a"}});
  store->Append(EventRecord{.unix_ms = kNow - 1, .kind = "errors"});
  store.reset();
  const auto events = OpenReader(path).Events({}).value();
  ASSERT_EQ(events.size(), 2U);
  EXPECT_EQ(events[0].examples, (std::vector<std::string>{"c", "a"}));
  EXPECT_TRUE(events[1].examples.empty());
  // They go with their answers.
  options.unix_ms = [] { return kNow + 1000 * kDayMs; };
  OpenStore(path, options).reset();
  EXPECT_EQ(Number("SELECT count(*) FROM examples"), 0);
}

// One of an earlier frond, which knew nothing of examples and of summaries' keys.
TEST_F(RecordStoreTest, AStoreWithoutTheLaterTablesIsReadAndGivenThem) {
  auto store = OpenStore(path);
  store->Append(Answer("old"));
  store->Append(EventRecord{.unix_ms = kNow, .kind = "drift"});
  store.reset();
  ASSERT_TRUE(Database::Open(path, Database::Mode::kWrite)->Run("DROP TABLE examples; DROP TABLE summary_keys").ok());
  EXPECT_EQ(OpenReader(path).Events({}).value().size(), 1U);
  EXPECT_TRUE(OpenReader(path).SummaryKeys().value().empty());
  store = OpenStore(path);
  store->Append(SummaryKey{"leaf", "{}"});
  store->Append(SummaryKey{"leaf", "{\"key\":1}"});
  store.reset();
  const auto keys = OpenReader(path).SummaryKeys().value();
  ASSERT_EQ(keys.size(), 1U);
  EXPECT_EQ(keys[0].json, "{\"key\":1}");
}

TEST_F(RecordStoreTest, ManyThreadsMayAppend) {
  auto store = OpenStore(path);
  std::atomic<uint64_t> accepted = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 500; ++i) accepted += store->Append(Answer(StrCat(t, "/", i))) ? 1 : 0;
    });
  }
  for (std::thread& thread : threads) thread.join();
  store->Flush();
  EXPECT_EQ(store->state().committed, accepted);
  EXPECT_EQ(store->state().committed + store->state().dropped, 2000U);
  store.reset();
  EXPECT_EQ(Number("SELECT count(*) FROM answers"), static_cast<int64_t>(accepted.load()));
}

TEST_F(RecordStoreTest, TheOldestGoWhereTheFileIsFull) {
  RecordStoreOptions options = AtNow();
  options.max_bytes = 1 << 20;
  options.keep_photos = true;
  auto store = OpenStore(path, options);
  constexpr int kRecords = 6000;
  AnswerRecord answer = Answer("");
  answer.photo_bytes.assign(1000, 'x');
  for (int i = 0; i < kRecords; ++i) {
    answer.request_id = StrCat(i);
    answer.unix_ms = kNow + i;
    while (!store->Append(answer)) store->Flush();
    if (i % 100 == 0) {
      store->Flush();
      EXPECT_LE(store->state().bytes, options.max_bytes);
    }
  }
  store->Flush();
  EXPECT_TRUE(store->state().writing);
  store.reset();
  EXPECT_LE(fs::file_size(path), static_cast<uintmax_t>(options.max_bytes));
  const int64_t left = Number("SELECT count(*) FROM answers");
  EXPECT_GT(left, 200);
  EXPECT_LT(left, 1000);
  // Those that are left are the newest, without a gap, and nothing is left of the others.
  EXPECT_EQ(Number("SELECT min(unix_ms) FROM answers"), kNow + kRecords - left);
  EXPECT_EQ(Number("SELECT count(*) FROM predictions"), left);
  EXPECT_EQ(Number("SELECT count(*) FROM photos"), left);
}

TEST_F(RecordStoreTest, WhatIsTooOldGoesWhenItIsOpened) {
  auto store = OpenStore(path);
  for (int day = 0; day < 100; ++day) {
    const int64_t unix_ms = kNow - day * kDayMs;
    store->Append(Answer(StrCat(day), "apple", 0.9, unix_ms));
    store->Append(Feedback(StrCat(day), "apple", unix_ms));
    store->Append(EventRecord{.unix_ms = unix_ms, .kind = "drift"});
    store->Append(DailySummary{.day = kToday - day, .model = "leaf", .bytes = "summary"});
  }
  store.reset();
  RecordStoreOptions options = AtNow();
  options.max_age_days = 10;
  OpenStore(path, options).reset();
  for (const char* table : {"answers", "feedback", "events", "predictions"}) {
    EXPECT_EQ(Number(StrCat("SELECT count(*) FROM ", table)), 11) << table;
  }
  EXPECT_EQ(Number("SELECT count(*) FROM summaries"), 100) << "a day is compared with those of a year ago";
  store = OpenStore(path, options);
  for (const int day : {kSummaryDays - 1, kSummaryDays + 1}) {
    store->Append(DailySummary{.day = kToday - day, .model = "leaf", .bytes = "summary"});
  }
  store.reset();
  OpenStore(path, options).reset();
  EXPECT_EQ(Number("SELECT min(day) FROM summaries"), kToday - kSummaryDays + 1);
}

// What is answered today does not push out what days of last year are compared with, and that does not fill the store.
TEST_F(RecordStoreTest, SummariesHaveAShareOfTheFileAndOutliveAnswers) {
  RecordStoreOptions options = AtNow();
  options.max_bytes = 1 << 20;
  auto store = OpenStore(path, options);
  const std::string bytes(10'000, 's');
  for (int day = 1; day <= 10; ++day)
    store->Append(DailySummary{.day = kToday - 40 * day, .model = "leaf", .bytes = bytes});
  const auto fill = [&](int records) {
    for (int i = 0; i < records; ++i) {
      while (!store->Append(Answer(StrCat(i), "apple", 0.9, kNow))) store->Flush();
    }
    store->Flush();
  };
  fill(8000);
  EXPECT_LT(Number("SELECT count(*) FROM answers"), 8000);
  EXPECT_EQ(Number("SELECT count(*) FROM summaries"), 10);
  for (int day = 1; day <= 60; ++day) store->Append(DailySummary{.day = kToday - day, .model = "leaf", .bytes = bytes});
  fill(8000);
  store.reset();
  EXPECT_EQ(Number("SELECT count(*) FROM summaries"), options.max_bytes / 4 / 10'000);
  EXPECT_EQ(Number("SELECT max(day) FROM summaries"), kToday - 1);
  EXPECT_GT(Number("SELECT count(*) FROM answers"), 1000);
  EXPECT_LE(fs::file_size(path), static_cast<uintmax_t>(options.max_bytes));
}

TEST_F(RecordStoreTest, ASummaryTakesTheEarlierOnesPlace) {
  auto store = OpenStore(path);
  for (const char* bytes : {"first", "second"}) store->Append(DailySummary{kToday, "leaf", bytes});
  store->Append(DailySummary{kToday, "stem", "other"});
  store->Append(DailySummary{kToday - 1, "leaf", "before"});
  store->Flush();
  const auto all = OpenReader(path).Summaries({}).value();  // while it is being written
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(all[1].bytes, "second");
  const auto some =
      OpenReader(path).Summaries({.since_ms = kNow + kHourMs, .until_ms = kNow + 2 * kHourMs, .model = "leaf"}).value();
  ASSERT_EQ(some.size(), 1U);
  EXPECT_EQ(some[0].bytes, "second");
}

TEST_F(RecordStoreTest, OptionsThatCannotBeMeant) {
  RecordStoreOptions small = AtNow();
  small.max_bytes = 1000;
  EXPECT_EQ(RecordStore::Open(path, small).error().code, ErrorCode::kInvalidArgument);
  RecordStoreOptions never = AtNow();
  never.max_age_days = 0;
  EXPECT_EQ(RecordStore::Open(path, never).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(RecordStore::Open("").error().code, ErrorCode::kInvalidArgument);
  EXPECT_FALSE(fs::exists(path));
}

}  // namespace
}  // namespace frond
