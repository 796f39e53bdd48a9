// Today beside last week and the same season of last year, by a service whose store knows both.

#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <random>
#include <utility>

#include "frond/classify.h"
#include "src/base/format.h"
#include "src/records/record_reader.h"
#include "tests/serve/http_client.h"
#include "tests/serve/service_fixture.h"

namespace frond::serve {
namespace {

using nlohmann::json;
using std::chrono::hours;
using std::chrono::minutes;

struct Light {
  float brightness = 0.5F;
  int label = -1;  // any
};

class TrafficTest : public ServiceFixture {
 protected:
  TrafficTest() : wall_(std::chrono::sys_days(std::chrono::year(2026) / 6 / 12) + hours(9)) {}
  ~TrafficTest() override {
    if (monitoring_) monitoring_->Stop();  // it asks for the time, and tells
  }

  ModelWatch& watch() { return *models_.All()[0]->watch; }
  int64_t today() const {
    return DayOf(std::chrono::duration_cast<std::chrono::milliseconds>(wall_.time_since_epoch()).count());
  }

  // What is seen of a photo in such a light, and what it is called.
  std::pair<PhotoStatistics, std::vector<float>> Photo(const Light& light) {
    PhotoStatistics statistics = {};
    for (float& value : statistics) value = 0.5F + 0.05F * normal_(random_);
    statistics[0] += light.brightness - 0.5F;
    std::vector<float> logits(5);
    for (float& logit : logits) logit = normal_(random_);
    logits[light.label < 0 ? random_() % 5 : static_cast<size_t>(light.label)] += 6;
    return {statistics, logits};
  }
  void Pass(int photos, const Light& light = {}) {
    const Model& model = models_.All()[0]->model;
    const std::vector<float> features(static_cast<size_t>(model.spec().head_channels));
    for (int i = 0; i < photos; ++i) {
      const auto [statistics, logits] = Photo(light);
      watch().Observe(model, statistics, features, logits);
    }
  }

  // A service that is started now, over what is in the store already.
  void Start(bool store = true) {
    MonitoringOptions options;
    if (store) options.store = path_;
    options.store_options.unix_ms = [day = today()] { return day * kDayMs; };
    options.tell = [this](const AlarmEvent& event) { told_.push_back(event); };
    options.wall = [this] { return wall_; };
    options.by_itself = false;
    Result<std::unique_ptr<Monitoring>> monitoring = Monitoring::Start(models_, std::move(options));
    ASSERT_TRUE(monitoring.ok()) << monitoring.error().ToString();
    monitoring_ = std::move(*monitoring);
    service_.monitoring = monitoring_.get();
    if (!server_) client_ = std::make_unique<HttpClient>(Listen());
  }
  void Restart() {
    monitoring_->Stop();
    monitoring_.reset();
    ASSERT_TRUE(models_.Load({"tiny", "1", dir_.File("tiny.safetensors")}).ok());
    Start();
  }
  void After(std::chrono::seconds time) {
    wall_ += time;
    steady_ += time;
    monitoring_->Tick(steady_, wall_);
  }
  // In days before today.
  void Keep(int days_ago, int photos, const Light& light = {}) {
    RecordStoreOptions options;
    options.unix_ms = [day = today()] { return day * kDayMs; };
    const auto store = RecordStore::Open(path_, options);
    ASSERT_TRUE(store.ok());
    const DriftBasis basis = *watch().Basis();
    TrafficSummary day(basis);
    for (int i = 0; i < photos; ++i) {
      const auto [statistics, logits] = Photo(light);
      const auto top = TopScoresByTask(models_.All()[0]->model, logits, 1).value()[0].scores[0];
      ObservedPhoto photo;
      ASSERT_TRUE(basis.Observe(statistics, {}, std::vector<ObservedClass>{{top.index, top.score}}, photo).ok());
      day.Add(photo);
    }
    (*store)->Append(DailySummary{today() - days_ago, "tiny/1", day.Serialize()});
  }
  // What the store has of the day; 0: nothing.
  uint64_t Kept(int64_t day) {
    monitoring_->store()->Flush();
    const Result<RecordReader> reader = RecordReader::Open(path_);
    EXPECT_TRUE(reader.ok());
    const auto days = reader->Summaries({day * kDayMs, (day + 1) * kDayMs, "tiny/1"});
    return days->empty() ? 0 : TrafficSummary::Parse(days->at(0).bytes, *watch().Basis())->photos();
  }

  json Document() { return json::parse(client_->Ask("GET", "/v1/monitor").body); }
  static std::vector<std::string> Kinds(const json& alarms) {
    std::vector<std::string> kinds;
    for (const json& alarm : alarms) kinds.push_back(alarm["kind"]);
    return kinds;
  }
  static json Find(const json& all, const std::string& key, const std::string& value) {
    for (const json& one : all) {
      if (one[key] == value) return one;
    }
    return nullptr;
  }

  const std::string path_ = dir_.File("records.db");
  std::unique_ptr<HttpClient> client_;
  std::vector<AlarmEvent> told_;
  WallTime wall_;
  SteadyTime steady_{hours(1000)};
  std::mt19937_64 random_{1};
  std::normal_distribution<float> normal_;
};

constexpr int kYearAgo = 365;

TEST_F(TrafficTest, TrafficAsBeforeIsNoAlarm) {
  Keep(6, 200);
  Keep(kYearAgo + 3, 200);
  Start();
  Pass(150);
  After(minutes(10));
  const json document = Document();
  EXPECT_EQ(Kinds(document["alarms"]), std::vector<std::string>());
  EXPECT_TRUE(told_.empty());
  for (const char* against : {"last_week", "last_year"}) {
    const json earlier = Find(document["earlier"], "against", against);
    EXPECT_EQ(earlier["compared"], true) << earlier;
    EXPECT_EQ(earlier["why_not"], nullptr);
    EXPECT_EQ(earlier["photos_now"], 150);
    EXPECT_EQ(earlier["photos_then"], 200);
    for (const char* kind : {"input.brightness", "input.together", "predictions.classes", "predictions.confidence"}) {
      const json finding = Find(document["drift"], "kind", StrCat(against, ".", kind));
      ASSERT_FALSE(finding.is_null()) << against << "." << kind << "\n" << document["drift"];
      EXPECT_EQ(finding["alarm"], false) << finding;
      EXPECT_EQ(finding["facts"], nullptr);
    }
  }
  EXPECT_EQ(Find(document["drift"], "kind", "last_week.input.brightness")["message"], "as last week");
  EXPECT_EQ(Find(document["drift"], "kind", "last_year.input.brightness")["message"],
            "as in the same season of last year");
}

// Last year's summary is kept though other records are kept for 90 days.
TEST_F(TrafficTest, ADarkerDayIsAnAlarmThatSaysAgainstWhat) {
  Keep(7, 200);
  Keep(1, 100);
  Keep(kYearAgo - 7, 200);
  Start();
  Pass(150, {.brightness = 0.3F});
  After(minutes(10));
  const json document = Document();
  for (const auto& [against, than] :
       {std::pair("last_week", "last week"), std::pair("last_year", "in the same season of last year")}) {
    const std::string kind = StrCat("drift.", against, ".input.brightness");
    const json alarm = Find(document["alarms"], "kind", kind);
    ASSERT_FALSE(alarm.is_null()) << document["alarms"];
    const std::string message = alarm["message"];
    EXPECT_TRUE(message.starts_with(StrCat("photos are darker than ", than, ": brightness 0.30, there 0.50")))
        << message;
    EXPECT_TRUE(message.ends_with("(150 photos of the day)")) << message;
    const json& facts = alarm["facts"];
    EXPECT_EQ(facts["of"], "input.brightness");
    EXPECT_EQ(facts["against"], against);
    EXPECT_EQ(facts["direction"], "less");
    EXPECT_NEAR(facts["here"].get<double>(), 0.3, 0.02);
    EXPECT_NEAR(facts["there"].get<double>(), 0.5, 0.02);
    EXPECT_EQ(facts["count"], 150);
    EXPECT_EQ(Find(document["events"], "kind", kind)["raised"], true);
    EXPECT_NE(std::ranges::find(told_, kind, &AlarmEvent::kind), told_.end());
  }
  EXPECT_EQ(Find(document["earlier"], "against", "last_week")["photos_then"], 300);
  for (const std::string& kind : Kinds(document["alarms"])) {
    EXPECT_TRUE(kind.ends_with("brightness") || kind.ends_with("together")) << kind;
  }
  monitoring_->store()->Flush();
  EXPECT_EQ(RecordReader::Open(path_)->Events({})->size(), document["alarms"].size());
}

TEST_F(TrafficTest, EachPastIsComparedByItself) {
  Keep(3, 300);
  Keep(kYearAgo, 300, {.label = 2});
  Start();
  Pass(200);
  After(minutes(10));
  const json document = Document();
  EXPECT_EQ(Kinds(document["alarms"]), std::vector<std::string>{"drift.last_year.predictions.classes"});
  const json alarm = document["alarms"][0];
  EXPECT_EQ(
      alarm["message"].get<std::string>().find("cherry is predicted less often than in the same season of last year: "),
      0U)
      << alarm;
  EXPECT_EQ(alarm["facts"]["label"], "cherry");
}

TEST_F(TrafficTest, WhatIsNotEnoughIsSaidAndNoAlarm) {
  const auto why = [&](const char* against, const char* code, const char* words) {
    const json document = Document();
    const json earlier = Find(document["earlier"], "against", against);
    EXPECT_EQ(earlier["compared"], false) << earlier;
    EXPECT_EQ(earlier["why_not"], code) << earlier;
    const std::string message = earlier["message"];
    EXPECT_EQ(message.find("not enough to compare with "), 0U) << message;
    EXPECT_NE(message.find(words), std::string::npos) << message;
    EXPECT_TRUE(document["alarms"].empty());
  };
  Start(/*store=*/false);
  Pass(100, {.brightness = 0.2F});
  After(minutes(10));
  why("last_week", "no_store", "--store");
  why("last_year", "no_store", "--store");
  monitoring_->Stop();
  ASSERT_TRUE(models_.Load({"tiny", "1", dir_.File("tiny.safetensors")}).ok());
  Keep(2, 500);
  Keep(kYearAgo, 29);
  Keep(0, 20, {.brightness = 0.2F});  // before the service began
  Start();
  After(minutes(10));
  why("last_year", "few_then", "29 photos in the same season of last year, of the 30");
  why("last_week", "few_now", "20 photos today, of the 30");
  Pass(9, {.brightness = 0.2F});
  After(minutes(10));
  why("last_week", "few_now", "29 photos today, of the 30");
  Pass(1, {.brightness = 0.2F});
  After(minutes(10));
  EXPECT_FALSE(Document()["alarms"].empty());
}

TEST_F(TrafficTest, ADayGoesOnAfterARestart) {
  Keep(2, 300);
  Start();
  Pass(60, {.brightness = 0.2F});
  Restart();
  EXPECT_EQ(Kept(today()), 60U);
  After(minutes(1));
  EXPECT_FALSE(Document()["alarms"].empty()) << "what was seen before the restart is compared";
  Pass(40, {.brightness = 0.2F});
  After(minutes(10));
  EXPECT_EQ(Kept(today()), 100U);
  EXPECT_EQ(Find(Document()["earlier"], "against", "last_week")["photos_now"], 100);
}

TEST_F(TrafficTest, ANewDayBeginsAnewAndItsAlarmsWaitForItsPhotos) {
  Keep(2, 5000);
  Start();
  Pass(200, {.brightness = 0.3F});
  After(minutes(10));
  const std::vector<std::string> raised = Kinds(Document()["alarms"]);
  EXPECT_FALSE(raised.empty());
  const size_t told = told_.size();
  Pass(50, {.brightness = 0.3F});
  const int64_t first = today();
  After(hours(15));
  EXPECT_EQ(today(), first + 1);
  EXPECT_EQ(Kept(first), 250U);
  EXPECT_EQ(Kept(first + 1), 0U);
  EXPECT_EQ(Kinds(Document()["alarms"]), raised);
  Pass(20);
  After(minutes(10));
  EXPECT_EQ(Kept(first), 250U);
  EXPECT_EQ(Kept(first + 1), 20U);
  EXPECT_EQ(Find(Document()["earlier"], "against", "last_week")["why_not"], "few_now");
  EXPECT_EQ(Kinds(Document()["alarms"]), raised);
  EXPECT_EQ(told_.size(), told) << "neither cleared nor raised again";
  Pass(200);
  After(minutes(10));
  EXPECT_TRUE(Kinds(Document()["alarms"]).empty()) << Document()["alarms"];
  EXPECT_GT(told_.size(), told);
}

// A clock that is set back does not stop the day from being kept.
TEST_F(TrafficTest, TheClockOnTheWallTimesNothing) {
  Start();
  Pass(40);
  After(minutes(10));
  EXPECT_EQ(Kept(today()), 40U);
  wall_ -= hours(2);
  Pass(10);
  After(minutes(11));
  EXPECT_EQ(Kept(today()), 50U);
}

TEST_F(TrafficTest, ManyLooksRaiseNoFalseAlarm) {
  Keep(1, 3000);
  Start();
  for (int look = 0; look < 60; ++look) {
    Pass(15);
    After(minutes(10));
  }
  EXPECT_TRUE(told_.empty()) << told_[0].message;
}

}  // namespace
}  // namespace frond::serve
