#include "src/train/frozen_part.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "src/train/setup.h"
#include "tests/train/generated_module.h"

namespace frond {
namespace {

torch::Tensor Images(const Spec& spec) {
  return GeneratedTensor("images", {3, 3, spec.preprocessing.height, spec.preprocessing.width}, -2, 2);
}

Module Frozen(const Spec& spec, const std::string& freeze) {
  torch::manual_seed(3);
  Module module(spec);
  UseStatisticsOf(Images(spec), module);
  ApplyFreeze(module, ParseFreeze(freeze).value(), 0);
  return module;
}

// The largest difference between the features by way of the frozen part and those of the module alone.
double LargestDifference(Module& module, FrozenPart& part) {
  const torch::NoGradGuard no_grad;
  const torch::Tensor images = Images(module.spec());
  const Result<torch::Tensor> inputs = part.Run(images);
  EXPECT_TRUE(inputs.ok()) << inputs.error().ToString();
  const torch::Tensor features = module.Features(*inputs, part.blocks());
  const torch::Tensor alone = module.Features(images.contiguous(torch::MemoryFormat::ChannelsLast));
  EXPECT_GT(alone.abs().max().item<double>(), 0.01);
  return (features - alone).abs().max().item<double>() / alone.abs().max().item<double>();
}

TEST(FrozenPart, OfAnyDepthTheRestGoesOnFromIt) {
  const Spec spec = TinySpec();
  const std::vector<Block> blocks = BuildNetwork(spec).blocks;
  const auto before_stage = [&](int stage) {
    return static_cast<size_t>(std::ranges::count_if(blocks, [&](const Block& block) { return block.stage < stage; }));
  };
  const std::vector<std::pair<std::string, size_t>> depths = {{"none", 0},
                                                              {"stages:0", 0},
                                                              {"stages:1", before_stage(1)},
                                                              {"stages:2", before_stage(2)},
                                                              {"stages:3", blocks.size()},
                                                              {"head", blocks.size() + 1}};
  for (const auto& [freeze, expected] : depths) {
    Module module = Frozen(spec, freeze);
    Result<FrozenPart> part = FrozenPart::Create(module, 1);
    ASSERT_TRUE(part.ok()) << part.error().ToString();
    EXPECT_EQ(part->blocks(), expected) << freeze;
    EXPECT_LT(LargestDifference(module, *part), 2e-6) << freeze;
  }
}

// A block of which one tensor is trained is not frozen.
TEST(FrozenPart, EndsBeforeTheFirstBlockThatIsTrainedInPart) {
  Module module = Frozen(TinySpec(), "stages:2");
  EXPECT_GT(module.FrozenBlocks(), 1U);
  TensorNamed(module, "blocks.1.0.bn3.bias").value.set_requires_grad(true);
  EXPECT_EQ(module.FrozenBlocks(), 1U);
}

TEST(FrozenPart, OfARealNetwork) {
  Spec spec = FindSpec("b0").value();
  spec.preprocessing.height = 64;
  spec.preprocessing.width = 96;
  Module module = Frozen(spec, "0.6");
  Result<FrozenPart> part = FrozenPart::Create(module, 2);
  ASSERT_TRUE(part.ok()) << part.error().ToString();
  EXPECT_GT(part->blocks(), 8U);
  EXPECT_EQ(part->shape(), (std::vector<int64_t>{112, 4, 6}));
  EXPECT_LT(LargestDifference(module, *part), 2e-5);
}

TEST(FrozenPart, AFrozenWeightOrDepthIsInItsFingerprint) {
  Module module = Frozen(TinySpec(), "stages:2");
  const std::string before = FrozenPart::Create(module, 1)->fingerprint();
  TensorNamed(module, "conv_head.weight").value.detach().mul_(2);
  EXPECT_EQ(FrozenPart::Create(module, 1)->fingerprint(), before);
  TensorNamed(module, "bn1.running_mean").value.add_(1);
  const std::string other = FrozenPart::Create(module, 1)->fingerprint();
  EXPECT_NE(other, before);
  ApplyFreeze(module, ParseFreeze("stages:1").value(), 0);
  EXPECT_NE(FrozenPart::Create(module, 1)->fingerprint(), other);
}

}  // namespace
}  // namespace frond
