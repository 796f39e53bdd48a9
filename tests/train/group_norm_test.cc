#include "src/train/group_norm.h"

#include <gtest/gtest.h>

#include "src/train/setup.h"
#include "src/train/tensor_io.h"
#include "tests/support/temp_dir.h"
#include "tests/train/generated_module.h"

namespace frond {
namespace {

torch::Tensor Photos(int seed) { return GeneratedTensor("photos" + std::to_string(seed), {4, 3, 32, 32}, -2, 2); }

GroupNormSpec Chosen(const char* freeze, Spec spec = TinySpec()) {
  std::vector<std::string> notes;
  const Status status = UseGroupNorms(ParseFreeze(freeze).value(), spec, notes);
  EXPECT_TRUE(status.ok()) << status.error().ToString();
  EXPECT_EQ(notes.size(), 1U);
  return spec.group_norm;
}

// Blocks of TinySpec: 0 is stage 0, 1 and 2 are stage 1, 3 is stage 2.
TEST(GroupNorm, ReplacesTheNormsOfBlocksThatAreWhollyTrained) {
  EXPECT_EQ(Chosen("none"), (GroupNormSpec{8, 0}));
  EXPECT_EQ(Chosen("stages:0"), (GroupNormSpec{8, 0}));
  EXPECT_EQ(Chosen("stages:1"), (GroupNormSpec{8, 1}));
  EXPECT_EQ(Chosen("stages:2"), (GroupNormSpec{8, 3}));
  EXPECT_EQ(Chosen("stages:3"), (GroupNormSpec{8, 4}));
  // The last of what a share freezes lies within a block, which keeps its batch-norms whole.
  Module module(TinySpec());
  ApplyFreeze(module, ParseFreeze("0.5").value(), 0);
  std::string last_frozen;
  for (const ModuleTensor& tensor : module.tensors()) {
    if (tensor.trainable && !tensor.value.requires_grad()) last_frozen = tensor.name;
  }
  ASSERT_TRUE(last_frozen.starts_with("blocks.1.0.")) << last_frozen;
  EXPECT_EQ(Chosen("0.5"), (GroupNormSpec{8, 2}));
}

TEST(GroupNorm, IsRefusedWhereNoNormIsTrained) {
  for (const char* freeze : {"head", "1", "0.99"}) {
    Spec spec = TinySpec();
    std::vector<std::string> notes;
    const Status status = UseGroupNorms(ParseFreeze(freeze).value(), spec, notes);
    ASSERT_FALSE(status.ok()) << freeze;
    EXPECT_EQ(status.error().code, ErrorCode::kInvalidArgument);
    EXPECT_NE(status.error().remedy.find("--freeze"), std::string::npos);
  }
}

TEST(GroupNorm, OfThePretrainedWeightsStaysAsItIs) {
  Spec spec = TinySpec();
  spec.group_norm = {4, 3};
  EXPECT_EQ(Chosen("none", spec), (GroupNormSpec{4, 3}));
}

// A photo's answer in training does not depend on those beside it.
TEST(GroupNorm, NormalisesEachPhotoByItself) {
  Spec spec = TinySpec();
  spec.group_norm = {8, 0};
  Module module(spec);
  module.SetTraining(true);
  module.FreezeStatistics(true);
  const torch::Tensor photos = Photos(1);
  const torch::Tensor together = module.Forward(photos);
  const torch::Tensor alone = module.Forward(photos.slice(0, 1, 2));
  EXPECT_TRUE(torch::allclose(together[1], alone[0], 1e-5, 1e-6));
}

class CarriedNorms : public testing::Test {
 protected:
  // A network with batch-norms as after training, its statistics those of its photos.
  static Module Trained() {
    torch::manual_seed(5);
    Module module(TinySpec());
    for (ModuleTensor& tensor : module.tensors()) {
      if (tensor.value.dim() == 1 && tensor.trainable && !tensor.classifier) {
        const bool weight = tensor.name.ends_with("weight");
        tensor.value.copy_(GeneratedTensor(tensor.name, tensor.value.sizes(), weight ? 0.5 : -0.5, weight ? 1.5 : 0.5));
      }
      tensor.value.set_requires_grad(tensor.trainable);
    }
    const torch::NoGradGuard no_grad;
    module.SetTraining(true);
    module.AccumulateStatistics(true);
    for (const int batch : {1, 2, 3}) (void)module.Features(Photos(batch));
    module.AccumulateStatistics(false);
    module.SetTraining(false);
    for (ModuleTensor& tensor : module.tensors()) tensor.value.set_requires_grad(false);
    return module;
  }

  // Its weights under GroupNorms from a block on.
  static Module Grouped(const Module& trained, int from_block) {
    const TempDir folder;
    const std::string path = folder.File("model.safetensors");
    EXPECT_TRUE(SaveModel(path, trained, {.labels = {}, .source_json = "{}"}, {}).ok());
    Spec spec = TinySpec();
    spec.group_norm = {8, from_block};
    Module module(spec);
    EXPECT_TRUE(LoadWeights(ReadModelFile(path).value(), module).ok());
    return module;
  }

  static void Carry(Module& module) {
    const torch::NoGradGuard no_grad;
    module.CarryNorms(true);
    for (const int batch : {1, 2, 3}) (void)module.Features(Photos(batch));
    module.CarryNorms(false);
  }

  // Mean over the channels of how far their means and deviations over photos are from those of `wanted`.
  static std::pair<double, double> Distance(const torch::Tensor& features, const torch::Tensor& wanted) {
    return {(features.mean(0) - wanted.mean(0)).abs().mean().item<double>(),
            (features.std(0) - wanted.std(0)).abs().mean().item<double>()};
  }
};

TEST_F(CarriedNorms, LayersBehindSeeWhatTheyAreUsedTo) {
  Module trained = Trained();
  const torch::Tensor photos = torch::cat({Photos(1), Photos(2), Photos(3)});
  const torch::Tensor wanted = trained.Features(photos);
  for (const int from_block : {0, 2, 4}) {
    Module module = Grouped(trained, from_block);
    const auto before = Distance(module.Features(photos), wanted);
    Carry(module);
    const auto after = Distance(module.Features(photos), wanted);
    std::printf("from block %d: means %.4f apart, then %.4f; deviations %.4f, then %.4f\n", from_block, before.first,
                after.first, before.second, after.second);
    EXPECT_LT(after.first, 0.5 * before.first) << from_block;
  }
}

TEST_F(CarriedNorms, TouchesNothingButGroupNorms) {
  Module trained = Trained();
  Module module = Grouped(trained, 3);
  std::vector<torch::Tensor> before;
  for (const ModuleTensor& tensor : module.tensors()) before.push_back(tensor.value.clone());
  Carry(module);
  int changed = 0;
  for (size_t i = 0; i < before.size(); ++i) {
    const ModuleTensor& tensor = module.tensors()[i];
    const bool grouped = tensor.name.starts_with("blocks.2.0.bn") || tensor.name.starts_with("bn2.");
    EXPECT_EQ(!torch::equal(tensor.value, before[i]), grouped) << tensor.name;
    changed += grouped ? 1 : 0;
  }
  EXPECT_EQ(changed, 8);
  // Without photos nothing is learnt.
  const torch::Tensor features = module.Features(Photos(4));
  module.CarryNorms(true);
  module.CarryNorms(false);
  EXPECT_TRUE(torch::equal(module.Features(Photos(4)), features));
}

}  // namespace
}  // namespace frond
