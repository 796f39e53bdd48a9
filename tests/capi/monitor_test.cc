// Sessions and monitors from C.

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "frond/frond.h"
#include "frond/image.h"
#include "frond/model.h"
#include "tests/support/temp_dir.h"
#include "tests/support/tiny_model.h"

namespace frond {
namespace {

const std::string kPhoto = FROND_PHOTO_DIR "/jpeg_420.jpg";

class CMonitor : public testing::Test {
 protected:
  CMonitor() {
    WriteTinyModel(model);
    EXPECT_EQ(frond_session_load(model.c_str(), 1, &session, &error), FROND_OK) << error.message;
    EXPECT_EQ(frond_monitor_create(session, "crop-disease-v1", &monitor, &error), FROND_OK) << error.message;
    height = frond_session_input_height(session);
    width = frond_session_input_width(session);
    input.resize(size_t{3} * static_cast<size_t>(height) * static_cast<size_t>(width));
    EXPECT_EQ(frond_session_input_file(session, kPhoto.c_str(), input.data(), &error), FROND_OK) << error.message;
  }
  ~CMonitor() override {
    frond_monitor_free(monitor);
    frond_session_free(session);
    frond_error_free(&error);
  }

  frond_images Images(int count = 1) const { return {input.data(), count, height, width}; }

  TempDir dir;
  std::string model = dir.File("model.safetensors");
  frond_session* session = nullptr;
  frond_monitor* monitor = nullptr;
  frond_error error = FROND_ERROR_INIT;
  int height = 0;
  int width = 0;
  std::vector<float> input;
  std::vector<float> logits = std::vector<float>(5);
};

TEST_F(CMonitor, GivesTheSessionsLogitsAndCountsThem) {
  ASSERT_EQ(frond_session_output_size(session), 5);
  const Model same = Model::Load(model).value();
  std::vector<float> expected(5);
  ASSERT_TRUE(Session::Create(same, {.threads = 1}).value().Run({input, 1, height, width}, expected).ok());
  ASSERT_EQ(frond_session_run(session, Images(), logits.data(), &error), FROND_OK) << error.message;
  EXPECT_EQ(logits, expected);
  logits.assign(5, 0);
  ASSERT_EQ(frond_monitor_run(monitor, Images(), logits.data(), &error), FROND_OK) << error.message;
  EXPECT_EQ(logits, expected);

  const char* text = nullptr;
  ASSERT_EQ(frond_monitor_json(monitor, &text, &error), FROND_OK);
  const nlohmann::json json = nlohmann::json::parse(text);
  EXPECT_EQ(json["model"], "crop-disease-v1");
  EXPECT_EQ(json["photos"], 1);
  EXPECT_EQ(json["latency_ms"]["count"], 1);
  EXPECT_EQ(json["drift_watched"], false);
}

TEST_F(CMonitor, ThreeWaysToGiveAPhotoGiveTheSameInput) {
  const Model same = Model::Load(model).value();
  const Preprocessing& size = same.spec().preprocessing;
  std::vector<float> expected(input.size());
  ASSERT_TRUE(Preprocess(ReadImage(kPhoto, DecodeOptionsFor(size)).value(), size, expected).ok());
  EXPECT_EQ(input, expected);
  std::vector<float> other(input.size());
  std::ifstream in(kPhoto, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(in), {}};
  ASSERT_EQ(frond_session_input_memory(session, bytes.data(), bytes.size(), other.data(), &error), FROND_OK);
  EXPECT_EQ(other, expected);
  const Image photo = ReadImage(kPhoto).value();
  ASSERT_EQ(frond_session_input_rgb(session, photo.row(0), photo.width(), photo.height(),
                                    size_t{3} * static_cast<size_t>(photo.width()), other.data(), &error),
            FROND_OK);
  ASSERT_TRUE(Preprocess(photo, size, expected).ok());
  EXPECT_EQ(other, expected);
}

TEST_F(CMonitor, ErrorsSayWhatIsWrong) {
  for (const frond_images& images :
       {Images(0), Images(-3), frond_images{input.data(), 1, 0, width}, frond_images{input.data(), 1, 9000, 9000},
        frond_images{nullptr, 1, height, width}}) {
    error.code = FROND_OK;
    EXPECT_EQ(frond_monitor_run(monitor, images, logits.data(), &error), FROND_INVALID_ARGUMENT);
    EXPECT_EQ(error.code, FROND_INVALID_ARGUMENT);
    EXPECT_STRNE(error.message, "");
    EXPECT_EQ(frond_session_run(session, images, logits.data(), nullptr), FROND_INVALID_ARGUMENT);
  }
  EXPECT_EQ(frond_session_input_file(session, "/nowhere.jpg", input.data(), &error), FROND_NOT_FOUND);
  EXPECT_EQ(frond_session_input_file(session, model.c_str(), input.data(), &error), FROND_BAD_FORMAT);
  frond_session* none = session;
  EXPECT_EQ(frond_session_load("/nowhere", 1, &none, &error), FROND_NOT_FOUND);
  EXPECT_EQ(none, nullptr);
}

TEST_F(CMonitor, NullIsAnErrorOrNothing) {
  frond_session* no_session = nullptr;
  frond_monitor* other = monitor;
  const char* text = "";
  EXPECT_EQ(frond_session_load(nullptr, 1, &no_session, &error), FROND_INVALID_ARGUMENT);
  EXPECT_EQ(frond_session_load(model.c_str(), 1, nullptr, &error), FROND_INVALID_ARGUMENT);
  EXPECT_EQ(frond_session_run(nullptr, Images(), logits.data(), &error), FROND_INVALID_ARGUMENT);
  EXPECT_EQ(frond_session_run(session, Images(), nullptr, &error), FROND_INVALID_ARGUMENT);
  EXPECT_EQ(frond_session_input_file(nullptr, kPhoto.c_str(), input.data(), &error), FROND_INVALID_ARGUMENT);
  EXPECT_EQ(frond_session_input_file(session, nullptr, input.data(), &error), FROND_INVALID_ARGUMENT);
  EXPECT_EQ(frond_session_input_file(session, kPhoto.c_str(), nullptr, &error), FROND_INVALID_ARGUMENT);
  EXPECT_EQ(frond_session_input_memory(session, nullptr, 9, input.data(), &error), FROND_INVALID_ARGUMENT);
  EXPECT_EQ(frond_session_input_rgb(session, nullptr, 9, 9, 27, input.data(), &error), FROND_INVALID_ARGUMENT);
  EXPECT_EQ(frond_session_output_size(nullptr), 0);
  EXPECT_EQ(frond_session_input_height(nullptr), 0);
  EXPECT_EQ(frond_session_input_width(nullptr), 0);
  EXPECT_EQ(frond_monitor_create(nullptr, "a", &other, &error), FROND_INVALID_ARGUMENT);
  EXPECT_EQ(other, nullptr);
  EXPECT_EQ(frond_monitor_create(session, nullptr, &other, &error), FROND_INVALID_ARGUMENT);
  EXPECT_EQ(frond_monitor_create(session, "a", nullptr, &error), FROND_INVALID_ARGUMENT);
  EXPECT_EQ(frond_monitor_run(nullptr, Images(), logits.data(), &error), FROND_INVALID_ARGUMENT);
  EXPECT_EQ(frond_monitor_json(nullptr, &text, &error), FROND_INVALID_ARGUMENT);
  EXPECT_EQ(text, nullptr);
  EXPECT_EQ(frond_monitor_json(monitor, nullptr, &error), FROND_INVALID_ARGUMENT);
  frond_session_free(nullptr);
  frond_monitor_free(nullptr);
}

}  // namespace
}  // namespace frond
