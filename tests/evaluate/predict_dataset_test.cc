#include "src/evaluate/predict_dataset.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "frond/classify.h"
#include "src/evaluate/match_tasks.h"
#include "tests/support/temp_dir.h"
#include "tests/support/tiny_model.h"

namespace frond {
namespace {

namespace fs = std::filesystem;

// Of tests/golden/photos, those that are whole.
std::vector<std::string> Photos(size_t count) {
  std::vector<std::string> all;
  for (const auto& entry : fs::directory_iterator(FROND_GOLDEN_DIR "/photos")) {
    if (entry.path().extension() == ".jpg") all.push_back(entry.path().string());
  }
  std::sort(all.begin(), all.end());
  std::vector<std::string> out;
  for (const std::string& path : all) {
    if (out.size() < count && ReadImage(path).ok()) out.push_back(path);
  }
  return out;
}

class PredictDatasetTest : public testing::Test {
 protected:
  PredictDatasetTest() {
    WriteTinyModel(folder_.File("tiny.safetensors"));  // apple, birch, cherry, date, elder
    model_.emplace(Model::Load(folder_.File("tiny.safetensors")).value());
    data_.labels = {"birch", "elder"};
    data_.tasks = {{"", 0, 2}};
    const std::vector<std::string> photos = Photos(7);
    EXPECT_EQ(photos.size(), 7U);
    for (size_t i = 0; i < photos.size(); ++i) {
      data_.samples.push_back({photos[i], {i < 4 ? 0 : 1}, i % 2 == 0 ? Split::kTest : Split::kTrain, ""});
    }
  }

  TempDir folder_;
  std::optional<Model> model_;
  Dataset data_;
};

TEST_F(PredictDatasetTest, IsWhatTheClassifierSaysOfEachPhoto) {
  for (const int batch : {1, 3, 32}) {
    size_t last = 0;
    const Result<DatasetPredictions> result = PredictDataset(
        *model_, data_, {.split = std::nullopt, .threads = 2, .batch = batch}, [&](size_t done, size_t of) {
          EXPECT_EQ(of, 7U);
          EXPECT_GT(done, last);
          last = done;
        });
    ASSERT_TRUE(result.ok()) << result.error().ToString();
    EXPECT_EQ(last, 7U);
    const Predictions& predictions = result->tasks[0];
    EXPECT_EQ(predictions.labels, model_->labels());
    ASSERT_EQ(predictions.count(), 7U);
    ASSERT_EQ(predictions.logits.size(), 35U);
    Classifier classifier = Classifier::Create(*model_).value();
    for (size_t i = 0; i < 7; ++i) {
      EXPECT_EQ(predictions.paths[i], data_.samples[i].path);
      EXPECT_EQ(predictions.truth[i], i < 4 ? 1 : 4);  // birch and elder by the model's order
      const Image photo = ReadImage(predictions.paths[i], DecodeOptionsFor(model_->spec().preprocessing)).value();
      const Score best = classifier.Classify(photo, 1).value()[0];
      const std::span<const float> row = std::span(predictions.logits).subspan(5 * i, 5);
      EXPECT_EQ(std::max_element(row.begin(), row.end()) - row.begin(), best.index);
      EXPECT_FLOAT_EQ(TopScores(row, 1).value()[0].score, best.score);
    }
  }
}

TEST_F(PredictDatasetTest, TakesOneSplit) {
  const Result<DatasetPredictions> result = PredictDataset(*model_, data_, {});
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(result->tasks[0].count(), 4U);
  const Result<DatasetPredictions> none = PredictDataset(*model_, data_, {.split = Split::kVal});
  ASSERT_FALSE(none.ok());
  EXPECT_EQ(none.error().code, ErrorCode::kInvalidArgument);
  EXPECT_NE(none.error().message.find("val"), std::string::npos);
}

TEST_F(PredictDatasetTest, PhotosThatCannotBeReadAreListed) {
  std::ofstream(folder_.File("broken.jpg")) << "\xff\xd8\xff no photo";
  data_.samples[1].path = folder_.File("broken.jpg");
  data_.samples[4].path = folder_.File("gone.jpg");
  const Result<DatasetPredictions> result = PredictDataset(*model_, data_, {.split = std::nullopt, .batch = 4});
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(result->tasks[0].count(), 5U);
  ASSERT_EQ(result->unreadable.size(), 2U);
  EXPECT_EQ(result->unreadable[0].sample, 1U);
  EXPECT_EQ(result->unreadable[0].error.code, ErrorCode::kBadFormat);
  EXPECT_EQ(result->unreadable[1].sample, 4U);
  EXPECT_EQ(result->unreadable[1].error.code, ErrorCode::kNotFound);
  EXPECT_EQ(result->tasks[0].paths[1], data_.samples[2].path);
  EXPECT_EQ(result->tasks[0].truth[4], 4);

  for (Sample& sample : data_.samples) sample.path = folder_.File("gone.jpg");
  const Result<DatasetPredictions> none = PredictDataset(*model_, data_, {});
  ASSERT_FALSE(none.ok());
  EXPECT_EQ(none.error().code, ErrorCode::kNotFound);
}

TEST_F(PredictDatasetTest, LabelsThatTheModelHasNotAreNamed) {
  data_.labels[1] = "oak";
  const Result<DatasetPredictions> result = PredictDataset(*model_, data_, {});
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code, ErrorCode::kMismatch);
  EXPECT_NE(result.error().message.find("\"oak\""), std::string::npos) << result.error().message;
  EXPECT_NE(result.error().message.find("\"cherry\""), std::string::npos) << result.error().message;
  EXPECT_EQ(result.error().message.find("\"birch\" is"), std::string::npos) << result.error().message;
}

TEST_F(PredictDatasetTest, AFeatureExtractorHasNothingToEvaluate) {
  WriteTinyExtractor(folder_.File("extractor.safetensors"));
  const Model extractor = Model::Load(folder_.File("extractor.safetensors")).value();
  const Result<DatasetPredictions> result = PredictDataset(extractor, data_, {});
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code, ErrorCode::kUnsupported);
}

class PredictTasksTest : public PredictDatasetTest {
 protected:
  PredictTasksTest() {
    WriteTinyTasksModel(folder_.File("tasks.safetensors"));  // fruit: apple, birch; tree: cherry, date, elder
    tasks_.emplace(Model::Load(folder_.File("tasks.safetensors")).value());
    data_.tasks = {{"tree", 0, 2}, {"fruit", 2, 2}};  // in another order than the model's
    data_.labels = {"cherry", "elder", "apple", "birch"};
    const std::vector<std::vector<int>> labels = {{0, 2}, {1, 3}, {kNoLabel, 3}, {1, kNoLabel}, {0, 2}, {0, 2}, {1, 3}};
    for (size_t i = 0; i < labels.size(); ++i) data_.samples[i].labels = labels[i];
  }
  std::optional<Model> tasks_;
};

TEST_F(PredictTasksTest, EachHasThePhotosThatAreLabelledForIt) {
  const Result<DatasetPredictions> result = PredictDataset(*tasks_, data_, {.split = std::nullopt});
  ASSERT_TRUE(result.ok()) << result.error().ToString();
  ASSERT_EQ(result->tasks.size(), 2U);
  const Predictions& fruit = result->tasks[0];
  const Predictions& tree = result->tasks[1];
  EXPECT_EQ(fruit.task, "fruit");
  EXPECT_EQ(fruit.labels, (std::vector<std::string>{"apple", "birch"}));
  EXPECT_EQ(fruit.truth, (std::vector<int>{0, 1, 1, 0, 0, 1}));
  EXPECT_EQ(tree.labels, (std::vector<std::string>{"cherry", "date", "elder"}));
  EXPECT_EQ(tree.truth, (std::vector<int>{0, 2, 2, 0, 0, 2}));
  EXPECT_EQ(fruit.paths[2], data_.samples[2].path);
  EXPECT_EQ(tree.paths[2], data_.samples[3].path);
  // The plain model has the same weights: its five logits are the two tasks' one behind the other.
  data_.tasks = {{"", 0, 2}};
  data_.labels = {"cherry", "elder"};
  for (Sample& sample : data_.samples) sample.labels = {0};
  const Result<DatasetPredictions> plain = PredictDataset(*model_, data_, {.split = std::nullopt});
  ASSERT_TRUE(plain.ok());
  const std::vector<float>& all = plain->tasks[0].logits;
  EXPECT_EQ(std::vector<float>(fruit.logits.begin() + 4, fruit.logits.begin() + 6),
            std::vector<float>(all.begin() + 10, all.begin() + 12));  // the third photo
  EXPECT_EQ(std::vector<float>(tree.logits.begin() + 6, tree.logits.begin() + 9),
            std::vector<float>(all.begin() + 17, all.begin() + 20));  // the fourth
}

TEST_F(PredictTasksTest, FiguresAreOfTasksThatHavePhotos) {
  for (Sample& sample : data_.samples) sample.labels[1] = kNoLabel;
  data_.samples[2].labels[0] = 0;
  const Result<DatasetPredictions> result = PredictDataset(*tasks_, data_, {.split = std::nullopt});
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(result->tasks[0].count(), 0U);
  const std::vector<Evaluation> tasks = EvaluateTasks(result->tasks, std::vector<double>{0.5, 2}).value();
  ASSERT_EQ(tasks.size(), 1U);
  EXPECT_EQ(tasks[0].task, "tree");
  EXPECT_EQ(tasks[0].n, 7);
  EXPECT_EQ(tasks[0].temperature, 2);
  EXPECT_EQ(FitTemperatures(result->tasks).value()[0], 1);
  EXPECT_EQ(EvaluateTasks({{}, {}}, {}).error().code, ErrorCode::kInvalidArgument);
}

TEST_F(PredictTasksTest, TasksAndLabelsThatTheModelHasNotAreNamed) {
  const auto message = [&](const Model& model) {
    const Result<DatasetPredictions> result = PredictDataset(model, data_, {});
    EXPECT_FALSE(result.ok());
    return result.ok() ? "" : result.error().ToString();
  };
  EXPECT_NE(message(*model_).find("the model one task without a name"), std::string::npos);
  data_.labels[1] = "oak";
  EXPECT_NE(message(*tasks_).find("tree: the data set's label \"oak\""), std::string::npos) << message(*tasks_);
  data_.tasks[1].name = "soil";
  EXPECT_NE(message(*tasks_).find("\"soil\""), std::string::npos) << message(*tasks_);
}

TEST(MatchLabels, ByNameWhateverTheOrder) {
  EXPECT_EQ(*MatchLabels({"a", "b"}, {"b", "x", "a"}), (std::vector<int>{2, 0}));
  EXPECT_EQ(MatchLabels({"a"}, {}).error().code, ErrorCode::kMismatch);
  EXPECT_EQ(MatchLabels({"a", "b"}, {"a", "a", "b"}).error().code, ErrorCode::kMismatch);
  EXPECT_EQ(*MatchLabels({"b"}, {"a", "a", "b"}), (std::vector<int>{2}));  // a name twice matters only where it is used
  EXPECT_EQ(MatchLabels({"A"}, {"a"}).error().code, ErrorCode::kMismatch);
}

}  // namespace
}  // namespace frond
