#include "src/weights/model_file.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <utility>

#include "tests/support/temp_dir.h"
#include "tests/weights/weights_of.h"

namespace frond {
namespace {

Spec TinySpec() { return OneBlockSpec(2); }

class ModelFileTest : public testing::Test {
 protected:
  std::map<std::string, std::string> metadata = {
      {"frond.format", "1"}, {"frond.spec", SpecToJson(TinySpec())}, {"frond.labels", R"(["cat", "dog"])"}};
  WeightsOf weights{TinySpec()};
  TempDir dir;
  std::string path = dir.File("model.safetensors");

  void ExpectRefused(ErrorCode code, const std::string& says) {
    weights.Write(path, metadata);
    const Result<ModelFile> model = ReadModelFile(path);
    ASSERT_FALSE(model.ok()) << "was read; wants: " << says;
    EXPECT_EQ(ErrorCodeName(model.error().code), ErrorCodeName(code)) << model.error().ToString();
    EXPECT_NE(model.error().ToString().find(says), std::string::npos) << model.error().ToString();
  }
};

TEST_F(ModelFileTest, ReadsWhatItWrote) {
  std::vector<TensorToWrite> tensors;
  for (const auto& tensor : weights.tensors) tensors.push_back({tensor.name, tensor.shape, tensor.values});
  ASSERT_TRUE(
      WriteModelFile(path, TinySpec(), {{"cat", "dög"}, R"({"file": "x"})", {1.25}, R"({"count": 3})"}, tensors).ok());
  const Result<ModelFile> model = ReadModelFile(path);
  ASSERT_TRUE(model.ok()) << model.error().ToString();
  EXPECT_EQ(model->spec, TinySpec());
  EXPECT_EQ(model->info.labels, (std::vector<std::string>{"cat", "dög"}));
  EXPECT_EQ(model->info.source_json, R"({"file": "x"})");
  EXPECT_EQ(model->info.temperatures, std::vector<double>{1.25});
  EXPECT_EQ(model->info.tasks, (std::vector<Task>{{"", 0, 2}}));
  EXPECT_FALSE(model->tensors.metadata.contains("frond.tasks"));
  EXPECT_EQ(model->info.reference_json, R"({"count": 3})");
  for (const auto& tensor : weights.tensors) {
    const std::span<const float> view = FloatView(*model, tensor.name);
    EXPECT_TRUE(std::equal(view.begin(), view.end(), tensor.values.begin(), tensor.values.end())) << tensor.name;
  }
}

TEST_F(ModelFileTest, ViewsOutliveMovesAndCopies) {
  metadata.erase("frond.labels");
  weights.Add("frond.anything", {3});
  weights.Write(path, metadata);
  Result<ModelFile> read = ReadModelFile(path);
  ASSERT_TRUE(read.ok()) << read.error().ToString();
  const std::span<const float> before = FloatView(*read, "conv_stem.weight");
  ModelFile moved = std::move(read).value();
  EXPECT_EQ(FloatView(moved, "conv_stem.weight").data(), before.data());
  const ModelFile copy = moved;
  moved = ModelFile();
  EXPECT_TRUE(FloatView(moved, "conv_stem.weight").empty());
  const std::span<const float> after = FloatView(copy, "conv_stem.weight");
  EXPECT_TRUE(std::ranges::equal(after, weights["conv_stem.weight"].values));
  EXPECT_TRUE(FloatView(copy, "frond.anything").empty());
}

TEST_F(ModelFileTest, RefusesForeignAndNewerFiles) {
  metadata["frond.format"] = "2";
  ExpectRefused(ErrorCode::kUnsupported, "frond.format is '2'");
  metadata["frond.format"] = "one";
  ExpectRefused(ErrorCode::kBadFormat, "frond.format");
  metadata.clear();
  ExpectRefused(ErrorCode::kBadFormat, "import it first");
}

TEST_F(ModelFileTest, RefusesDamagedMetadata) {
  for (const char* calibration : {"{}", "3", "{", R"({"temperature": 0})", R"({"temperature": "1"})"}) {
    metadata["frond.calibration"] = calibration;
    ExpectRefused(ErrorCode::kBadFormat, "frond.calibration");
  }
  metadata.erase("frond.calibration");
  metadata["frond.labels"] = R"(["cat"])";
  ExpectRefused(ErrorCode::kBadFormat, "1 labels for 2 classes");
  metadata["frond.labels"] = std::string(1'000'000, '[');
  ExpectRefused(ErrorCode::kBadFormat, "frond.labels");
  metadata.erase("frond.labels");
  metadata["frond.spec"] = R"({"stem_channels": -1})";
  ExpectRefused(ErrorCode::kBadFormat, "stem_channels");
  metadata["frond.spec"] = "{";
  ExpectRefused(ErrorCode::kBadFormat, "JSON");
  metadata.erase("frond.spec");
  ExpectRefused(ErrorCode::kBadFormat, "frond.spec");
}

TEST_F(ModelFileTest, ChecksEveryTensor) {
  weights.Add("frond.anything", {3});
  weights.Write(path, metadata);
  EXPECT_TRUE(ReadModelFile(path).ok());
  weights.Add("other", {3});
  ExpectRefused(ErrorCode::kMismatch, "tensor 'other' of 3 has no place");
  weights.Remove("other");
  weights.Reshape("bn2.bias", {9});
  ExpectRefused(ErrorCode::kMismatch, "tensor bn2.bias is 9, the spec wants 8");
  weights.Remove("bn2.bias");
  ExpectRefused(ErrorCode::kMismatch, "tensor bn2.bias is missing");
}

}  // namespace
}  // namespace frond
