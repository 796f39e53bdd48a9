// A reference through a model file, and what becomes of files without one or with a broken one.

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "frond/model.h"
#include "src/monitor/drift_detector.h"
#include "src/weights/model_file.h"
#include "src/weights/reference.h"
#include "tests/support/temp_dir.h"
#include "tests/support/tiny_model.h"

namespace frond {
namespace {

class ModelReference : public testing::Test {
 protected:
  void SetUp() override {
    WriteTinyModel(path_);
    model_ = ReadModelFile(path_).value();
    const auto channels = static_cast<size_t>(model_.spec.head_channels);
    std::vector<TrainingPhoto> photos(40);
    for (size_t n = 0; n < photos.size(); ++n) {
      for (float& value : photos[n].statistics) value = 0.01F * static_cast<float>(n % 7);
      photos[n].statistics[6] = std::nanf("");
      for (size_t c = 0; c < channels; ++c) photos[n].features.push_back(static_cast<float>((n * (c + 3)) % 11));
      photos[n].classes = {{static_cast<int>(n % 5), 0.5F}};
      photos[n].truth = {static_cast<int>(n % 5)};
    }
    reference_ = BuildTrainingReference(photos, photos, model_.info.tasks).value();
  }

  // The tiny model again, with these tensors and this JSON.
  Result<Model> Load(const std::vector<TensorToWrite>& others, const std::string& json) {
    std::vector<TensorToWrite> tensors;
    for (const StoredTensor& tensor : model_.tensors.tensors) {
      tensors.push_back({tensor.name, tensor.shape, FloatView(model_, tensor.name)});
    }
    tensors.insert(tensors.end(), others.begin(), others.end());
    ModelInfo info = model_.info;
    info.reference_json = json;
    const std::string path = dir_.File("written.safetensors");
    EXPECT_TRUE(WriteModelFile(path, model_.spec, info, tensors).ok());
    return Model::Load(path);
  }

  TempDir dir_;
  std::string path_ = dir_.File("tiny.safetensors");
  ModelFile model_;
  TrainingReference reference_;
};

TEST_F(ModelReference, ComesBack) {
  const Result<Model> model = Load(ReferenceTensors(reference_), ReferenceToJson(reference_));
  ASSERT_TRUE(model.ok()) << model.error().ToString();
  ASSERT_NE(model->reference(), nullptr);
  const TrainingReference& back = *model->reference();
  EXPECT_EQ(back.held_out, reference_.held_out);
  EXPECT_EQ(back.photos, 40U);
  EXPECT_EQ(back.mean, reference_.mean);
  EXPECT_EQ(back.components, reference_.components);
  EXPECT_EQ(back.deviations, reference_.deviations);
  EXPECT_EQ(back.rest, reference_.rest);
  EXPECT_EQ(back.statistic_names, reference_.statistic_names);
  EXPECT_EQ(back.projections, reference_.projections);
  EXPECT_EQ(back.confidences, reference_.confidences);
  EXPECT_EQ(back.class_shares, reference_.class_shares);
  EXPECT_EQ(back.class_errors, reference_.class_errors);
  const auto basis = DriftBasis::Create(model->reference(), model->tasks(), model->labels());
  ASSERT_TRUE(basis.ok());
  EXPECT_TRUE(DriftReference::FromTraining(back, *basis).ok());
}

TEST_F(ModelReference, IsNotThereWhereNothingWasKept) {
  EXPECT_EQ(Model::Load(path_)->reference(), nullptr);
  // As the trainer wrote it before it kept statistics.
  const std::vector<float> mean(static_cast<size_t>(model_.spec.head_channels));
  const Result<Model> earlier = Load({{"frond.reference.mean", {model_.spec.head_channels}, mean}},
                                     R"({"split":"val","photos":3,"class_photos":[1,1,1,0,0]})");
  ASSERT_TRUE(earlier.ok()) << earlier.error().ToString();
  EXPECT_EQ(earlier->reference(), nullptr);
  // Then classes and statistics of a model's own traffic can still be watched, features cannot.
  const auto basis = DriftBasis::Create(nullptr, earlier->tasks(), earlier->labels());
  ASSERT_TRUE(basis.ok());
  EXPECT_EQ(basis->dimensions(), 0U);
}

TEST_F(ModelReference, IsRefusedWhereItIsBroken) {
  const std::string json = ReferenceToJson(reference_);
  const std::vector<TensorToWrite> whole = ReferenceTensors(reference_);
  for (size_t i = 0; i < whole.size(); ++i) {
    std::vector<TensorToWrite> without = whole;
    without.erase(without.begin() + static_cast<std::ptrdiff_t>(i));
    EXPECT_EQ(Load(without, json).error().code, ErrorCode::kBadFormat) << whole[i].name;
    std::vector<TensorToWrite> other = whole;
    other[i].shape.back() += 1;
    std::vector<float> values(other[i].values.begin(), other[i].values.end());
    values.resize(static_cast<size_t>(ElementCount(other[i].shape).value()), 1.0F);
    other[i].values = values;
    EXPECT_EQ(Load(other, json).error().code, ErrorCode::kBadFormat) << whole[i].name;
    std::vector<TensorToWrite> infinite = whole;
    std::vector<float> wrong(whole[i].values.begin(), whole[i].values.end());
    wrong[0] = std::numeric_limits<float>::infinity();
    infinite[i].values = wrong;
    EXPECT_EQ(Load(infinite, json).error().code, ErrorCode::kBadFormat) << whole[i].name;
  }
  for (const char* text : {"[]", "no JSON", R"({"statistics":3,"held_out":true})", R"({"statistics":["a"]})"}) {
    EXPECT_EQ(Load(whole, text).error().code, ErrorCode::kBadFormat) << text;
  }
}

}  // namespace
}  // namespace frond
