#include "src/train/overflow.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tests/train/generated_module.h"

namespace frond {
namespace {

torch::Tensor Photos() { return GeneratedTensor("photos", {4, 3, 32, 32}, -2, 2); }

class Planted : public testing::Test {
 protected:
  Planted() : module_(Begin()) {
    for (ModuleTensor& tensor : module_.tensors()) tensor.value.set_requires_grad(tensor.trainable);
    module_.SetTraining(true);
  }
  static Module Begin() {
    torch::manual_seed(3);
    return Module(TinySpec(16));
  }
  void Scale(const std::string& name, double factor) {
    const torch::NoGradGuard no_grad;
    TensorNamed(module_, name).value.mul_(factor);
  }
  std::string FirstOf() {
    return FirstOverflow(module_, [&] { (void)module_.Forward(Photos()); });
  }
  Module module_;
};

TEST_F(Planted, ASoundNetworkHasNone) {
  EXPECT_EQ(FirstOf(), "");
  module_.Forward(Photos()).sum().backward();
  EXPECT_EQ(FirstBrokenGradient(module_), "");
  // Nothing looks on any more: an output that is not finite is nobody's.
  Scale("bn1.weight", NAN);
  (void)module_.Forward(Photos());
}

TEST_F(Planted, EveryLayerIsFoundByItsName) {
  const std::vector<std::string> layers = {"conv_stem",
                                           "bn1",
                                           "blocks.1.0.bn1",
                                           "blocks.1.0.conv_dw",
                                           "blocks.1.1.bn3",
                                           "blocks.1.0.se.conv_reduce",
                                           "blocks.2.0.bn1",
                                           "blocks.2.0.conv_pwl",
                                           "bn2",
                                           "classifier.0",
                                           "classifier.3"};
  for (const torch::ScalarType type : {torch::kFloat32, torch::kBFloat16}) {
    for (const std::string& layer : layers) {
      module_ = Begin();
      for (ModuleTensor& tensor : module_.tensors()) tensor.value.set_requires_grad(tensor.trainable);
      module_.SetTraining(true);
      module_.ComputeIn(type);
      Scale(layer + ".weight", std::numeric_limits<float>::infinity());
      EXPECT_EQ(FirstOf(), layer) << type;
    }
  }
}

TEST_F(Planted, AWeightOfThirtyEightDigitsOverflowsInItsLayer) {
  module_.ComputeIn(torch::kBFloat16);
  Scale("blocks.1.0.bn1.weight", 3e38);
  EXPECT_EQ(FirstOf(), "blocks.1.0.bn1");
  const std::string done = TameWeights(module_, "blocks.1.0.bn1");
  EXPECT_TRUE(done.starts_with("blocks.1.0.bn1.weight (up to 3e+38) is divided by 2^127")) << done;
  EXPECT_EQ(FirstOf(), "");
  const torch::Tensor tamed = TensorNamed(module_, "blocks.1.0.bn1.weight").value.abs();
  EXPECT_GE(tamed.max().item<float>(), 1);
  EXPECT_LT(tamed.max().item<float>(), 2);
  EXPECT_EQ(TameWeights(module_, "blocks.1.0.bn1"), "");
}

TEST_F(Planted, WeightsBehindTheOverflowAreLeftAlone) {
  Scale("blocks.1.0.bn1.weight", 1e30);
  Scale("blocks.2.0.bn1.weight", 1e30);
  const torch::Tensor behind = TensorNamed(module_, "blocks.2.0.bn1.weight").value.detach().clone();
  EXPECT_NE(TameWeights(module_, "blocks.1.0.conv_dw"), "");
  EXPECT_TRUE(torch::equal(TensorNamed(module_, "blocks.2.0.bn1.weight").value, behind));
}

// The filters give zeros, whatever the photo: forward all is well. Backward the norm's weight meets the classifier's.
TEST_F(Planted, AGradientAloneIsFoundNearestToTheLoss) {
  module_.FreezeStatistics(true);
  Scale("blocks.2.0.conv_pw.weight", 0);
  Scale("blocks.2.0.bn1.weight", 1e25);
  Scale("classifier.3.weight", 1e25);
  const torch::Tensor loss = module_.Forward(Photos()).sum();
  ASSERT_TRUE(std::isfinite(loss.item<double>()));
  ASSERT_EQ(FirstOf(), "");
  loss.backward();
  EXPECT_EQ(FirstBrokenGradient(module_), "blocks.2.0.conv_pw.weight");
}

// The variance of numbers of 1e25 is beyond float32; what they are normalised to is not.
TEST_F(Planted, AStatisticAloneIsNamedAndComesBack) {
  KeptStatistics statistics(module_);
  statistics.Keep();
  std::vector<torch::Tensor> before;
  for (const ModuleTensor& tensor : module_.tensors()) before.push_back(tensor.value.detach().clone());
  Scale("blocks.1.1.conv_pw.weight", 1e25);
  EXPECT_TRUE(AllFinite(module_.Forward(Photos())));
  EXPECT_EQ(statistics.FirstBroken(), "blocks.1.1.bn1.running_var");
  statistics.Restore();
  EXPECT_EQ(statistics.FirstBroken(), "");
  for (size_t i = 0; i < before.size(); ++i) {
    const ModuleTensor& tensor = module_.tensors()[i];
    EXPECT_TRUE(tensor.trainable || torch::equal(tensor.value, before[i])) << tensor.name;
  }
}

}  // namespace
}  // namespace frond
