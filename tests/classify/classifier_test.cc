#include <gtest/gtest.h>

#include <cmath>

#include "frond/classify.h"
#include "tests/support/temp_dir.h"
#include "tests/support/tiny_model.h"

namespace frond {
namespace {

Image Gradient(int width, int height) {
  Image image = Image::Create(width, height).value();
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width * 3; ++x) image.row(y)[x] = static_cast<uint8_t>(x * 7 + y * 3);
  }
  return image;
}

class ClassifierTest : public testing::Test {
 protected:
  TempDir dir;
  std::string path = dir.File("model.safetensors");
};

TEST_F(ClassifierTest, IsPreprocessSessionAndTopScores) {
  WriteTinyModel(path);
  Classifier classifier = Classifier::Load(path, {.threads = 2}).value();
  const Preprocessing& size = classifier.model().spec().preprocessing;
  Session session = Session::Create(classifier.model(), {.threads = 1}).value();
  for (const auto& [width, height] : {std::pair(40, 30), std::pair(300, 500), std::pair(1, 1)}) {
    const Image photo = Gradient(width, height);
    std::vector<float> input(size_t{3} * static_cast<size_t>(size.height * size.width));
    ASSERT_TRUE(Preprocess(photo, size, input).ok());
    std::vector<float> logits(5);
    ASSERT_TRUE(session.Run({input, 1, size.height, size.width}, logits).ok());
    const std::vector<Score> expected = TopScores(logits, 3).value();
    const std::vector<Score> actual = classifier.Classify(photo, 3).value();
    ASSERT_EQ(actual.size(), 3u);
    for (size_t i = 0; i < 3; ++i) {
      EXPECT_EQ(actual[i].index, expected[i].index);
      EXPECT_EQ(actual[i].score, expected[i].score);
    }
  }
  EXPECT_EQ(classifier.model().labels()[2], "cherry");
}

TEST_F(ClassifierTest, RefusesAFeatureExtractorWithARemedy) {
  WriteTinyExtractor(path);
  const Result<Classifier> classifier = Classifier::Load(path);
  ASSERT_FALSE(classifier.ok());
  EXPECT_EQ(classifier.error().code, ErrorCode::kUnsupported);
  EXPECT_NE(classifier.error().message.find(path), std::string::npos);
  EXPECT_NE(classifier.error().remedy.find("frond run"), std::string::npos);
}

TEST_F(ClassifierTest, PassesErrorsOn) {
  EXPECT_EQ(Classifier::Load(path).error().code, ErrorCode::kNotFound);
  WriteTinyModel(path);
  EXPECT_EQ(Classifier::Load(path, {.threads = 1000}).error().code, ErrorCode::kInvalidArgument);
  Classifier classifier = Classifier::Load(path).value();
  EXPECT_EQ(classifier.Classify(Gradient(8, 8), 0).error().code, ErrorCode::kInvalidArgument);
}

TEST_F(ClassifierTest, EachTaskHasASoftmaxOfItsOwn) {
  WriteTinyTasksModel(path);
  Classifier classifier = Classifier::Load(path).value();
  const Model& model = classifier.model();
  EXPECT_EQ(model.tasks(), (std::vector<Task>{{"fruit", 0, 2}, {"tree", 2, 3}}));
  EXPECT_EQ(model.temperature(), 0.5);
  EXPECT_EQ(model.temperature(1), 2);
  const std::vector<float> logits = {1, 2, 5, 3, 4};
  const std::vector<TaskScores> tasks = TopScoresByTask(model, logits, 2).value();
  ASSERT_EQ(tasks.size(), 2u);
  EXPECT_EQ(tasks[0].task, "fruit");
  EXPECT_EQ(tasks[1].task, "tree");
  ASSERT_EQ(tasks[1].scores.size(), 2u);
  EXPECT_EQ(tasks[0].scores[0].index, 1);
  EXPECT_EQ(tasks[1].scores[0].index, 2);
  EXPECT_EQ(tasks[1].scores[1].index, 4);
  EXPECT_NEAR(tasks[0].scores[0].score, 1 / (1 + std::exp(-2.0)), 1e-6);
  EXPECT_NEAR(tasks[1].scores[0].score, 1 / (1 + std::exp(-0.5) + std::exp(-1.0)), 1e-6);
  EXPECT_EQ(TopScoresByTask(model, std::span(logits).first(4), 2).error().code, ErrorCode::kInvalidArgument);

  const Image photo = Gradient(40, 30);
  const Result<std::vector<Score>> mixed = classifier.Classify(photo);
  ASSERT_FALSE(mixed.ok());
  EXPECT_EQ(mixed.error().code, ErrorCode::kUnsupported);
  EXPECT_EQ(classifier.ClassifyTasks(photo, 9).value()[1].scores.size(), 3u);
}

TEST_F(ClassifierTest, AModelOfOneTaskAnswersItEitherWay) {
  WriteTinyModel(path);
  Classifier classifier = Classifier::Load(path).value();
  EXPECT_EQ(classifier.model().tasks(), (std::vector<Task>{{"", 0, 5}}));
  const Image photo = Gradient(40, 30);
  const std::vector<Score> plain = classifier.Classify(photo, 5).value();
  const std::vector<TaskScores> tasks = classifier.ClassifyTasks(photo, 5).value();
  ASSERT_EQ(tasks.size(), 1u);
  EXPECT_EQ(tasks[0].task, "");
  for (size_t i = 0; i < 5; ++i) {
    EXPECT_EQ(plain[i].index, tasks[0].scores[i].index);
    EXPECT_EQ(plain[i].score, tasks[0].scores[i].score);
  }
}

}  // namespace
}  // namespace frond
