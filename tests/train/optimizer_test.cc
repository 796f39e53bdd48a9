#include "src/train/optimizer.h"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>

#include "tests/train/generated_module.h"

namespace frond {
namespace {

// make_training.py's: of the tensors below, "classifier.weight" has no gradient in the first two steps.
constexpr std::array<const char*, 4> kTensors = {"conv_stem.weight", "bn1.weight", "classifier.weight",
                                                 "classifier.bias"};
constexpr int kSteps = 6;
constexpr int kLateSteps = 2;
constexpr double kRate = 0.05;

void Fill(Module& module) {
  for (const char* name : kTensors) {
    torch::Tensor& value = TensorNamed(module, name).value;
    value.copy_(GeneratedTensor(name, value.sizes(), -1, 1));
    value.set_requires_grad(true);
  }
}

void SetGradients(Module& module, int step) {
  for (const char* name : kTensors) {
    if (std::string(name) == "classifier.weight" && step < kLateSteps) continue;
    torch::Tensor& value = TensorNamed(module, name).value;
    value.mutable_grad() =
        GeneratedTensor(std::string(name) + ".gradient" + std::to_string(step), value.sizes(), -1, 1);
  }
}

class Rule : public testing::TestWithParam<const char*> {};

TEST_P(Rule, StepsAreThePeersWithDecayOfMatricesAlone) {
  Module module(TinySpec());
  Fill(module);
  Optimizer optimizer(module, {GetParam(), 0.1, 0.9});
  std::ifstream golden(std::string(FROND_GOLDEN_DIR) + "/training_optimizers.txt");
  std::string line;
  std::getline(golden, line);
  int compared = 0;
  int done = -1;
  std::string rule;
  std::string name;
  int step = 0;
  for (Projection peer; golden >> rule >> step >> name >> peer.norm >> peer.along;) {
    if (rule != GetParam()) continue;
    if (step != done) {
      optimizer.ZeroGradients();
      SetGradients(module, step);
      optimizer.Step(kRate);
      done = step;
    }
    const Projection own = ProjectionOf(name, TensorNamed(module, name).value);
    EXPECT_NEAR(own.norm, peer.norm, 1e-5 * peer.norm) << name << ", step " << step;
    EXPECT_NEAR(own.along, peer.along, 1e-5 * peer.norm) << name << ", step " << step;
    ++compared;
  }
  EXPECT_EQ(compared, kSteps * static_cast<int>(kTensors.size()));
}

TEST_P(Rule, StepsAreTheSameInFloat64) {
  Module module(TinySpec());
  Fill(module);
  Module precise(TinySpec());
  Fill(precise);
  for (ModuleTensor& tensor : precise.tensors()) {
    const bool trained = tensor.value.requires_grad();
    tensor.value = tensor.value.detach().to(torch::kFloat64).set_requires_grad(trained);
  }
  Optimizer own(module, {GetParam(), 0.1, 0.9});
  Optimizer torchs(precise, {GetParam(), 0.1, 0.9});  // of which no tensor is one for our kernels
  for (int step = 0; step < 4; ++step) {
    SetGradients(module, step);
    for (const char* name : kTensors) {
      torch::Tensor& value = TensorNamed(precise, name).value;
      const torch::Tensor gradient = TensorNamed(module, name).value.grad();
      if (gradient.defined()) value.mutable_grad() = gradient.to(torch::kFloat64);
    }
    own.Step(kRate);
    torchs.Step(kRate);
  }
  for (const char* name : kTensors) {
    EXPECT_TRUE(torch::allclose(TensorNamed(module, name).value.to(torch::kFloat64), TensorNamed(precise, name).value,
                                1e-5, 1e-6))
        << name;
  }
}

TEST_P(Rule, StateRestoredTakesTheSameSteps) {
  Module module(TinySpec());
  Fill(module);
  Optimizer optimizer(module, {GetParam(), 0.1, 0.9});
  for (int step = 0; step < 3; ++step) {
    SetGradients(module, step);
    optimizer.Step(kRate);
  }
  Module resumed(TinySpec());
  Fill(resumed);
  Optimizer other(resumed, {GetParam(), 0.1, 0.9});
  const auto kept = optimizer.State();
  const auto filled = other.State();
  ASSERT_EQ(kept.size(), filled.size());
  for (size_t i = 0; i < kept.size(); ++i) {
    EXPECT_EQ(kept[i].first, filled[i].first);
    filled[i].second.copy_(kept[i].second);
  }
  other.set_steps(optimizer.steps());
  {
    const torch::NoGradGuard no_grad;
    for (const char* name : kTensors) TensorNamed(resumed, name).value.copy_(TensorNamed(module, name).value);
  }
  for (int step = 3; step < 5; ++step) {
    SetGradients(module, step);
    optimizer.Step(kRate);
    SetGradients(resumed, step);
    other.Step(kRate);
  }
  for (const char* name : kTensors) {
    EXPECT_TRUE(torch::equal(TensorNamed(module, name).value, TensorNamed(resumed, name).value)) << name;
  }
  EXPECT_EQ(optimizer.steps(), other.steps());
}

INSTANTIATE_TEST_SUITE_P(Rules, Rule, testing::Values("adamw", "sgd", "rmsprop"));

TEST(Optimizer, FrozenTensorsStay) {
  Module module(TinySpec());
  Fill(module);
  SetGradients(module, 3);
  TensorNamed(module, "classifier.bias").value.set_requires_grad(false);
  const torch::Tensor before = TensorNamed(module, "classifier.bias").value.clone();
  Optimizer optimizer(module, {"adamw", 0.1, 0.9});
  optimizer.Step(kRate);
  EXPECT_TRUE(torch::equal(TensorNamed(module, "classifier.bias").value, before));
  for (const auto& [name, tensor] : optimizer.State()) EXPECT_FALSE(name.starts_with("classifier.bias")) << name;
}

TEST(Optimizer, ClippingScalesAllTogether) {
  Module module(TinySpec());
  Fill(module);
  TensorNamed(module, "bn1.weight").value.mutable_grad() = torch::full({8}, 3.0F);
  TensorNamed(module, "classifier.bias").value.mutable_grad() = torch::full({5}, -2.0F);
  Optimizer optimizer(module, {});
  const double norm = std::sqrt(8 * 9.0 + 5 * 4.0);
  EXPECT_NEAR(optimizer.ClipGradients(0), norm, 1e-5);
  EXPECT_NEAR(optimizer.ClipGradients(100), norm, 1e-5);
  EXPECT_NEAR(optimizer.ClipGradients(1), norm, 1e-5);
  TensorNamed(module, "bn1.weight").value.mutable_grad().fill_(NAN);
  EXPECT_FALSE(std::isfinite(optimizer.ClipGradients(1)));
}

TEST(Optimizer, AStepTakesTheGradientsDividedAndClippedOnce) {
  for (const char* rule : {"adamw", "sgd", "rmsprop"}) {
    Module module(TinySpec());
    Fill(module);
    Module other(TinySpec());
    Fill(other);
    Optimizer clipped(module, {rule, 0.1, 0.9});
    Optimizer plain(other, {rule, 0.1, 0.9});
    for (int step = 0; step < 3; ++step) {
      SetGradients(module, step);
      SetGradients(other, step);
      if (step == 1) {
        // Of twice the size, divided by eight: a norm of a quarter, which is to be half of that.
        const double norm = plain.ClipGradients(0);
        for (const char* name : kTensors) {
          torch::Tensor& own = TensorNamed(module, name).value;
          torch::Tensor& expected = TensorNamed(other, name).value;
          if (own.grad().defined()) own.mutable_grad().mul_(2);
          if (expected.grad().defined()) expected.mutable_grad().mul_(0.125);
        }
        EXPECT_NEAR(clipped.ClipGradients(norm / 8, 8), norm / 4, 1e-5 * norm);
      }
      clipped.Step(kRate);
      plain.Step(kRate);
    }
    for (const char* name : kTensors) {
      EXPECT_TRUE(torch::allclose(TensorNamed(module, name).value, TensorNamed(other, name).value, 1e-5, 1e-6))
          << rule << " " << name;
    }
  }
}

TEST(Optimizer, AStepThatIsNotTakenLeavesNoClipping) {
  Module module(TinySpec());
  Fill(module);
  Optimizer optimizer(module, {"sgd", 0, 0});
  SetGradients(module, 0);
  optimizer.ClipGradients(1e-3);
  optimizer.SkipStep();
  const torch::Tensor before = TensorNamed(module, "bn1.weight").value.detach().clone();
  optimizer.Step(1);
  const torch::Tensor& after = TensorNamed(module, "bn1.weight").value;
  EXPECT_TRUE(torch::allclose(after, before - after.grad(), 1e-6, 1e-6));
}

}  // namespace
}  // namespace frond
