#include "src/weights/import.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>

#include "src/weights/model_file.h"
#include "tests/support/temp_dir.h"
#include "tests/weights/weights_of.h"

namespace frond {
namespace {

class Import : public testing::Test {
 protected:
  Import() : weights(FindSpec("b0").value()) {}

  Result<ImportReport> Run(const std::string& arch = "", const std::string& labels = "") {
    weights.Write(in);
    return ImportModel({in, arch, labels, out});
  }
  void ExpectRefused(const std::string& says, ErrorCode code, const std::string& arch = "",
                     const std::string& labels = "") {
    const Result<ImportReport> report = Run(arch, labels);
    ASSERT_FALSE(report.ok());
    EXPECT_EQ(ErrorCodeName(report.error().code), ErrorCodeName(code));
    EXPECT_NE(report.error().ToString().find(says), std::string::npos) << report.error().ToString();
    EXPECT_FALSE(std::filesystem::exists(out));
  }
  void WriteFile(const std::string& name, const std::string& text) const { std::ofstream(dir.File(name)) << text; }

  TempDir dir;
  std::string in = dir.File("in.safetensors");
  std::string out = dir.File("out.safetensors");
  WeightsOf weights;
};

TEST_F(Import, KeepsEveryValue) {
  weights.Add("bn1.num_batches_tracked", {});
  std::reverse(weights.tensors.begin(), weights.tensors.end());  // order does not matter
  const Result<ImportReport> report = Run();
  ASSERT_TRUE(report.ok()) << report.error().ToString();
  EXPECT_EQ(report->library, "timm");
  EXPECT_EQ(report->spec.name, "efficientnet_b0");
  EXPECT_EQ(report->parameters, 5'288'548);  // Tan & Le 2019, table 2: 5.3M
  EXPECT_EQ(report->file_bytes, static_cast<int64_t>(std::filesystem::file_size(out)));
  const Result<ModelFile> model = ReadModelFile(out);
  ASSERT_TRUE(model.ok()) << model.error().ToString();
  EXPECT_EQ(model->spec, report->spec);
  for (const char* name : {"conv_stem.weight", "blocks.3.1.se.conv_reduce.bias", "classifier.weight"}) {
    const std::span<const float> view = FloatView(*model, name);
    EXPECT_TRUE(std::ranges::equal(view, weights[name].values)) << name;
  }
  EXPECT_EQ(model->tensors.tensors.front().name, "conv_stem.weight");
}

TEST_F(Import, WarnsOfTheOtherDialectAndTakesArch) {
  const Result<ImportReport> plain = Run();
  ASSERT_TRUE(plain.ok()) << plain.error().ToString();
  ASSERT_EQ(plain->warnings.size(), 1u);
  EXPECT_NE(plain->warnings[0].find("--arch tf_efficientnet_b0"), std::string::npos) << plain->warnings[0];
  const Result<ImportReport> chosen = Run("tf_efficientnet_b0");
  ASSERT_TRUE(chosen.ok()) << chosen.error().ToString();
  EXPECT_EQ(chosen->spec.padding, Padding::kSame);
  EXPECT_TRUE(chosen->warnings.empty());
}

TEST_F(Import, CountsClasses) {
  weights.Reshape("classifier.weight", {7, 1280});
  weights.Reshape("classifier.bias", {7});
  WriteFile("labels.txt", "a\nb\nc\nd\ne\nf\ng\n");
  const Result<ImportReport> report = Run("b0", dir.File("labels.txt"));
  ASSERT_TRUE(report.ok()) << report.error().ToString();
  EXPECT_EQ(report->spec.num_classes, 7);
  EXPECT_EQ(ReadModelFile(out).value().info.labels.at(6), "g");
}

TEST_F(Import, RefusesLabelsThatDoNotFit) {
  WriteFile("labels.txt", "cat\ndog\n");
  ExpectRefused("2 labels, the weights have 1000 classes", ErrorCode::kMismatch, "", dir.File("labels.txt"));
}

TEST_F(Import, WithoutClassifierIsAFeatureExtractor) {
  weights.Remove("classifier.weight");
  weights.Remove("classifier.bias");
  const Result<ImportReport> report = Run();
  ASSERT_TRUE(report.ok()) << report.error().ToString();
  EXPECT_EQ(report->spec.num_classes, 0);
  EXPECT_TRUE(ReadModelFile(out).ok());
}

TEST_F(Import, TakesOffWrappersAndKnowsReplacedClassifiers) {
  weights["classifier.weight"].name = "classifier.1.weight";
  weights["classifier.bias"].name = "classifier.1.bias";
  for (auto& tensor : weights.tensors) tensor.name = "module._orig_mod." + tensor.name;
  const Result<ImportReport> report = Run();
  ASSERT_TRUE(report.ok()) << report.error().ToString();
  EXPECT_EQ(report->spec.num_classes, 1000);
}

TEST_F(Import, NamesMissingTensors) {
  weights.Remove("blocks.2.0.bn1.bias");
  ExpectRefused("tensor blocks.2.0.bn1.bias is missing", ErrorCode::kMismatch);
}

TEST_F(Import, NamesSpareTensors) {
  weights.Add("aux.weight", {3, 3});
  ExpectRefused("tensor 'aux.weight' of 3x3 has no place in efficientnet_b0", ErrorCode::kMismatch);
}

TEST_F(Import, NamesMisshapenTensorsWithBothShapes) {
  weights.Reshape("blocks.0.0.conv_dw.weight", {32, 1, 5, 5});
  ExpectRefused("tensor blocks.0.0.conv_dw.weight is 32x1x5x5, efficientnet_b0 wants 32x1x3x3", ErrorCode::kMismatch);
}

TEST_F(Import, ShowsFiveDifferencesAndTheirNumber) { ExpectRefused("more", ErrorCode::kMismatch, "b4"); }

TEST_F(Import, SaysWhatAWrongArchIsInstead) {
  ExpectRefused("the weights are those of efficientnet_b0", ErrorCode::kMismatch, "b1");
}

TEST_F(Import, RefusesWeightsThatAreNotFinite) {
  weights["blocks.1.0.conv_pw.weight"].values[3] = std::nanf("");
  ExpectRefused("tensor blocks.1.0.conv_pw.weight holds nan at element 3", ErrorCode::kBadFormat);
}

TEST_F(Import, RefusesNegativeVariances) {
  weights["bn2.running_var"].values[1] = -0.5F;
  ExpectRefused("negative variance -0.5", ErrorCode::kBadFormat);
}

TEST_F(Import, ReadsTimmsConfig) {
  WriteFile("config.json", R"({"architecture": "tf_efficientnet_b0", "num_classes": 1000,
    "pretrained_cfg": {"input_size": [3, 192, 256], "mean": [0.5, 0.5, 0.5], "crop_pct": 1.0, "crop_mode": "squash", "interpolation": "bilinear"}})");
  const Result<ImportReport> report = Run();
  ASSERT_TRUE(report.ok()) << report.error().ToString();
  EXPECT_EQ(report->spec.name, "tf_efficientnet_b0");
  EXPECT_EQ(report->spec.padding, Padding::kSame);
  EXPECT_EQ(report->spec.preprocessing.height, 192);
  EXPECT_EQ(report->spec.preprocessing.width, 256);
  EXPECT_EQ(report->spec.preprocessing.mean[1], 0.5);
  EXPECT_EQ(report->spec.preprocessing.std[1], 0.224);
  EXPECT_EQ(report->spec.preprocessing.mode, ResizeMode::kSquash);
  EXPECT_EQ(report->spec.preprocessing.interpolation, Interpolation::kBilinear);
  EXPECT_TRUE(report->warnings.empty());
}

TEST_F(Import, SaysWhatIsWrongWithAConfig) {
  WriteFile("config.json", R"({"architecture": "tf_efficientnet_b0", "pretrained_cfg": {"mean": "half"}})");
  ExpectRefused("field 'mean'", ErrorCode::kBadFormat);
  WriteFile("config.json", std::string(1'000'000, '['));
  ExpectRefused("config.json", ErrorCode::kBadFormat);
}

TEST_F(Import, IgnoresAConfigOfAnotherNetwork) {
  WriteFile("config.json", R"({"architecture": "efficientnet_b3"})");
  const Result<ImportReport> report = Run();
  ASSERT_TRUE(report.ok()) << report.error().ToString();
  EXPECT_EQ(report->spec.name, "efficientnet_b0");
  EXPECT_EQ(report->warnings.size(), 2u);
}

TEST_F(Import, ItsOwnFilesComeBackAsTheyWere) {
  ASSERT_TRUE(Run("tf_efficientnet_b0").ok());
  // As training leaves it: calibrated, and with a reference.
  const ModelFile imported = ReadModelFile(out).value();
  std::vector<TensorToWrite> tensors;
  for (const StoredTensor& tensor : imported.tensors.tensors) {
    tensors.push_back({tensor.name, tensor.shape, FloatView(imported, tensor.name)});
  }
  const std::vector<float> mean = {1, 2, 3};
  tensors.push_back({"frond.reference.mean", {3}, mean});
  ModelInfo info = imported.info;
  info.temperatures = {0.7};
  info.reference_json = R"({"photos":3})";
  const std::string trained = dir.File("trained.safetensors");
  ASSERT_TRUE(WriteModelFile(trained, imported.spec, info, tensors).ok());

  const std::string again = dir.File("again.safetensors");
  const Result<ImportReport> report = ImportModel({trained, "", "", again});
  ASSERT_TRUE(report.ok()) << report.error().ToString();
  EXPECT_EQ(report->library, "frond");
  EXPECT_TRUE(report->warnings.empty()) << report->warnings[0];
  const ModelFile back = ReadModelFile(again).value();
  EXPECT_EQ(back.spec, imported.spec);
  EXPECT_EQ(back.info.temperatures, std::vector<double>{0.7});
  EXPECT_EQ(back.info.reference_json, info.reference_json);
  const auto reference = std::ranges::find(back.tensors.tensors, "frond.reference.mean", &StoredTensor::name);
  ASSERT_NE(reference, back.tensors.tensors.end());
  EXPECT_EQ(ToFloat(*reference), mean);
}

TEST_F(Import, NeverWritesOverItsInputAndChecksItsOutputFirst) {
  weights.Write(in);
  std::filesystem::create_symlink(in, dir.File("link.safetensors"));
  for (const std::string& output :
       {in, dir.File("link.safetensors"), dir.File("."), dir.File("no/folder"), std::string()}) {
    const Result<ImportReport> report = ImportModel({in, "", "", output});
    ASSERT_FALSE(report.ok());
    EXPECT_EQ(report.error().code, ErrorCode::kInvalidArgument) << report.error().ToString();
  }
}

TEST_F(Import, LeavesAnOldOutputAloneWhenItFails) {
  WriteFile("out.safetensors", "old");
  weights.Remove("bn1.bias");
  EXPECT_FALSE(Run().ok());
  EXPECT_EQ(std::filesystem::file_size(out), 3u);
}

}  // namespace
}  // namespace frond
