// The photos beside an alarm of drift: which, where they are had, and that there are none unless photos are kept.

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <random>
#include <sstream>
#include <thread>

#include "frond/classify.h"
#include "frond/image.h"
#include "src/monitor/drift_reference.h"
#include "src/records/record_reader.h"
#include "src/weights/model_file.h"
#include "src/weights/reference.h"
#include "tests/serve/http_client.h"
#include "tests/serve/service_fixture.h"

namespace frond::serve {
namespace {

using nlohmann::json;

class ExamplePhotosTest : public ServiceFixture {
 protected:
  int Listen(bool keep_photos, ServerOptions server = {}) {
    MonitoringOptions options;
    options.store = store_;
    options.store_options.keep_photos = keep_photos;
    monitoring_ = Monitoring::Start(models_, std::move(options)).value();
    service_.monitoring = monitoring_.get();
    return ServiceFixture::Listen(std::move(server));
  }

  // The bytes of a photo of noise around `brightness`, unlike any other.
  std::string Photo(double brightness) {
    std::normal_distribution<double> normal;
    const double base = brightness + 0.04 * normal(random_);
    const double contrast = 0.1 + 0.01 * normal(random_);
    WritePng(dir_.File("one.png"), 32, 32, [&](int, int) {
      Colour colour;
      for (uint8_t& value : colour) {
        value = static_cast<uint8_t>(std::clamp(255 * (base + contrast * normal(random_)), 0.0, 255.0));
      }
      return colour;
    });
    std::ostringstream text;
    text << std::ifstream(dir_.File("one.png"), std::ios::binary).rdbuf();
    return text.str();
  }

  TrainingPhoto Seen(Session& session, const std::string& photo) {
    const Model& model = session.model();
    const Preprocessing& size = model.spec().preprocessing;
    std::vector<float> input(size_t{3} * static_cast<size_t>(size.height) * static_cast<size_t>(size.width));
    const Image image = DecodeImage(std::as_bytes(std::span(photo))).value();
    EXPECT_TRUE(Preprocess(image, size, input).ok());
    TrainingPhoto seen;
    seen.statistics = MeasurePhoto(input, size, image.width(), image.height()).value();
    seen.features.resize(static_cast<size_t>(model.spec().head_channels));
    std::vector<float> logits(static_cast<size_t>(model.output_size()));
    EXPECT_TRUE(session.Run({input, 1, size.height, size.width}, logits, seen.features).ok());
    const Score best = TopScores(logits, 1).value()[0];
    seen.classes = {{best.index, best.score}};
    seen.truth = {best.index};
    return seen;
  }

  // "watched/1": the tiny model, which now says that it was trained on photos of brightness 0.4.
  void LoadWatched() {
    const std::string tiny = dir_.File("tiny.safetensors");
    Session session = Session::Create(Model::Load(tiny).value(), {.threads = 1}).value();
    std::vector<TrainingPhoto> training;
    std::vector<TrainingPhoto> held_out;
    for (int i = 0; i < 60; ++i) training.push_back(Seen(session, Photo(0.4)));
    for (int i = 0; i < 80; ++i) held_out.push_back(Seen(session, Photo(0.4)));
    ModelFile file = ReadModelFile(tiny).value();
    const TrainingReference reference = BuildTrainingReference(training, held_out, file.info.tasks).value();
    std::vector<TensorToWrite> tensors;
    for (const StoredTensor& tensor : file.tensors.tensors) {
      tensors.push_back({tensor.name, tensor.shape, FloatView(file, tensor.name)});
    }
    for (const TensorToWrite& tensor : ReferenceTensors(reference)) tensors.push_back(tensor);
    ModelInfo info = file.info;
    info.reference_json = ReferenceToJson(reference);
    ASSERT_TRUE(WriteModelFile(dir_.File("watched.safetensors"), file.spec, info, tensors).ok());
    ASSERT_TRUE(models_.Load({"watched", "1", dir_.File("watched.safetensors")}).ok());
  }

  void Classify(HttpClient& client, const std::string& id, const std::string& photo) {
    const Reply reply = client.Ask("POST", "/v1/classify?model=watched", photo, StrCat("X-Request-Id: ", id, "\r\n"));
    ASSERT_EQ(reply.status, 200) << reply.body;
    sent_[id] = photo;
  }
  // Ordinary photos, then bright ones; the document once the watch has rung for those.
  json Drifted(HttpClient& client) {
    for (int i = 0; i < 40; ++i) Classify(client, StrCat("ordinary-", i), Photo(0.4));
    for (int i = 0; i < 60; ++i) Classify(client, StrCat("bright-", i), Photo(0.7));
    json document;
    for (int i = 0; i < 300; ++i) {
      document = json::parse(client.Ask("GET", "/v1/monitor?model=watched").body);
      for (const json& alarm : document["alarms"]) {
        if (alarm["kind"] == "drift.input.brightness") return document;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    ADD_FAILURE() << document;
    return document;
  }

  const std::string store_ = dir_.File("records.db");
  std::map<std::string, std::string> sent_;
  std::mt19937_64 random_{5};
};

TEST_F(ExamplePhotosTest, AnAlarmNamesPhotosThatCanBeHad) {
  LoadWatched();
  HttpClient client(Listen(true));
  const json document = Drifted(client);
  std::vector<std::string> examples;
  for (const json& finding : document["drift"]) {
    if (finding["kind"] == "input.brightness") finding.at("examples").get_to(examples);
    if (!finding["alarm"].get<bool>()) {
      EXPECT_FALSE(finding.contains("examples")) << finding;
    }
  }
  ASSERT_EQ(examples.size(), 6U);
  // An alarm keeps those of the moment it was raised at; a finding goes on.
  std::vector<std::string> at_alarm;
  for (const json& alarm : document["alarms"]) {
    if (alarm["kind"] == "drift.input.brightness") alarm.at("examples").get_to(at_alarm);
  }
  ASSERT_EQ(at_alarm.size(), 6U);
  monitoring_->store()->Flush();
  examples.insert(examples.end(), at_alarm.begin(), at_alarm.end());
  for (const std::string& id : examples) {
    EXPECT_TRUE(id.starts_with("bright-")) << id;
    const Reply reply = client.Ask("GET", StrCat("/v1/records/", id, "/photo"));
    ASSERT_EQ(reply.status, 200) << reply.body;
    EXPECT_TRUE(reply.body == sent_[id]);
    EXPECT_EQ(reply.Header("content-type"), "image/png");
    EXPECT_EQ(reply.Header("cache-control"), "private, no-store");
    EXPECT_EQ(reply.Header("x-content-type-options"), "nosniff");
    EXPECT_EQ(reply.Header("cross-origin-resource-policy"), "same-origin");
  }
  // The store knows, too, for the report.
  monitoring_->Stop();
  monitoring_->store()->Flush();
  const auto events = RecordReader::Open(store_)->Events({}).value();
  const auto event = std::ranges::find(events, "drift.input.brightness", &EventRecord::kind);
  ASSERT_NE(event, events.end());
  EXPECT_EQ(event->examples, at_alarm);
  EXPECT_LT(event->p_value.value_or(1), 1e-3);
  const auto keys = RecordReader::Open(store_)->SummaryKeys().value();
  EXPECT_NE(std::ranges::find(keys, "watched/1", &SummaryKey::model), keys.end());
}

TEST_F(ExamplePhotosTest, WithoutKeptPhotosNothingIsNamed) {
  LoadWatched();
  HttpClient client(Listen(false));
  EXPECT_EQ(Drifted(client).dump().find("examples"), std::string::npos);
  monitoring_->store()->Flush();
  EXPECT_EQ(client.Ask("GET", "/v1/records/bright-0/photo").status, 404);
  monitoring_->Stop();
  monitoring_->store()->Flush();
  const std::vector<EventRecord> events = RecordReader::Open(store_)->Events({}).value();
  for (const EventRecord& event : events) EXPECT_TRUE(event.examples.empty()) << event.kind;
}

TEST_F(ExamplePhotosTest, WhatIsNoPhotoIsNothingToOpen) {
  HttpClient client(Listen(true));
  const std::string page = "<!doctype html><script>alert(1)</script>";
  EXPECT_EQ(client.Ask("POST", "/v1/classify", page, "X-Request-Id: page\r\n").status, 400);
  EXPECT_EQ(client.Ask("POST", "/v1/classify", photo_, "X-Request-Id: photo\r\n").status, 200);
  monitoring_->store()->Flush();
  const Reply reply = client.Ask("GET", "/v1/records/page/photo");
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.Header("content-type"), "application/octet-stream");
  EXPECT_EQ(reply.Header("x-content-type-options"), "nosniff");
  EXPECT_EQ(reply.Header("content-security-policy"), "default-src 'none'; sandbox");
  EXPECT_EQ(client.Ask("POST", "/v1/records/photo/photo").status, 405);
  for (const char* none : {"/v1/records/none/photo", "/v1/records//photo", "/v1/records/photo", "/v1/records/photo/",
                           "/v1/records/%2e%2e/photo", "/v1/records/photo/photo/more"}) {
    EXPECT_EQ(client.Ask("GET", none).status, 404) << none;
  }
}

TEST_F(ExamplePhotosTest, WhoHasNoTokenHasNoPhoto) {
  ServerOptions server;
  server.token = "secret";
  HttpClient client(Listen(true, server));
  const std::string bearer = "Authorization: Bearer secret\r\n";
  EXPECT_EQ(client.Ask("POST", "/v1/classify", photo_, bearer + "X-Request-Id: mine\r\n").status, 200);
  monitoring_->store()->Flush();
  EXPECT_EQ(HttpClient(server_->port()).Ask("GET", "/v1/records/mine/photo").status, 401);
  EXPECT_EQ(client.Ask("GET", "/v1/records/mine/photo", {}, bearer).status, 200);
}

TEST_F(ExamplePhotosTest, WithoutAStoreThereIsNone) {
  EXPECT_EQ(HttpClient(ServiceFixture::Listen()).Ask("GET", "/v1/records/mine/photo").status, 404);
}

}  // namespace
}  // namespace frond::serve
