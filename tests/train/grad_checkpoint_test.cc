#include "src/train/grad_checkpoint.h"

#include <gtest/gtest.h>

#include <cmath>

#include "src/train/setup.h"
#include "tests/train/generated_module.h"

namespace frond {
namespace {

// All of a module after one backward pass: values (running statistics among them), gradients, and the random number
// that comes next.
std::vector<torch::Tensor> AfterABackwardPass(const Spec& spec, const std::string& freeze, bool recompute) {
  torch::manual_seed(5);
  Module module(spec);
  ApplyFreeze(module, ParseFreeze(freeze).value(), 0);
  module.SetTraining(true);
  module.RecomputeBlocks(recompute);
  const torch::Tensor images =
      GeneratedTensor("images", {6, 3, spec.preprocessing.height, spec.preprocessing.width}, -2, 2);
  const torch::Tensor logits = module.Forward(images.contiguous(torch::MemoryFormat::ChannelsLast));
  (logits * GeneratedTensor("slopes", logits.sizes(), -1, 1)).sum().backward();
  std::vector<torch::Tensor> all = {logits.detach(), torch::rand({4})};
  for (const ModuleTensor& tensor : module.tensors()) {
    all.push_back(tensor.value.detach());
    if (tensor.value.requires_grad()) all.push_back(tensor.value.grad());
  }
  return all;
}

// On one thread: on several, libtorch's own sums are not the same bits from run to run.
void ExpectSameBits(const Spec& spec, const std::string& freeze) {
  const int threads = torch::get_num_threads();
  torch::set_num_threads(1);
  const std::vector<torch::Tensor> kept = AfterABackwardPass(spec, freeze, false);
  const std::vector<torch::Tensor> recomputed = AfterABackwardPass(spec, freeze, true);
  ASSERT_EQ(kept.size(), recomputed.size());
  for (size_t i = 0; i < kept.size(); ++i) EXPECT_TRUE(torch::equal(kept[i], recomputed[i])) << freeze << " " << i;
  torch::set_num_threads(threads);
}

TEST(CheckpointGradients, GradientsStatisticsAndRandomNumbersAreTheSameBits) {
  Spec spec = TinySpec();
  spec.drop_path = 0.4;
  spec.dropout = 0.3;
  for (const char* freeze : {"none", "0.3", "stages:1", "stages:3", "head"}) ExpectSameBits(spec, freeze);
}

TEST(CheckpointGradients, WithRelu6AndAHiddenLayerToo) {
  Spec spec = TinySpec(/*hidden_units=*/7);
  spec.activation = Activation::kRelu6;
  ExpectSameBits(spec, "none");
}

// Between the passes nothing of the inside lives: what the function made is let go of.
TEST(CheckpointGradients, NothingOfTheInsideIsKeptBetweenThePasses) {
  c10::weak_intrusive_ptr<c10::TensorImpl> inside(torch::empty({0}).getIntrusivePtr());
  int runs = 0;
  const torch::Tensor weight = torch::full({3}, 2.0, torch::TensorOptions().requires_grad(true));
  const auto part = [&](const torch::Tensor& x, bool again) {
    EXPECT_EQ(again, runs++ == 1);
    const torch::Tensor y = (x * weight).exp();  // exp keeps its result
    inside = c10::weak_intrusive_ptr<c10::TensorImpl>(y.getIntrusivePtr());
    return y * 1.5;
  };
  const torch::Tensor x = torch::full({3}, 0.5);
  const torch::Tensor y = CheckpointGradients(x, part);
  EXPECT_TRUE(inside.expired());
  y.sum().backward();
  EXPECT_EQ(runs, 2);
  EXPECT_TRUE(torch::allclose(weight.grad(), torch::full({3}, 1.5 * 0.5 * std::exp(1.0))));
}

TEST(CheckpointGradients, WithoutAGradientThePartIsRunOnce) {
  const torch::NoGradGuard no_grad;
  int runs = 0;
  const torch::Tensor y = CheckpointGradients(torch::ones({2}), [&](const torch::Tensor& x, bool) {
    ++runs;
    return x * 2;
  });
  EXPECT_EQ(runs, 1);
  EXPECT_FALSE(y.requires_grad());
}

}  // namespace
}  // namespace frond
