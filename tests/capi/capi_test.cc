#include <gtest/gtest.h>

#include <fstream>

#include "frond/classify.h"
#include "frond/frond.h"
#include "tests/support/temp_dir.h"
#include "tests/support/tiny_model.h"

extern "C" int frond_test_from_c(const char* model, const char* photo);  // tests/capi/from_c.c

namespace frond {
namespace {

const std::string kPhoto = FROND_PHOTO_DIR "/jpeg_420.jpg";

std::string Bytes(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

class CApi : public testing::Test {
 protected:
  CApi() {
    WriteTinyModel(model);
    EXPECT_EQ(frond_classifier_load(model.c_str(), 1, &classifier, &error), FROND_OK) << error.message;
    expected = Classifier::Load(model).value().Classify(ReadImage(kPhoto).value(), 5).value();
  }
  ~CApi() override {
    frond_classifier_free(classifier);
    frond_error_free(&error);
  }

  void ExpectScores() {
    ASSERT_EQ(count, 5);
    for (size_t i = 0; i < 5; ++i) {
      EXPECT_EQ(scores[i].index, expected[i].index);
      EXPECT_EQ(scores[i].score, expected[i].score);
    }
  }

  TempDir dir;
  std::string model = dir.File("model.safetensors");
  frond_classifier* classifier = nullptr;
  frond_error error = FROND_ERROR_INIT;
  frond_score scores[9] = {};
  int count = -1;
  std::vector<Score> expected;
};

TEST_F(CApi, ThreeWaysToGiveAPhotoGiveTheSameAnswer) {
  EXPECT_EQ(frond_classify_file(classifier, kPhoto.c_str(), 9, scores, &count, &error), FROND_OK);
  ExpectScores();
  const std::string bytes = Bytes(kPhoto);
  EXPECT_EQ(frond_classify_memory(classifier, bytes.data(), bytes.size(), 5, scores, &count, &error), FROND_OK);
  ExpectScores();
  // Rows farther apart than they are long, the last one without a gap behind it.
  const Image photo = ReadImage(kPhoto).value();
  const size_t row = size_t{3} * static_cast<size_t>(photo.width());
  const size_t stride = row + 5;
  std::vector<uint8_t> pixels(stride * static_cast<size_t>(photo.height() - 1) + row);
  for (int y = 0; y < photo.height(); ++y) {
    std::copy_n(photo.row(y), row, pixels.data() + static_cast<size_t>(y) * stride);
  }
  EXPECT_EQ(
      frond_classify_rgb(classifier, pixels.data(), photo.width(), photo.height(), stride, 5, scores, &count, &error),
      FROND_OK);
  ExpectScores();
}

TEST_F(CApi, LabelsBelongToTheClassifier) {
  EXPECT_EQ(frond_classifier_class_count(classifier), 5);
  EXPECT_STREQ(frond_classifier_label(classifier, 4), "elder");
  EXPECT_EQ(frond_classifier_label(classifier, 5), nullptr);
  EXPECT_EQ(frond_classifier_label(classifier, -1), nullptr);
}

TEST_F(CApi, ErrorsSayWhatIsWrongAndAreReplaced) {
  EXPECT_EQ(frond_classify_file(classifier, model.c_str(), 5, scores, &count, &error), FROND_BAD_FORMAT);
  EXPECT_EQ(error.code, FROND_BAD_FORMAT);
  EXPECT_NE(std::string(error.message).find(model), std::string::npos);
  EXPECT_EQ(count, 0);
  EXPECT_EQ(frond_classify_file(classifier, "/nowhere.jpg", 5, scores, &count, &error), FROND_NOT_FOUND);
  EXPECT_STREQ(frond_code_name(error.code), "not_found");
  EXPECT_STRNE(error.remedy, "");
  EXPECT_EQ(frond_classify_file(classifier, kPhoto.c_str(), 0, scores, &count, &error), FROND_INVALID_ARGUMENT);
  EXPECT_EQ(frond_classify_file(classifier, kPhoto.c_str(), 5, scores, &count, &error), FROND_OK);
  EXPECT_EQ(error.code, FROND_OK);
  EXPECT_EQ(error.message, nullptr);
  // Nobody need listen.
  EXPECT_EQ(frond_classify_file(classifier, "/nowhere.jpg", 5, scores, &count, nullptr), FROND_NOT_FOUND);
}

TEST_F(CApi, NullIsAnErrorOrNothing) {
  EXPECT_EQ(frond_classify_file(nullptr, kPhoto.c_str(), 5, scores, &count, &error), FROND_INVALID_ARGUMENT);
  EXPECT_EQ(frond_classify_file(classifier, nullptr, 5, scores, &count, &error), FROND_INVALID_ARGUMENT);
  EXPECT_EQ(frond_classify_file(classifier, kPhoto.c_str(), 5, nullptr, &count, &error), FROND_INVALID_ARGUMENT);
  EXPECT_EQ(frond_classify_file(classifier, kPhoto.c_str(), 5, scores, nullptr, &error), FROND_INVALID_ARGUMENT);
  EXPECT_EQ(frond_classify_memory(classifier, nullptr, 9, 5, scores, &count, &error), FROND_INVALID_ARGUMENT);
  EXPECT_EQ(frond_classify_rgb(classifier, nullptr, 9, 9, 27, 5, scores, &count, &error), FROND_INVALID_ARGUMENT);
  frond_classifier* other = classifier;
  EXPECT_EQ(frond_classifier_load(nullptr, 0, &other, &error), FROND_INVALID_ARGUMENT);
  EXPECT_EQ(other, nullptr);
  EXPECT_EQ(frond_classifier_load(model.c_str(), 0, nullptr, &error), FROND_INVALID_ARGUMENT);
  EXPECT_EQ(frond_classifier_class_count(nullptr), 0);
  EXPECT_EQ(frond_classifier_label(nullptr, 0), nullptr);
  frond_classifier_free(nullptr);
  frond_error_free(nullptr);
}

TEST_F(CApi, RefusesPixelsThatCannotBe) {
  const std::vector<uint8_t> pixels(100);
  EXPECT_EQ(frond_classify_rgb(classifier, pixels.data(), 4, 4, 11, 5, scores, &count, &error), FROND_INVALID_ARGUMENT);
  EXPECT_EQ(frond_classify_rgb(classifier, pixels.data(), 0, 4, 12, 5, scores, &count, &error), FROND_INVALID_ARGUMENT);
  EXPECT_EQ(frond_classify_rgb(classifier, pixels.data(), 4, -1, 12, 5, scores, &count, &error),
            FROND_INVALID_ARGUMENT);
}

TEST_F(CApi, EveryCodeHasItsName) {
  EXPECT_STREQ(frond_code_name(FROND_OK), "ok");
  EXPECT_STREQ(frond_code_name(FROND_LIMIT), "limit");
  EXPECT_STREQ(frond_code_name(99), "unknown");
}

TEST_F(CApi, WorksFromC) { EXPECT_EQ(frond_test_from_c(model.c_str(), kPhoto.c_str()), 0); }

TEST_F(CApi, OneTaskIsAnsweredAsATaskToo) {
  EXPECT_EQ(frond_classifier_task_count(classifier), 1);
  EXPECT_STREQ(frond_classifier_task_name(classifier, 0), "");
  EXPECT_EQ(frond_classify_tasks_file(classifier, kPhoto.c_str(), 9, scores, &count, &error), FROND_OK);
  ExpectScores();
  EXPECT_EQ(frond_classifier_task_count(nullptr), 0);
  EXPECT_EQ(frond_classifier_task_name(nullptr, 0), nullptr);
}

TEST_F(CApi, EachTaskHasItsPartOfTheScores) {
  WriteTinyTasksModel(model);  // fruit (2 classes) and tree (3)
  frond_classifier* tasks = nullptr;
  ASSERT_EQ(frond_classifier_load(model.c_str(), 1, &tasks, &error), FROND_OK) << error.message;
  EXPECT_EQ(frond_classifier_task_count(tasks), 2);
  EXPECT_STREQ(frond_classifier_task_name(tasks, 1), "tree");
  EXPECT_EQ(frond_classifier_task_name(tasks, 2), nullptr);
  EXPECT_EQ(frond_classifier_task_name(tasks, -1), nullptr);
  EXPECT_EQ(frond_classify_file(tasks, kPhoto.c_str(), 3, scores, &count, &error), FROND_UNSUPPORTED);
  EXPECT_EQ(count, 0);

  int counts[2] = {-1, -1};
  constexpr int kTop = 4;
  frond_score all[2 * kTop] = {};
  const std::string bytes = Bytes(kPhoto);
  ASSERT_EQ(frond_classify_tasks_memory(tasks, bytes.data(), bytes.size(), kTop, all, counts, &error), FROND_OK);
  EXPECT_EQ(counts[0], 2);
  EXPECT_EQ(counts[1], 3);
  EXPECT_NEAR(all[0].score + all[1].score, 1, 1e-6);
  EXPECT_NEAR(all[kTop].score + all[kTop + 1].score + all[kTop + 2].score, 1, 1e-6);
  EXPECT_LT(all[0].index, 2);
  EXPECT_GE(all[kTop].index, 2);

  const Image photo = ReadImage(kPhoto).value();
  frond_score again[2 * kTop] = {};
  ASSERT_EQ(frond_classify_tasks_rgb(tasks, photo.row(0), photo.width(), photo.height(),
                                     size_t{3} * static_cast<size_t>(photo.width()), kTop, again, counts, &error),
            FROND_OK);
  EXPECT_EQ(again[kTop].index, all[kTop].index);
  EXPECT_EQ(again[kTop].score, all[kTop].score);
  EXPECT_EQ(frond_classify_tasks_file(tasks, "gone.jpg", kTop, all, counts, &error), FROND_NOT_FOUND);
  EXPECT_EQ(counts[0], 0);
  EXPECT_EQ(counts[1], 0);
  EXPECT_EQ(frond_classify_tasks_file(tasks, kPhoto.c_str(), kTop, all, nullptr, &error), FROND_INVALID_ARGUMENT);
  frond_classifier_free(tasks);
}

}  // namespace
}  // namespace frond
