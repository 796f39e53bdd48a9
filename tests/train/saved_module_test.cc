#include <gtest/gtest.h>

#include "frond/model.h"
#include "src/train/tensor_io.h"
#include "tests/support/temp_dir.h"
#include "tests/train/generated_module.h"

namespace frond {
namespace {

struct SavedCase {
  const char* name;
  const char* arch;
  int hidden_units;
  GroupNormSpec group_norm;
};

class SavedModule : public testing::TestWithParam<SavedCase> {
 protected:
  static Spec Wanted() {
    Spec spec = FindSpec(GetParam().arch).value();
    spec.num_classes = 10;
    spec.hidden_units = GetParam().hidden_units;
    spec.group_norm = GetParam().group_norm;
    return spec;
  }
};

TEST_P(SavedModule, EngineComputesWhatTheModuleDoes) {
  Spec spec = Wanted();
  torch::manual_seed(3);
  Module module(spec);
  const torch::Tensor images = GeneratedTensor("input", {3, 3, 97, 80}, -2, 2);
  UseStatisticsOf(images, module);
  const torch::NoGradGuard no_grad;
  const torch::Tensor expected = module.Forward(images).contiguous();

  const TempDir folder;
  const std::string path = folder.File("model.safetensors");
  std::vector<std::string> labels;
  for (int c = 0; c < 10; ++c) labels.push_back("class " + std::to_string(c));
  ASSERT_TRUE(SaveModel(path, module, {.labels = labels, .source_json = "{}", .temperatures = {1.5}}, {}).ok());
  const Result<Model> model = Model::Load(path);
  ASSERT_TRUE(model.ok()) << model.error().ToString();
  EXPECT_EQ(model->spec(), spec);
  EXPECT_EQ(model->labels(), labels);
  EXPECT_EQ(model->temperature(), 1.5);
  Result<Session> session = Session::Create(*model, {.threads = 1});
  ASSERT_TRUE(session.ok());
  std::vector<float> logits(30);
  const std::span<const float> values(images.data_ptr<float>(), static_cast<size_t>(images.numel()));
  ASSERT_TRUE(session->Run({values, 3, 97, 80}, logits).ok());
  const double largest = expected.abs().max().item<double>();
  for (size_t i = 0; i < logits.size(); ++i) {
    EXPECT_NEAR(logits[i], expected.data_ptr<float>()[i], 1e-4 * largest) << i;
  }
  // The photos are told apart, so that the above says something.
  EXPECT_GT((expected[0] - expected[1]).abs().max().item<double>(), 0.01 * largest);
}

TEST_P(SavedModule, LoadWeightsBringsItBack) {
  Spec spec = Wanted();
  Module module(spec);
  const TempDir folder;
  const std::string path = folder.File("model.safetensors");
  ASSERT_TRUE(SaveModel(path, module, {.labels = {}, .source_json = "{}"}, {}).ok());
  const Result<ModelFile> file = ReadModelFile(path);
  ASSERT_TRUE(file.ok()) << file.error().ToString();
  Module same(spec);
  ASSERT_TRUE(LoadWeights(*file, same).ok());
  for (size_t i = 0; i < module.tensors().size(); ++i) {
    EXPECT_TRUE(torch::equal(module.tensors()[i].value, same.tensors()[i].value)) << module.tensors()[i].name;
  }
  // Another number of classes: the last layer keeps its own values, the body is the file's.
  spec.num_classes = 4;
  Module other(spec);
  const torch::Tensor own = other.tensors().back().value.clone();
  ASSERT_TRUE(LoadWeights(*file, other).ok());
  EXPECT_TRUE(torch::equal(other.tensors().back().value, own));
  EXPECT_TRUE(torch::equal(other.tensors().front().value, module.tensors().front().value));
}

INSTANTIATE_TEST_SUITE_P(Networks, SavedModule,
                         testing::Values(SavedCase{"b0_linear", "efficientnet_b0", 0, {}},
                                         SavedCase{"b0_mlp", "efficientnet_b0", 64, {}},
                                         SavedCase{"lite0_linear", "tf_efficientnet_lite0", 0, {}},
                                         SavedCase{"lite0_mlp", "tf_efficientnet_lite0", 64, {}},
                                         SavedCase{"v2_linear", "tf_efficientnetv2_b0", 0, {}},
                                         SavedCase{"b0_groups", "efficientnet_b0", 64, {8, 7}},
                                         SavedCase{"lite0_groups", "tf_efficientnet_lite0", 0, {8, 0}},
                                         SavedCase{"v2_groups", "tf_efficientnetv2_b0", 0, {10, 3}}),
                         [](const auto& network) { return std::string(network.param.name); });

}  // namespace
}  // namespace frond
