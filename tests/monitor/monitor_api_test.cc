// What every program has of frond/monitor.h.

#include "frond/monitor.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "src/classify/answer_json.h"
#include "src/monitor/drift_reference.h"
#include "src/monitor/watch_json.h"
#include "src/weights/model_file.h"
#include "src/weights/reference.h"
#include "tests/support/temp_dir.h"
#include "tests/support/tiny_model.h"

namespace frond {
namespace {

using Json = nlohmann::json;

class MonitorApi : public testing::Test {
 protected:
  void SetUp() override {
    WriteTinyModel(path_);
    plain_.emplace(Model::Load(path_).value());
  }

  const Preprocessing& size() const { return plain_->spec().preprocessing; }
  size_t floats() const { return size_t{3} * static_cast<size_t>(size().height) * static_cast<size_t>(size().width); }
  ImageBatch Batch(const std::vector<float>& values) const {
    return {values, static_cast<int>(values.size() / floats()), size().height, size().width};
  }
  size_t Logits(const std::vector<float>& images) const {
    return images.size() / floats() * static_cast<size_t>(plain_->output_size());
  }

  // Noise whose contrast and colours differ from image to image, brighter by so many of what the model takes for one.
  std::vector<float> Images(int count, float brighter = 0) {
    std::normal_distribution<float> normal;
    std::vector<float> images;
    for (int i = 0; i < count; ++i) {
      const float base = 0.2F * normal(random_) + brighter;
      const float contrast = 0.5F + 0.05F * normal(random_);
      const float tint[3] = {0.1F * normal(random_), 0.1F * normal(random_), 0.1F * normal(random_)};
      for (size_t p = 0; p < floats(); ++p) {
        images.push_back(base + tint[p / (floats() / 3)] + contrast * normal(random_));
      }
    }
    return images;
  }

  TrainingPhoto Seen(Session& session, const std::vector<float>& image) const {
    TrainingPhoto photo;
    photo.statistics = MeasurePhoto(image, size(), 0, 0).value();
    photo.features.resize(static_cast<size_t>(plain_->spec().head_channels));
    std::vector<float> logits(Logits(image));
    EXPECT_TRUE(session.Run(Batch(image), logits, photo.features).ok());
    const Score best = TopScores(logits, 1).value()[0];
    photo.classes = {{best.index, best.score}};
    photo.truth = {best.index};
    return photo;
  }

  // The tiny model, which now says that it was trained on Images().
  Model WithReference() {
    Session session = Session::Create(*plain_, {.threads = 1}).value();
    std::vector<TrainingPhoto> training;
    std::vector<TrainingPhoto> held_out;
    for (int i = 0; i < 80; ++i) training.push_back(Seen(session, Images(1)));
    for (int i = 0; i < 80; ++i) held_out.push_back(Seen(session, Images(1)));
    ModelFile file = ReadModelFile(path_).value();
    const TrainingReference reference = BuildTrainingReference(training, held_out, file.info.tasks).value();
    std::vector<TensorToWrite> tensors;
    for (const StoredTensor& tensor : file.tensors.tensors) {
      tensors.push_back({tensor.name, tensor.shape, FloatView(file, tensor.name)});
    }
    for (const TensorToWrite& tensor : ReferenceTensors(reference)) tensors.push_back(tensor);
    ModelInfo info = file.info;
    info.reference_json = ReferenceToJson(reference);
    const std::string path = dir_.File("watched.safetensors");
    EXPECT_TRUE(WriteModelFile(path, file.spec, info, tensors).ok());
    return Model::Load(path).value();
  }

  TempDir dir_;
  std::string path_ = dir_.File("tiny.safetensors");
  std::optional<Model> plain_;
  std::mt19937_64 random_{7};
};

TEST_F(MonitorApi, AnswersAsTheSessionDoesBitForBit) {
  Session session = Session::Create(*plain_, {.threads = 2}).value();
  Monitor monitored(session, "tiny-v1");
  for (const int count : {1, 3}) {
    const std::vector<float> images = Images(count);
    std::vector<float> expected(Logits(images));
    std::vector<float> logits(Logits(images));
    const auto channels = static_cast<size_t>(count * plain_->spec().head_channels);
    std::vector<float> expected_features(channels);
    std::vector<float> features(channels);
    ASSERT_TRUE(session.Run(Batch(images), expected, expected_features).ok());
    ASSERT_TRUE(monitored.Run(Batch(images), logits).ok());
    EXPECT_EQ(logits, expected);
    std::fill(logits.begin(), logits.end(), 0.0F);
    ASSERT_TRUE(monitored.Run(Batch(images), logits, features).ok());
    EXPECT_EQ(logits, expected);
    EXPECT_EQ(features, expected_features);
  }
}

TEST_F(MonitorApi, CountsRunsImagesAndClasses) {
  Session session = Session::Create(*plain_, {.threads = 1}).value();
  Monitor monitored(session, "tiny-v1");
  const std::vector<float> images = Images(3);
  std::vector<float> logits(Logits(images));
  ASSERT_TRUE(monitored.Run(Batch(images), logits).ok());
  ASSERT_TRUE(monitored.Run(Batch(images), logits).ok());
  EXPECT_EQ(monitored.Run(Batch(images), {}).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(monitored.Run({images, 0, size().height, size().width}, logits).error().code, ErrorCode::kInvalidArgument);
  // Of another size: answered and timed, not observed.
  const std::vector<float> small(size_t{3} * 40 * 40);
  std::vector<float> one(static_cast<size_t>(plain_->output_size()));
  ASSERT_TRUE(monitored.Run({small, 1, 40, 40}, one).ok());
  // Not finite: likewise.
  std::vector<float> broken = Images(1);
  broken[5] = std::numeric_limits<float>::quiet_NaN();
  ASSERT_TRUE(monitored.Run(Batch(broken), one).ok());

  const Json json = Json::parse(monitored.ToJson());
  EXPECT_EQ(json["model"], "tiny-v1");
  EXPECT_EQ(json["requests"]["answered"], 4);
  EXPECT_EQ(json["requests"]["bad_request"], 2);
  EXPECT_EQ(json["requests"]["failed"], 0);
  EXPECT_EQ(json["latency_ms"]["count"], 4);
  EXPECT_EQ(json["stages_ms"]["inference"]["count"], 8);
  EXPECT_EQ(json["stages_ms"]["queue"]["count"], 0);
  EXPECT_TRUE(json["stages_ms"]["queue"]["p50"].is_null());
  EXPECT_EQ(json["photos"], 6);
  ASSERT_EQ(json["tasks"].size(), 1U);
  int photos = 0;
  for (const Json& one_class : json["tasks"][0]["classes"]) photos += one_class["photos"].get<int>();
  EXPECT_EQ(photos, 6);
  EXPECT_GT(json["tasks"][0]["estimated_accuracy"], 0.2);
  const Json& latency = json["latency_ms"];
  EXPECT_GT(latency["p50"], 0);
  EXPECT_LE(latency["p50"], latency["p95"]);
  EXPECT_LE(latency["p95"], latency["p99.9"]);
  EXPECT_GE(latency["max"], json["stages_ms"]["inference"]["max"]);
}

TEST_F(MonitorApi, HasTheDocumentsKeysAndSaysWhyDriftIsNotWatched) {
  Session session = Session::Create(*plain_, {.threads = 1}).value();
  const Monitor monitored(session, "no \xff UTF-8");
  const Json json = Json::parse(monitored.ToJson());
  std::vector<std::string> keys;
  for (const auto& item : json.items()) keys.push_back(item.key());
  std::vector<std::string> expected = {"alarms",
                                       "drift",
                                       "drift_unwatched_code",
                                       "drift_unwatched_why",
                                       "drift_watched",
                                       "latency_ms",
                                       "model",
                                       "p95_limit_ms",
                                       "photos",
                                       "recent",
                                       "requests",
                                       "requests_per_s",
                                       "stages_ms",
                                       "tasks"};
  EXPECT_EQ(keys, expected);
  for (const char* figure : {"count", "p50", "p90", "p95", "p99", "p99.9", "max"}) {
    EXPECT_TRUE(json["latency_ms"].contains(figure)) << figure;
  }
  EXPECT_EQ(json["drift_watched"], false);
  EXPECT_NE(json["drift_unwatched_why"].get<std::string>().find("does not say what training saw"), std::string::npos);
  EXPECT_EQ(json["drift_unwatched_code"], "not_found");
  EXPECT_TRUE(json["drift"].empty());
  EXPECT_TRUE(json["alarms"].empty());
}

TEST_F(MonitorApi, RaisesAnAlarmWhereImagesAreNoLongerAsInTraining) {
  const Model model = WithReference();
  Session session = Session::Create(model, {.threads = 1}).value();
  std::vector<MonitorAlarm> heard;
  Monitor* again = nullptr;
  Monitor monitored(session, "tiny-v2", {.on_alarm = [&](const MonitorAlarm& alarm) {
                      heard.push_back(alarm);
                      EXPECT_FALSE(again->ToJson().empty());  // it may ask
                    }});
  again = &monitored;
  std::vector<float> logits(static_cast<size_t>(model.output_size()));
  for (int i = 0; i < 150; ++i) ASSERT_TRUE(monitored.Run(Batch(Images(1)), logits).ok());
  Json json = Json::parse(monitored.ToJson());
  EXPECT_EQ(json["drift_watched"], true);
  EXPECT_TRUE(json["drift_unwatched_why"].is_null());
  EXPECT_TRUE(json["alarms"].empty()) << json["alarms"];
  EXPECT_TRUE(heard.empty());
  ASSERT_FALSE(json["drift"].empty());
  for (const char* key : {"kind", "alarm", "p_value", "statistic", "photos", "message"}) {
    EXPECT_TRUE(json["drift"][0].contains(key)) << key;
  }

  for (int i = 0; i < 60; ++i) ASSERT_TRUE(monitored.Run(Batch(Images(1, 1.5F)), logits).ok());
  json = Json::parse(monitored.ToJson());
  ASSERT_FALSE(json["alarms"].empty());
  bool brightness = false;
  for (const Json& alarm : json["alarms"]) {
    EXPECT_EQ(alarm["model"], "tiny-v2");
    brightness = brightness || alarm["kind"] == "drift.input.brightness";
  }
  EXPECT_TRUE(brightness) << json["alarms"];
  EXPECT_EQ(heard.size(), json["alarms"].size());
  for (const MonitorAlarm& alarm : heard) EXPECT_TRUE(alarm.raised && alarm.model == "tiny-v2");

  // Images as they were: cleared, and heard so.
  for (int i = 0; i < 320; ++i) ASSERT_TRUE(monitored.Run(Batch(Images(1)), logits).ok());
  EXPECT_TRUE(Json::parse(monitored.ToJson())["alarms"].empty());
  EXPECT_FALSE(heard.back().raised);
}

TEST_F(MonitorApi, WatchesAsTheServiceDoes) {
  const Model model = WithReference();
  Session session = Session::Create(model, {.threads = 1}).value();
  Monitor monitored(session, "one/1");
  ModelWatch watch("one/1", {});
  watch.Begin(model);
  std::vector<float> logits(static_cast<size_t>(model.output_size()));
  std::vector<float> features(static_cast<size_t>(model.spec().head_channels));
  for (int i = 0; i < 60; ++i) {
    const std::vector<float> image = Images(1, 0.1F);
    ASSERT_TRUE(monitored.Run(Batch(image), logits, features).ok());
    watch.Observe(model, MeasurePhoto(image, size(), 0, 0).value(), features, logits);
  }
  const Json expected = Json::parse(DumpJson(WatchToJson(watch.Snapshot(std::chrono::steady_clock::now()), model)));
  const Json json = Json::parse(monitored.ToJson());
  for (const char* key : {"model", "photos", "tasks", "drift_watched", "drift_unwatched_why", "drift"}) {
    EXPECT_EQ(json[key], expected[key]) << key;
  }
}

TEST_F(MonitorApi, IsReadByThreadsWhileOneRuns) {
  const Model model = WithReference();
  Session session = Session::Create(model, {.threads = 1}).value();
  Monitor monitored(session, "busy");
  std::atomic<bool> done = false;
  std::vector<std::thread> readers;
  for (int t = 0; t < 3; ++t) {
    readers.emplace_back([&] {
      uint64_t before = 0;
      do {
        const Json json = Json::parse(monitored.ToJson());
        const auto photos = json["photos"].get<uint64_t>();
        EXPECT_GE(photos, before);
        before = photos;
      } while (!done);
    });
  }
  const std::vector<float> images = Images(2);
  std::vector<float> logits(Logits(images));
  for (int i = 0; i < 40; ++i) EXPECT_TRUE(monitored.Run(Batch(images), logits).ok());
  done = true;
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(Json::parse(monitored.ToJson())["photos"], 80);
}

TEST_F(MonitorApi, MovesAndWatchesAFeatureExtractorsTimes) {
  WriteTinyExtractor(path_);
  const Model extractor = Model::Load(path_).value();
  Session session = Session::Create(extractor, {.threads = 1}).value();
  Monitor first(session, "features");
  std::vector<float> out(static_cast<size_t>(extractor.output_size()));
  ASSERT_TRUE(first.Run(Batch(Images(1)), out).ok());
  Monitor monitored = std::move(first);
  ASSERT_TRUE(monitored.Run(Batch(Images(1)), out).ok());
  const Json json = Json::parse(monitored.ToJson());
  EXPECT_EQ(json["latency_ms"]["count"], 2);
  EXPECT_EQ(json["photos"], 0);
  EXPECT_EQ(json["drift_watched"], false);
  EXPECT_FALSE(json["drift_unwatched_why"].get<std::string>().empty());
}

}  // namespace
}  // namespace frond
