#include "src/train/ema.h"

#include <gtest/gtest.h>

#include "tests/train/generated_module.h"

namespace frond {
namespace {

void SetAll(Module& module, double value) {
  const torch::NoGradGuard no_grad;
  for (ModuleTensor& tensor : module.tensors()) tensor.value.fill_(value);
}

double AverageOf(const Ema& ema) { return ema.State().front().second.flatten()[0].item<double>(); }

TEST(Ema, DecayRampsUp) {
  Module module(TinySpec());
  SetAll(module, 0);
  Ema ema(module, 0.9);
  SetAll(module, 1);
  ema.Update(0);  // decay 1/10
  EXPECT_NEAR(AverageOf(ema), 0.9, 1e-6);
  SetAll(module, 0);
  ema.Update(8);  // 9/18
  EXPECT_NEAR(AverageOf(ema), 0.45, 1e-6);
  SetAll(module, 1);
  ema.Update(1000);  // 1001/1010 is above 0.9
  EXPECT_NEAR(AverageOf(ema), 0.9 * 0.45 + 0.1, 1e-6);
}

TEST(Ema, AveragesStatisticsToo) {
  Module module(TinySpec());
  SetAll(module, 0);
  Ema ema(module, 0.9);
  SetAll(module, 1);
  ema.Update(0);
  ASSERT_EQ(ema.State().size(), module.tensors().size());
  for (const auto& [name, tensor] : ema.State())
    EXPECT_TRUE(torch::allclose(tensor, torch::full_like(tensor, 0.9))) << name;
}

TEST(Ema, SwappedShowsTheAverageAndRestores) {
  Module module(TinySpec());
  for (ModuleTensor& tensor : module.tensors()) tensor.value.set_requires_grad(tensor.trainable);
  SetAll(module, 0);
  Ema ema(module, 0.9);
  SetAll(module, 1);
  ema.Update(0);
  {
    const Ema::Swapped swapped(ema);
    for (const ModuleTensor& tensor : module.tensors())
      EXPECT_NEAR(tensor.value.flatten()[0].item<double>(), 0.9, 1e-6);
  }
  for (const ModuleTensor& tensor : module.tensors()) {
    EXPECT_TRUE(torch::equal(tensor.value, torch::ones_like(tensor.value))) << tensor.name;
    EXPECT_EQ(tensor.value.requires_grad(), tensor.trainable) << tensor.name;
  }
  EXPECT_NEAR(AverageOf(ema), 0.9, 1e-6);
}

TEST(Ema, WithoutDecayIsTheModule) {
  Module module(TinySpec());
  Ema ema(module, 0);
  SetAll(module, 3);
  ema.Update(0);
  EXPECT_TRUE(ema.State().empty());
  const Ema::Swapped swapped(ema);
  EXPECT_EQ(module.tensors().front().value.flatten()[0].item<double>(), 3);
}

TEST(Ema, AShareIsBetweenWhereItBeganAndTheAverage) {
  for (const double decay : {0.9, 0.0}) {
    Module module(TinySpec());
    SetAll(module, 2);
    Ema ema(module, decay, 0.25);
    SetAll(module, 4);
    ema.Update(0);
    const double average = decay > 0 ? 3.8 : 4;  // 1/10 of 2 and 9/10 of 4
    {
      const Ema::Swapped swapped(ema);
      for (const ModuleTensor& tensor : module.tensors()) {
        EXPECT_NEAR(tensor.value.flatten()[0].item<double>(), 2 + 0.25 * (average - 2), 1e-6) << tensor.name;
      }
    }
    EXPECT_EQ(module.tensors().front().value.flatten()[0].item<double>(), 4);
    // A checkpoint has both.
    EXPECT_EQ(ema.State().size(), module.tensors().size() * (decay > 0 ? 2 : 1));
  }
}

TEST(Ema, ResetBeginsFromTheModule) {
  Module module(TinySpec());
  SetAll(module, 0);
  Ema ema(module, 0.9);
  SetAll(module, 5);
  ema.Reset();
  EXPECT_EQ(AverageOf(ema), 5);
  SetAll(module, 7);
  EXPECT_EQ(AverageOf(ema), 5) << "the average is the module's own memory";
}

}  // namespace
}  // namespace frond
