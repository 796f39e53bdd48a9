// frond report as a shell sees it: the document, the page, and what it says of stores that are none.

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "src/base/format.h"
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
    for (int i = 600; i < 610; ++i) store->Append(Answer(i, "stem", kStart + 2 * kDayMs + i));
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

TEST_F(ReportVerb, StoresThatAreNoneAndQuestionsWithoutAnswer) {
  EXPECT_EQ(ErrorOf(dir.File("nothing"))["code"], "not_found");
  std::ofstream(dir.File("text")) << std::string(5000, 'x');
  EXPECT_EQ(ErrorOf(dir.File("text"))["code"], "bad_format");
  std::ofstream(dir.File("zero")).flush();
  EXPECT_TRUE(Has(ErrorOf(dir.File("zero"))["message"], "is empty"));
  { const auto store = RecordStore::Open(dir.File("new")).value(); }
  EXPECT_TRUE(Has(ErrorOf(dir.File("new"))["message"], "no answers yet"));
  WriteStore();
  EXPECT_TRUE(Has(ErrorOf(path + " --model root")["remedy"], "'leaf', 'stem'"));
  EXPECT_TRUE(Has(ErrorOf(path + " --since 2027-01-01")["remedy"], "2026-12-01"));
  EXPECT_EQ(ErrorOf(path + " -o " + dir.File("no/folder.html"))["code"], "io");
  EXPECT_EQ(Run("report").status, 2);
  const Outcome wrong = Run("report " + path + " --since yesterday");
  EXPECT_EQ(wrong.status, 2);
  EXPECT_TRUE(Has(wrong.err, "'yesterday' is no moment")) << wrong.err;
}

}  // namespace
}  // namespace frond
