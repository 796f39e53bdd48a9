// frond report as a shell sees it: the document, the page, and what it says of stores that are none.

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <random>
#include <set>

#include "src/base/format.h"
#include "src/monitor/traffic_key.h"
#include "src/monitor/traffic_summary.h"
#include "src/records/record_store.h"
#include "tests/cli/program.h"

namespace frond {
namespace {

using Json = nlohmann::json;

constexpr int64_t kStart = 1'795'910'400'000;  // 2026-11-29T00:00:00Z

class ReportVerb : public Program {
 protected:
  // A day of answers, one a minute for ten hours, then a few of another model; feedback for 100 of them, 80 right.
  void WriteStore() {
    RecordStoreOptions options;
    options.unix_ms = [] { return kStart; };
    auto store = RecordStore::Open(path, options).value();
    for (int i = 0; i < 600; ++i) store->Append(Answer(i, "leaf", kStart + i * 60'000));
    for (int i = 600; i < 610; ++i) store->Append(Answer(i, "stem/2", kStart + 2 * kDayMs + i));
    for (int i = 0; i < 100; ++i) {
      const char* label = i % 5 == 0 ? "<b>scab</b>" : "apple";
      store->Append(FeedbackRecord{.unix_ms = kStart + kDayMs, .request_id = StrCat(i), .label = label});
    }
    store->Append(EventRecord{.unix_ms = kStart + kHourMs,
                              .kind = "drift",
                              .model = "leaf",
                              .message = "darker & greener",
                              .p_value = 0.003});
    store->Flush();
  }

  static AnswerRecord Answer(int i, const std::string& model, int64_t unix_ms) {
    AnswerRecord answer;
    answer.unix_ms = unix_ms;
    answer.request_id = StrCat(i);
    answer.model = model;
    answer.version = "1";
    answer.tasks = {{"", {{0, "apple", 0.75}, {1, "birch", 0.25}}, 0.75}};
    answer.latencies.total_ms = 10 + i % 100;
    answer.latencies.inference_ms = 8;
    answer.photo.brightness = 0.5;
    return answer;
  }

  // The error of a run that ends with 1.
  Json ErrorOf(const std::string& arguments) {
    const Outcome outcome = Run("report " + arguments + " --json");
    EXPECT_EQ(outcome.status, 1) << arguments;
    return Json::parse(outcome.out)["error"];
  }

  std::string path = dir.File("store.db");
};

TEST_F(ReportVerb, TheDocumentSaysWhatIsInTheStore) {
  WriteStore();
  const Outcome outcome = Run("report " + path + " --json");
  ASSERT_EQ(outcome.status, 0) << outcome.out << outcome.err;
  const Json json = Json::parse(outcome.out);
  EXPECT_EQ(json["store"], path);
  EXPECT_EQ(json["totals"], (Json{{"answers", 610},
                                  {"feedback", 100},
                                  {"events", 1},
                                  {"first", "2026-11-29T00:00:00Z"},
                                  {"last", "2026-12-01T00:00:00Z"}}));
  EXPECT_EQ(json["models"][0], (Json{{"model", "leaf"}, {"version", "1"}, {"answers", 600}}));
  EXPECT_NEAR(json["latency_ms"]["total"]["p50"], 59, 1);
  EXPECT_NEAR(json["latency_ms"]["total"]["p95"], 104, 2);
  EXPECT_EQ(json["latency_ms"]["queue"]["n"], 0);
  EXPECT_TRUE(json["latency_ms"]["queue"]["p50"].is_null());
  EXPECT_EQ(json["over_time"]["stretch_s"], 3600);
  EXPECT_EQ(json["over_time"]["stretches"].size(), 11U);
  EXPECT_EQ(json["over_time"]["stretches"][0]["answers"], 60);
  EXPECT_EQ(json["accuracy"][0]["measured"]["n"], 100);
  EXPECT_EQ(json["accuracy"][0]["measured"]["right"], 80);
  EXPECT_NEAR(json["accuracy"][0]["measured"]["interval"][0], 0.7112, 1e-4);  // SciPy's Wilson interval of 80 of 100
  EXPECT_NEAR(json["accuracy"][0]["measured"]["interval"][1], 0.8666, 1e-4);
  EXPECT_EQ(json["accuracy"][0]["estimated"]["share"], 0.75);
  EXPECT_EQ(json["classes"][0], (Json{{"day", "2026-11-29"}, {"task", ""}, {"label", "apple"}, {"answers", 600}}));
  EXPECT_EQ(json["confidence"][0]["bins"][15], 610);
  EXPECT_EQ(json["corrections"][0]["times"], 20);
  EXPECT_EQ(json["photos"][0]["brightness"]["mean"], 0.5);
  EXPECT_EQ(json["events"][0]["p_value"], 0.003);
}

TEST_F(ReportVerb, OnlyOneModelAndOnlySince) {
  WriteStore();
  const Json stem = Json::parse(Run("report " + path + " --model stem --json").out);
  EXPECT_EQ(stem["totals"]["answers"], 10);
  EXPECT_EQ(stem["model"], "stem");
  EXPECT_EQ(Json::parse(Run("report " + path + " --model stem/2 --json").out)["totals"]["answers"], 10);
  EXPECT_EQ(ErrorOf(path + " --model ste")["remedy"], "it has those of 'leaf', 'stem/2'");
  const Json late = Json::parse(Run("report " + path + " --since 2026-11-29T09:30 --json").out);
  EXPECT_EQ(late["totals"]["answers"], 40);
  EXPECT_EQ(late["since"], "2026-11-29T09:30:00Z");
  EXPECT_EQ(Json::parse(Run("report " + path + " --since 36500d --json").out)["totals"]["answers"], 610);
}

TEST_F(ReportVerb, ThePageNeedsNothingElseAndEscapes) {
  WriteStore();
  const Outcome outcome = Run("report " + path + " -o " + dir.File("report.html"));
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_TRUE(Has(outcome.out, "610 answers from 2026-11-29T00:00:00Z")) << outcome.out;
  EXPECT_TRUE(Has(outcome.out, "page: " + dir.File("report.html"))) << outcome.out;
  EXPECT_TRUE(Has(outcome.out, "right 80.0 % of 100 with feedback (95 %: 71.1 to 86.7)")) << outcome.out;
  const std::string page = Text("report.html");
  for (const char* part :
       {"<!doctype html>", "id=\"alarms\"", "id=\"latency-chart-t\"", ">200 ms</text>", "id=\"throughput-chart-t\"",
        "id=\"accuracy-chart-0-t\"", "id=\"confidence-chart-0-t\"", "class=\"heat\"", "id=\"drift-brightness-t\"",
        "darker &amp; greener", "&lt;b&gt;scab&lt;/b&gt;", "71.1 to 86.7"}) {
    EXPECT_TRUE(Has(page, part)) << part;
  }
  for (const char* part : {"<script", "<b>scab", "http:", "https:", "src=", ">nan<", ">inf<", ">-</text>"})
    EXPECT_FALSE(Has(page, part)) << part;
  // Ids are unique.
  std::set<std::string> ids;
  for (size_t at = 0; (at = page.find(" id=\"", at)) != std::string::npos; ++at) {
    const std::string id = page.substr(at + 5, page.find('"', at + 5) - at - 5);
    EXPECT_TRUE(ids.insert(id).second) << id;
  }
}

// Photos that show an alarm are in the page, small, where they were kept; the document names them.
TEST_F(ReportVerb, AnAlarmIsShownWithItsPhotos) {
  RecordStoreOptions options;
  options.unix_ms = [] { return kStart; };
  options.keep_photos = true;
  auto store = RecordStore::Open(path, options).value();
  const char* photos[] = {"jpeg_420.jpg", "jpeg_444.jpg"};
  for (int i = 0; i < 4; ++i) {
    AnswerRecord answer = Answer(i, "leaf", kStart + i);
    if (i < 2) {
      std::ifstream in(StrCat(FROND_PHOTO_DIR, "/", photos[i]), std::ios::binary);
      answer.photo_bytes = {std::istreambuf_iterator<char>(in), {}};
      ASSERT_FALSE(answer.photo_bytes.empty()) << photos[i];
    }
    if (i == 2) answer.photo_bytes = "no photo";
    store->Append(answer);
  }
  store->Append(EventRecord{.unix_ms = kStart + 9,
                            .kind = "drift.input.brightness",
                            .model = "leaf",
                            .message = "darker",
                            .examples = {"1", "0", "2", "3"}});
  store.reset();
  const Outcome outcome = Run("report " + path + " --json -o " + dir.File("report.html"));
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(Json::parse(outcome.out)["events"][0]["examples"], (Json{"1", "0", "2"})) << "3 was not kept";
  const std::string page = Text("report.html");
  size_t pictures = 0;
  for (size_t at = 0; (at = page.find(" src=\"data:image/jpeg;base64,/9j/", at)) != std::string::npos; ++at) ++pictures;
  EXPECT_EQ(pictures, 2U);
  EXPECT_TRUE(Has(page, "alt=\"Photo 1\""));
  EXPECT_TRUE(Has(page, "not kept, or no photo"));
  EXPECT_LT(page.size(), 100'000U);
}

// The days' summaries, which are read with what the service left beside them: figures, training, what differs.
TEST_F(ReportVerb, DaysAreSetBesideTheWeekBefore) {
  WriteStore();
  const std::vector<Task> tasks = {{"", 0, 2}};
  const DriftBasis basis = DriftBasis::Create(nullptr, tasks, std::vector<std::string>{"apple", "birch"}).value();
  RecordStoreOptions options;
  options.unix_ms = [] { return kStart; };
  auto store = RecordStore::Open(path, options).value();
  std::string key = TrafficKeyToJson(basis, nullptr);
  key.replace(key.find("\"training\":{}"), 13, "\"training\":{\"input.brightness\":0.55,\"input.size\":20}");
  store->Append(SummaryKey{"leaf/1", key});
  std::mt19937 random(1);
  std::normal_distribution<float> normal;
  for (int day = 0; day < 3; ++day) {
    TrafficSummary summary(basis, 1);
    for (int i = 0; i < 100; ++i) {
      ObservedPhoto photo;
      for (float& value : photo.statistics) value = 0.5F + 0.05F * normal(random);
      if (day == 2) photo.statistics[0] -= 0.3F;
      photo.statistics[6] = 20;
      photo.classes = {{i % 2, 0.75F}};
      summary.Add(photo);
    }
    store->Append(DailySummary{kStart / kDayMs + day, "leaf/1", summary.Serialize()});
  }
  store.reset();
  const Outcome outcome = Run("report " + path + " --json -o " + dir.File("report.html"));
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  const Json days = Json::parse(outcome.out)["days"];
  ASSERT_EQ(days.size(), 1U);
  EXPECT_EQ(days[0]["model"], "leaf/1");
  EXPECT_EQ(days[0]["training"]["input.brightness"], 0.55);
  EXPECT_TRUE(days[0]["training"]["input.contrast"].is_null());
  ASSERT_EQ(days[0]["days"].size(), 3U);
  EXPECT_EQ(days[0]["days"][0]["day"], "2026-11-29");
  EXPECT_EQ(days[0]["days"][0]["photos"], 100);
  EXPECT_TRUE(days[0]["days"][0]["differs"].is_null());
  EXPECT_EQ(days[0]["days"][1]["differs"], Json::array());
  EXPECT_NEAR(days[0]["days"][2]["figures"]["input.brightness"]["mean"], 0.2, 0.02);
  EXPECT_EQ(days[0]["days"][2]["differs"][0]["kind"], "input.brightness");
  const std::string message = days[0]["days"][2]["differs"][0]["message"];
  EXPECT_TRUE(Has(message, "photos are darker than in the week before: brightness 0.")) << message;
  const std::string page = Text("report.html");
  for (const std::string& part : {std::string("id=\"days\""), std::string("id=\"days-0-0-t\""),
                                  std::string(">in training 0.55</text>"), std::string("megapixels by day"),
                                  StrCat("<strong>", message, "</strong>"), std::string("as in the week before")}) {
    EXPECT_TRUE(Has(page, part)) << part;
  }
  EXPECT_FALSE(Has(page, ">nan<"));
  EXPECT_TRUE(Has(Run("report " + path).out, "2026-12-01 leaf/1: " + message));
  EXPECT_EQ(Json::parse(Run("report " + path + " --model stem --json").out)["days"], Json::array());
}

TEST_F(ReportVerb, StoresThatAreNoneAndQuestionsWithoutAnswer) {
  EXPECT_EQ(ErrorOf(dir.File("nothing"))["code"], "not_found");
  std::ofstream(dir.File("text")) << std::string(5000, 'x');
  EXPECT_EQ(ErrorOf(dir.File("text"))["code"], "bad_format");
  std::ofstream(dir.File("zero")).flush();
  EXPECT_TRUE(Has(ErrorOf(dir.File("zero"))["message"], "is empty"));
  { const auto store = RecordStore::Open(dir.File("new")).value(); }
  EXPECT_TRUE(Has(ErrorOf(dir.File("new"))["message"], "no answers yet"));
  WriteStore();
  EXPECT_TRUE(Has(ErrorOf(path + " --model root")["remedy"], "'leaf', 'stem/2'"));
  EXPECT_TRUE(Has(ErrorOf(path + " --since 2027-01-01")["remedy"], "2026-12-01"));
  EXPECT_EQ(ErrorOf(path + " -o " + dir.File("no/folder.html"))["code"], "io");
  EXPECT_EQ(Run("report").status, 2);
  const Outcome wrong = Run("report " + path + " --since yesterday");
  EXPECT_EQ(wrong.status, 2);
  EXPECT_TRUE(Has(wrong.err, "'yesterday' is no moment")) << wrong.err;
}

}  // namespace
}  // namespace frond
