#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>

#include "frond/model.h"
#include "src/base/isa.h"
#include "src/base/mapped_file.h"
#include "src/base/write_file.h"
#include "src/weights/import.h"
#include "tests/support/golden_file.h"
#include "tests/support/temp_dir.h"

// Each library's own logits, from its own names: import, load and run must give them.

namespace frond {
namespace {

struct Case {
  const char* golden;
  const char* arch;  // empty: found from the file
  const char* expected_arch;
};

std::string GoldenPath(const std::string& name) { return std::string(FROND_GOLDEN_DIR) + "/" + name; }

// Largest difference from the golden's logits, as a share of the largest logit.
double RelativeError(const std::string& model_path, const GoldenFile& golden, int threads) {
  const Result<Model> model = Model::Load(model_path);
  EXPECT_TRUE(model.ok()) << model.error().ToString();
  if (!model.ok()) return INFINITY;
  Result<Session> session = Session::Create(*model, {threads});
  const std::vector<float> input = GoldenInput(golden);
  std::vector<float> logits(golden.logits.size());
  const Shape& shape = golden.input;
  const Status status =
      session->Run({input, static_cast<int>(shape[0]), static_cast<int>(shape[2]), static_cast<int>(shape[3])}, logits);
  EXPECT_TRUE(status.ok()) << status.error().ToString();
  double largest = 0;
  double difference = 0;
  for (size_t i = 0; i < logits.size(); ++i) {
    largest = std::max(largest, std::abs(double{golden.logits[i]}));
    difference = std::max(difference, std::abs(double{golden.logits[i]} - logits[i]));
    if (std::isnan(logits[i])) return INFINITY;
  }
  return difference / largest;
}

class GoldenTest : public testing::TestWithParam<Case> {};

TEST_P(GoldenTest, LogitsAreTheLibrarys) {
  const TempDir dir;
  const GoldenFile golden = ReadGoldenFile(GoldenPath(GetParam().golden));
  WriteGoldenWeights(golden, dir.File("foreign.safetensors"));
  ImportOptions options;
  options.file = dir.File("foreign.safetensors");
  options.arch = GetParam().arch;
  options.output = dir.File("model.safetensors");
  const Result<ImportReport> report = ImportModel(options);
  ASSERT_TRUE(report.ok()) << report.error().ToString();
  EXPECT_EQ(report->spec.name, GetParam().expected_arch);
  EXPECT_EQ(report->spec.num_classes, golden.classes);
  EXPECT_LT(RelativeError(options.output, golden, 2), 1e-4);
}

INSTANTIATE_TEST_SUITE_P(
    Libraries, GoldenTest,
    testing::Values(Case{"timm_efficientnet_b0.txt", "", "efficientnet_b0"},
                    Case{"timm_efficientnet_b4.txt", "", "efficientnet_b4"},
                    Case{"timm_efficientnet_lite0.txt", "", "efficientnet_lite0"},
                    Case{"timm_efficientnetv2_s.txt", "", "efficientnetv2_s"},
                    Case{"timm_tf_efficientnet_b0.txt", "tf_efficientnet_b0", "tf_efficientnet_b0"},
                    Case{"timm_tf_efficientnet_b4.txt", "tf_efficientnet_b4", "tf_efficientnet_b4"},
                    Case{"timm_tf_efficientnet_lite0.txt", "tf_efficientnet_lite0", "tf_efficientnet_lite0"},
                    Case{"timm_tf_efficientnet_lite4.txt", "tf_efficientnet_lite4", "tf_efficientnet_lite4"},
                    Case{"timm_tf_efficientnetv2_b0.txt", "", "tf_efficientnetv2_b0"},
                    Case{"torchvision_efficientnet_b0.txt", "", "torchvision_efficientnet_b0"},
                    Case{"torchvision_efficientnet_b5.txt", "", "torchvision_efficientnet_b5"},
                    Case{"torchvision_efficientnet_v2_s.txt", "", "torchvision_efficientnetv2_s"},
                    Case{"efficientnet_pytorch_efficientnet_b0.txt", "", "tf_efficientnet_b0"},
                    Case{"efficientnet_lite_pytorch_efficientnet_lite0.txt", "", "tf_efficientnet_lite0"},
                    Case{"keras_EfficientNetB0.txt", "", "tf_efficientnet_b0"},
                    Case{"keras_EfficientNetV2B0.txt", "", "tf_efficientnetv2_b0"}),
    [](const auto& test) {
      std::string name = test.param.golden;
      std::replace_if(
          name.begin(), name.end(), [](char c) { return !std::isalnum(static_cast<unsigned char>(c)); }, '_');
      return name;
    });

// The same network built in timm from block arguments scaled by phi.
class ScaledGoldenTest : public testing::TestWithParam<const char*> {};

TEST_P(ScaledGoldenTest, LogitsAreTimms) {
  const TempDir dir;
  const GoldenFile golden = ReadGoldenFile(GoldenPath(std::string("timm_efficientnet_b0_phi") + GetParam() + ".txt"));
  WriteGoldenWeights(golden, dir.File("foreign.safetensors"));
  CompoundScaling scaling;
  scaling.phi = std::stod(GetParam());
  const Result<Spec> spec = Scale(FindSpec("b0").value(), scaling);
  ASSERT_TRUE(spec.ok()) << spec.error().ToString();
  const std::string json = SpecToJson(*spec);
  ASSERT_TRUE(WriteFileAtomically(dir.File("spec.json"), {std::as_bytes(std::span(json))}).ok());
  ImportOptions options;
  options.file = dir.File("foreign.safetensors");
  options.arch = dir.File("spec.json");
  options.output = dir.File("model.safetensors");
  const Result<ImportReport> report = ImportModel(options);
  ASSERT_TRUE(report.ok()) << report.error().ToString();
  EXPECT_LT(RelativeError(options.output, golden, 1), 1e-4);
}

INSTANTIATE_TEST_SUITE_P(Phi, ScaledGoldenTest, testing::Values("0.5", "1", "1.7"), [](const auto& test) {
  std::string name = test.param;
  std::replace(name.begin(), name.end(), '.', '_');
  return "phi" + name;
});

// Networks whose norms became GroupNorms from some block on, on every instruction set and several threads.
struct GroupNormCase {
  const char* arch;
  GroupNormSpec group_norm;
};

class GroupNormGoldenTest : public testing::TestWithParam<GroupNormCase> {
 protected:
  void TearDown() override { unsetenv("FROND_ISA"); }
};

TEST_P(GroupNormGoldenTest, LogitsAreTimmsWithTorchsGroupNorm) {
  const TempDir dir;
  const GoldenFile golden = ReadGoldenFile(GoldenPath(std::string("group_norm_") + GetParam().arch + ".txt"));
  WriteGoldenWeights(golden, dir.File("foreign.safetensors"));
  Spec spec = FindSpec(GetParam().arch).value();
  spec.group_norm = GetParam().group_norm;
  const std::string json = SpecToJson(spec);
  ASSERT_TRUE(WriteFileAtomically(dir.File("spec.json"), {std::as_bytes(std::span(json))}).ok());
  const std::string output = dir.File("model.safetensors");
  const Result<ImportReport> report = ImportModel({dir.File("foreign.safetensors"), dir.File("spec.json"), "", output});
  ASSERT_TRUE(report.ok()) << report.error().ToString();
  for (const Isa isa : AvailableIsas()) {
    setenv("FROND_ISA", std::string(IsaName(isa)).c_str(), 1);
    for (const int threads : {1, 2}) EXPECT_LT(RelativeError(output, golden, threads), 1e-5) << IsaName(isa);
  }
}

INSTANTIATE_TEST_SUITE_P(Networks, GroupNormGoldenTest,
                         testing::Values(GroupNormCase{"efficientnet_b0", {8, 5}},
                                         GroupNormCase{"tf_efficientnet_lite0", {12, 0}}),
                         [](const auto& test) { return std::string(test.param.arch); });

// One tiny network in every form that torch saves.
class TinyFileTest : public testing::TestWithParam<std::pair<const char*, const char*>> {};

TEST_P(TinyFileTest, LogitsAreTimms) {
  const TempDir dir;
  const auto& [file, golden_name] = GetParam();
  const GoldenFile golden = ReadGoldenFile(GoldenPath(std::string("tiny/") + golden_name));
  ImportOptions options;
  options.file = GoldenPath(std::string("tiny/") + file);
  options.arch = GoldenPath("tiny/spec.json");
  options.output = dir.File("model.safetensors");
  const Result<ImportReport> report = ImportModel(options);
  ASSERT_TRUE(report.ok()) << report.error().ToString();
  EXPECT_LT(RelativeError(options.output, golden, 1), 1e-4);
}

INSTANTIATE_TEST_SUITE_P(
    Forms, TinyFileTest,
    testing::Values(std::pair("tiny.safetensors", "tiny.txt"), std::pair("tiny_zip.pth", "tiny.txt"),
                    std::pair("tiny_legacy.pth", "tiny.txt"), std::pair("tiny_checkpoint.pth", "tiny.txt"),
                    std::pair("tiny_ddp.pth", "tiny.txt"), std::pair("tiny_channels_last.pth", "tiny.txt"),
                    std::pair("tiny_fp16.pth", "tiny_fp16.txt"), std::pair("tiny_bf16.pth", "tiny_bf16.txt"),
                    std::pair("tiny_fp16.safetensors", "tiny_fp16.txt"),
                    std::pair("tiny_bf16.safetensors", "tiny_bf16.txt")),
    [](const auto& test) {
      std::string name = test.param.first;
      std::replace(name.begin(), name.end(), '.', '_');
      return name;
    });

// Keras' models carry their preprocessing as a layer.
TEST(KerasTest, ItsNormalisationLayerSetsMeanAndDeviation) {
  const auto imported = [](double mean, double variance) {
    const TempDir dir;
    GoldenFile golden = ReadGoldenFile(GoldenPath("keras_EfficientNetB0.txt"));
    golden.tensors.push_back({"normalization/mean", {3}, mean, mean});
    golden.tensors.push_back({"normalization/variance", {3}, variance, variance});
    WriteGoldenWeights(golden, dir.File("keras.safetensors"));
    return ImportModel({dir.File("keras.safetensors"), "", "", dir.File("model.safetensors")});
  };
  const Result<ImportReport> report = imported(0.25, 0.04);
  ASSERT_TRUE(report.ok()) << report.error().ToString();
  EXPECT_NEAR(report->spec.preprocessing.mean[1], 0.25, 1e-7);
  EXPECT_NEAR(report->spec.preprocessing.std[1], 0.2, 1e-7);
  EXPECT_FALSE(imported(0.25, 0).ok());  // nothing can be divided by it
}

#if FROND_HAS_HDF5
class KerasFileTest : public testing::TestWithParam<const char*> {};

TEST_P(KerasFileTest, LogitsAreKeras) {
  const TempDir dir;
  const GoldenFile golden = ReadGoldenFile(GoldenPath("tiny/tiny_keras.txt"));
  ImportOptions options;
  options.file = GoldenPath(std::string("tiny/") + GetParam());
  options.arch = GoldenPath("tiny/keras_spec.json");
  options.output = dir.File("model.safetensors");
  const Result<ImportReport> report = ImportModel(options);
  ASSERT_TRUE(report.ok()) << report.error().ToString();
  EXPECT_EQ(report->library, "keras");
  EXPECT_LT(RelativeError(options.output, golden, 1), 1e-4);
}

INSTANTIATE_TEST_SUITE_P(Forms, KerasFileTest,
                         testing::Values("tiny_keras.h5", "tiny_keras.weights.h5", "tiny_keras.keras"),
                         [](const auto& test) {
                           std::string name = test.param;
                           std::replace(name.begin(), name.end(), '.', '_');
                           return name;
                         });

TEST(KerasTest, ATruncatedFileIsAnError) {
  const TempDir dir;
  const auto whole = MappedFile::Open(GoldenPath("tiny/tiny_keras.h5"));
  ASSERT_TRUE(whole.ok());
  for (const size_t bytes : {size_t{100}, size_t{2000}, size_t{50000}, whole->bytes().size() - 5000}) {
    ImportOptions options;
    options.file = dir.File("cut.h5");
    ASSERT_TRUE(WriteFileAtomically(options.file, {whole->bytes().first(bytes)}).ok());
    options.arch = GoldenPath("tiny/keras_spec.json");
    options.output = dir.File("model.safetensors");
    const Result<ImportReport> report = ImportModel(options);
    ASSERT_FALSE(report.ok()) << bytes;
    EXPECT_EQ(report.error().code, ErrorCode::kBadFormat) << report.error().message;
    EXPECT_FALSE(report.error().remedy.empty()) << report.error().message;
    EXPECT_FALSE(std::filesystem::exists(options.output));
  }
}
#endif  // FROND_HAS_HDF5

TEST(ImportTest, AWholePickledModuleIsRefusedByTheNameOfItsClass) {
  const TempDir dir;
  ImportOptions options;
  options.file = GoldenPath("tiny/tiny_whole_module.pth");
  options.arch = GoldenPath("tiny/spec.json");
  options.output = dir.File("model.safetensors");
  const Result<ImportReport> report = ImportModel(options);
  ASSERT_FALSE(report.ok());
  EXPECT_NE(report.error().message.find("timm.models"), std::string::npos) << report.error().message;
  EXPECT_FALSE(std::filesystem::exists(options.output));
}

}  // namespace
}  // namespace frond
