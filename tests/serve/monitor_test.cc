// What operators ask of a running service: /v1/monitor, /metrics, /v1/feedback, silences, ids and traces.

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>

#include "src/base/format.h"
#include "src/base/wilson.h"
#include "src/monitor/watch_json.h"
#include "src/records/record_reader.h"
#include "tests/serve/http_client.h"
#include "tests/serve/service_fixture.h"

namespace frond::serve {
namespace {

using nlohmann::json;

class MonitorTest : public ServiceFixture {
 protected:
  ~MonitorTest() override {
    if (monitoring_) monitoring_->Stop();  // it fills told_
  }
  // Alarms are looked after when a test says so.
  int Listen(const std::string& store = "") {
    MonitoringOptions options;
    options.by_itself = false;
    options.store = store;
    options.tell = [this](const AlarmEvent& event) { told_.push_back(event); };
    Result<std::unique_ptr<Monitoring>> monitoring = Monitoring::Start(models_, std::move(options));
    EXPECT_TRUE(monitoring.ok());
    monitoring_ = std::move(*monitoring);
    service_.monitoring = monitoring_.get();
    return ServiceFixture::Listen();
  }
  json Monitored(HttpClient& client) {
    const Reply reply = client.Ask("GET", "/v1/monitor");
    EXPECT_EQ(reply.status, 200) << reply.body;
    return json::parse(reply.body);
  }

  std::vector<AlarmEvent> told_;
};

TEST_F(MonitorTest, EveryRequestIsCountedByHowItEnded) {
  HttpClient client(Listen());
  for (int i = 0; i < 7; ++i) EXPECT_EQ(client.Ask("POST", "/v1/classify", photo_).status, 200);
  EXPECT_EQ(client.Ask("POST", "/v1/classify", "no photo").status, 400);
  EXPECT_EQ(client.Ask("GET", "/v1/models").status, 200);  // asks no model
  json document = Monitored(client);
  // Photos are looked at once they have been answered.
  for (int i = 0; i < 1000 && document["photos"] != 7; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
    document = Monitored(client);
  }
  EXPECT_EQ(document["model"], "tiny/1");
  EXPECT_EQ(document["requests"]["answered"], 7);
  EXPECT_EQ(document["requests"]["bad_request"], 1);
  EXPECT_EQ(document["requests"]["failed"], 0);
  EXPECT_EQ(document["latency_ms"]["count"], 7);
  EXPECT_GT(document["latency_ms"]["p50"], 0);
  EXPECT_GE(document["latency_ms"]["p99"], document["latency_ms"]["p50"]);
  EXPECT_EQ(document["stages_ms"]["decode"]["count"], 7);
  EXPECT_EQ(document["photos"], 7);
  uint64_t called = 0;
  for (const json& one : document["tasks"][0]["classes"]) called += one["photos"].get<uint64_t>();
  EXPECT_EQ(called, 7U);
  EXPECT_EQ(document["store"], nullptr);
  EXPECT_EQ(client.Ask("GET", "/v1/monitor?model=none").status, 404);
  EXPECT_EQ(client.Ask("POST", "/v1/monitor").status, 405);
}

TEST_F(MonitorTest, MetricsAgreeInBothForms) {
  HttpClient client(Listen());
  for (int i = 0; i < 3; ++i) EXPECT_EQ(client.Ask("POST", "/v1/classify", photo_).status, 200);
  const Reply plain = client.Ask("GET", "/metrics");
  EXPECT_EQ(plain.Header("content-type"), "text/plain; version=0.0.4; charset=utf-8");
  const Reply open = client.Ask("GET", "/metrics", {}, "Accept: application/openmetrics-text;version=1.0.0\r\n");
  EXPECT_EQ(open.Header("content-type"), "application/openmetrics-text; version=1.0.0; charset=utf-8");
  EXPECT_TRUE(open.body.ends_with("# EOF\n"));
  for (const Reply* reply : {&plain, &open}) {
    for (const char* line : {R"(frond_requests_total{model="tiny",version="1",outcome="answered"} 3)",
                             R"(frond_request_duration_seconds_bucket{model="tiny",version="1",le="+Inf"} 3)",
                             R"(frond_request_duration_seconds_count{model="tiny",version="1"} 3)",
                             R"(frond_stage_duration_seconds_count{model="tiny",version="1",stage="inference"} 3)"}) {
      EXPECT_NE(reply->body.find(std::string(line) + "\n"), std::string::npos) << line << "\n" << reply->body;
    }
  }
  EXPECT_NE(plain.body.find("# TYPE frond_requests_total counter\n"), std::string::npos);
  EXPECT_NE(open.body.find("# TYPE frond_requests counter\n"), std::string::npos);
}

TEST_F(MonitorTest, AnswersAreRecordedAndCanBeCorrected) {
  const std::string store = dir_.File("records.db");
  HttpClient client(Listen(store));
  const Reply reply = client.Ask("POST", "/v1/classify?top=2", photo_, "X-Request-Id: leaf-7\r\n");
  ASSERT_EQ(reply.status, 200);
  EXPECT_EQ(json::parse(reply.body)["results"][0]["id"], "leaf-7");
  EXPECT_EQ(client.Ask("POST", "/v1/classify", "no photo", "X-Request-Id: leaf-8\r\n").status, 400);
  EXPECT_EQ(client.Ask("POST", "/v1/feedback", R"({"id":"leaf-7","label":"true label"})").status, 200);
  EXPECT_EQ(client.Ask("POST", "/v1/feedback", R"({"id":"leaf-9","label":"x"})").status, 404);
  for (const char* bad :
       {"", "no json", "[]", "{}", R"({"id":"leaf-7"})", R"({"id":7,"label":"x"})", R"({"id":"","label":""})"}) {
    EXPECT_EQ(client.Ask("POST", "/v1/feedback", bad).status, 400) << bad;
  }
  EXPECT_EQ(Monitored(client)["store"]["writing"], true);
  monitoring_->store()->Flush();
  const Result<RecordReader> reader = RecordReader::Open(store);
  ASSERT_TRUE(reader.ok()) << reader.error().ToString();
  EXPECT_EQ(reader->Totals({})->answers, 2);
  EXPECT_EQ(reader->Totals({})->feedback, 1) << "of an answer that nobody gave there is nothing to keep";
  const auto accuracy = reader->Accuracy({});
  ASSERT_EQ(accuracy->size(), 1U);
  EXPECT_EQ((*accuracy)[0].judged, 1);
  EXPECT_EQ((*accuracy)[0].right, 0);
  EXPECT_TRUE(reader->Photo("leaf-7")->empty()) << "nobody asked for photos to be kept";
  const auto statuses = reader->Statuses({});
  ASSERT_EQ(statuses->size(), 2U);
}

TEST_F(MonitorTest, AccuracyIsMeasuredByFeedbackOfTheLastDays) {
  HttpClient client(Listen(dir_.File("records.db")));
  const WallTime wall = std::chrono::system_clock::now();
  EXPECT_EQ(Monitored(client)["measured"], nullptr) << "no request reads the store";
  monitoring_->Tick(Clock::now(), wall);
  EXPECT_EQ(Monitored(client)["measured"]["tasks"], json::array());
  for (int i = 0; i < 4; ++i) {
    const Reply reply = client.Ask("POST", "/v1/classify", photo_, StrCat("X-Request-Id: leaf-", i, "\r\n"));
    const std::string said = json::parse(reply.body)["results"][0]["labels"][0]["label"];
    const json feedback = {{"id", StrCat("leaf-", i)}, {"label", i == 0 ? "another" : said}};
    EXPECT_EQ(client.Ask("POST", "/v1/feedback", feedback.dump()).status, 200);
  }
  // Too old, another version's, another model's: wrong, all of them.
  const int64_t now_ms = UnixMs(wall);
  struct Other {
    int64_t unix_ms;
    const char* model;
  };
  for (const Other& other : {Other{now_ms - 8 * kDayMs, "tiny/1"}, {now_ms, "tiny/2"}, {now_ms, "large/1"}}) {
    AnswerRecord answer;
    answer.unix_ms = other.unix_ms;
    answer.request_id = StrCat(other.model, other.unix_ms);
    answer.model = other.model;
    answer.tasks = {{"", {{0, "apple", 0.9}}, 0.9}};
    monitoring_->store()->Append(answer);
    FeedbackRecord feedback;
    feedback.unix_ms = now_ms;
    feedback.request_id = answer.request_id;
    feedback.label = "birch";
    monitoring_->store()->Append(feedback);
  }
  monitoring_->store()->Flush();
  monitoring_->Tick(Clock::now() + std::chrono::seconds(6), wall);
  const json measured = Monitored(client)["measured"];
  EXPECT_EQ(measured["days"], 7);
  EXPECT_EQ(measured["since_ms"], now_ms - 7 * kDayMs);
  ASSERT_EQ(measured["tasks"].size(), 1U) << measured;
  const json& task = measured["tasks"][0];
  EXPECT_EQ(task["task"], "");
  EXPECT_EQ(task["n"], 4);
  EXPECT_EQ(task["right"], 3);
  EXPECT_EQ(task["share"], 0.75);
  EXPECT_NEAR(task["interval"][0].get<double>(), WilsonInterval(3, 4).low, 1e-9);
  EXPECT_NEAR(task["interval"][1].get<double>(), WilsonInterval(3, 4).high, 1e-9);
  const std::string metrics = client.Ask("GET", "/metrics").body;
  for (const char* line : {R"(frond_judged_answers{model="tiny",version="1",task=""} 4)",
                           R"(frond_measured_accuracy_ratio{model="tiny",version="1",task=""} 0.75)"}) {
    EXPECT_NE(metrics.find(std::string(line) + "\n"), std::string::npos) << line << "\n" << metrics;
  }
  // What somebody thought better of counts once; without feedback the days go on all the same.
  EXPECT_EQ(client.Ask("POST", "/v1/feedback", R"({"id":"leaf-1","label":"another"})").status, 200);
  monitoring_->Tick(Clock::now() + std::chrono::seconds(12), wall);
  EXPECT_EQ(Monitored(client)["measured"]["tasks"][0]["right"], 2);
  monitoring_->Tick(Clock::now() + std::chrono::minutes(11), wall + std::chrono::hours(8 * 24));
  EXPECT_EQ(Monitored(client)["measured"]["tasks"], json::array());
}

TEST_F(MonitorTest, WithoutAStoreFeedbackIsRefusedNotLost) {
  HttpClient client(Listen());
  EXPECT_EQ(client.Ask("POST", "/v1/feedback", R"({"id":"a","label":"b"})").status, 409);
  EXPECT_EQ(client.Ask("GET", "/v1/feedback").status, 405);
}

TEST_F(MonitorTest, AStoreThatCannotBeWrittenStopsNothing) {
  std::ofstream(dir_.File("no.db")) << std::string(5000, 'x');
  HttpClient client(Listen(dir_.File("no.db")));
  EXPECT_EQ(client.Ask("POST", "/v1/classify", photo_).status, 200);
  EXPECT_EQ(client.Ask("POST", "/v1/feedback", R"({"id":"a","label":"b"})").status, 503);
  const json store = Monitored(client)["store"];
  EXPECT_EQ(store["writing"], false);
  ASSERT_TRUE(store["error"].is_string());
  EXPECT_EQ(store["error"].get<std::string>().find("no.db"), std::string::npos) << store;
  EXPECT_GE(store["dropped"], 1);
}

TEST_F(MonitorTest, TheStoresNameIsLeftOutWhateverItIs) {
  const std::filesystem::path before = std::filesystem::current_path();
  std::filesystem::current_path(dir_.path());
  std::filesystem::create_directory("store");
  Listen("store/h.db");
  EXPECT_EQ(monitoring_->Nameless({ErrorCode::kIo, "cannot write store/h.db: a full disk. Try store", "store"}).message,
            "cannot write the store: a full disk. Try the store");
  Listen("h");
  EXPECT_EQ(monitoring_->Nameless({ErrorCode::kIo, "h: a full disk", ""}).message, "the store: a full disk");
  Listen("./r.db");
  EXPECT_EQ(monitoring_->Nameless({ErrorCode::kIo, "./r.db. No room.", ""}).message, "the store. No room.");
  std::filesystem::current_path(before);
}

TEST_F(MonitorTest, SilencedAlarmsAreShownAndNotTold) {
  HttpClient client(Listen());
  const auto slow = [&](int second) {
    const Clock::time_point now = Clock::now() + std::chrono::seconds(second);
    for (int i = 0; i < 50; ++i) models_.All()[0]->watch->RequestEnded(RequestOutcome::kAnswered, 900, now);
    monitoring_->Tick(now, std::chrono::system_clock::now() + std::chrono::seconds(second));
  };
  EXPECT_EQ(
      client.Ask("POST", "/v1/monitor/silences", R"({"minutes":60,"kind":"latency.p95","comment":"known"})").status,
      200);
  slow(0);
  slow(11);
  EXPECT_TRUE(told_.empty());
  json document = Monitored(client);
  ASSERT_EQ(document["alarms"].size(), 1U);
  EXPECT_EQ(document["alarms"][0]["kind"], "latency.p95");
  EXPECT_EQ(document["events"][0]["raised"], true);
  ASSERT_EQ(document["silences"].size(), 1U);
  EXPECT_EQ(document["silences"][0]["comment"], "known");
  EXPECT_EQ(client.Ask("POST", "/v1/monitor/silences", R"({"minutes":0,"kind":"latency.p95"})").status, 200);
  EXPECT_TRUE(Monitored(client)["silences"].empty());
  monitoring_->Tick(Clock::now() + std::chrono::seconds(12),
                    std::chrono::system_clock::now() + std::chrono::seconds(12));
  ASSERT_EQ(told_.size(), 1U) << "it is still raised when its silence ends";
  EXPECT_TRUE(told_[0].raised);
  for (const char* bad :
       {"", "{}", R"({"minutes":-1})", R"({"minutes":1e9})", R"({"minutes":"1"})", R"({"minutes":99999999})",
        R"({"minutes":60,"kind":["errors"]})", R"({"minutes":60,"model":"tin"})", R"({"minutes":60,"model":"tiny/2"})",
        R"({"minutes":60,"kind":"input.brightness"})"}) {
    EXPECT_EQ(client.Ask("POST", "/v1/monitor/silences", bad).status, 400) << bad;
  }
  EXPECT_EQ(
      client.Ask("POST", "/v1/monitor/silences", R"({"minutes":60,"model":"tiny","kind":"drift.features"})").status,
      200);
}

TEST_F(MonitorTest, AlarmsAreTold) {
  Listen();
  const Clock::time_point now = Clock::now();
  for (int i = 0; i < 50; ++i) models_.All()[0]->watch->RequestEnded(RequestOutcome::kAnswered, 900, now);
  const WallTime wall = std::chrono::system_clock::now();
  monitoring_->Tick(now, wall);
  monitoring_->Tick(now + std::chrono::seconds(11), wall);  // a clock on the wall that stands
  ASSERT_EQ(told_.size(), 1U);
  EXPECT_TRUE(told_[0].raised);
  EXPECT_EQ(told_[0].model, "tiny/1");
}

TEST_F(MonitorTest, TracesGoOnAndIdsComeBack) {
  HttpClient client(Listen());
  const Reply reply = client.Ask("POST", "/v1/classify", photo_,
                                 "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n");
  const std::string parent = reply.Header("traceparent");
  EXPECT_TRUE(parent.starts_with("00-0af7651916cd43dd8448eb211c80319c-")) << parent;
  EXPECT_EQ(parent.find("b7ad6b7169203331"), std::string::npos);
  EXPECT_EQ(reply.Header("x-request-id").size(), 16U);
  const Reply forged = client.Ask("GET", "/v2", {}, "X-Request-Id: a\"b\r\n");
  EXPECT_EQ(forged.Header("x-request-id").size(), 16U);
}

}  // namespace
}  // namespace frond::serve
