#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tests/kernels/packed_weights.h"

// Swish and sigmoid on every table this CPU can run, as the epilogue of a product with 1.

namespace frond {
namespace {

std::vector<float> Activated(const Kernels& kernels, const std::vector<float>& inputs, Epilogue epilogue) {
  const PackedWeights<float> identity(kernels, {1.0f}, {0.0f}, 1, 1);
  std::vector<float> out(inputs.size());
  GemmArgs args;
  args.a = inputs.data();
  args.a_stride = 1;
  args.b = identity.matrix;
  args.dst = out.data();
  args.dst_stride = 1;
  args.epilogue = epilogue;
  kernels.gemm(args, 0, static_cast<int>(inputs.size()), 0, 1);
  return out;
}

// A value in the rows of one tile, so that it meets every way a kernel has of activating.
std::vector<float> Tile(float value) { return std::vector<float>(5, value); }

class ActivationTest : public testing::TestWithParam<Isa> {
 protected:
  const Kernels& kernels() const { return KernelsFor(GetParam()); }
};

// exp is the one approximation in the engine: swish and sigmoid over their whole range.
TEST_P(ActivationTest, SwishAndSigmoidAreAccurateEverywhere) {
  std::vector<float> inputs;
  for (float x = -110; x <= 110; x += 0.0371f) inputs.push_back(x);
  for (const float x : {0.0f, -0.0f, 1e-30f, -1e-30f, 1e30f, -1e30f, 3e38f}) inputs.push_back(x);
  for (const Epilogue epilogue : {Epilogue::kSwish, Epilogue::kSigmoid}) {
    const std::vector<float> out = Activated(kernels(), inputs, epilogue);
    for (size_t i = 0; i < inputs.size(); ++i) {
      const double x = inputs[i];
      const double sigmoid = 1 / (1 + std::exp(-x));
      const double exact = epilogue == Epilogue::kSwish ? x * sigmoid : sigmoid;
      EXPECT_NEAR(out[i], exact, 2e-6 * std::abs(exact) + 1e-7) << "at " << x;
    }
  }
}

TEST_P(ActivationTest, SwishAndSigmoidKeepNanAndTakeInfinity) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  for (const float nan : {std::numeric_limits<float>::quiet_NaN(), -std::numeric_limits<float>::quiet_NaN()}) {
    for (const Epilogue epilogue : {Epilogue::kSwish, Epilogue::kSigmoid}) {
      for (const float y : Activated(kernels(), Tile(nan), epilogue)) EXPECT_TRUE(std::isnan(y)) << y;
    }
  }
  for (const float y : Activated(kernels(), Tile(kInfinity), Epilogue::kSwish)) EXPECT_EQ(y, kInfinity);
  for (const float y : Activated(kernels(), Tile(kInfinity), Epilogue::kSigmoid)) EXPECT_EQ(y, 1);
  for (const float y : Activated(kernels(), Tile(-kInfinity), Epilogue::kSigmoid)) EXPECT_NEAR(y, 0, 1e-17);
  if (GetParam() == Isa::kScalar) return;  // follows the formula: -inf / inf
  for (const float y : Activated(kernels(), Tile(-kInfinity), Epilogue::kSwish)) EXPECT_NEAR(y, 0, 1e-15);
}

// Subnormal values make products many times slower: an activation of swish times a sigmoid and a weight is none.
TEST_P(ActivationTest, SwishAndSigmoidDoNotFadeIntoSubnormals) {
  if (GetParam() == Isa::kScalar) GTEST_SKIP() << "follows the formula";
  for (float x = -1; x > -1e38f; x *= 1.037f) {
    for (const float y : Activated(kernels(), Tile(x), Epilogue::kSwish)) EXPECT_LT(y, -1e-16f) << "at " << x;
    for (const float y : Activated(kernels(), Tile(x), Epilogue::kSigmoid)) EXPECT_GT(y, 1e-18f) << "at " << x;
  }
}

INSTANTIATE_TEST_SUITE_P(Tables, ActivationTest, testing::ValuesIn(AvailableIsas()),
                         [](const auto& test) { return std::string(IsaName(test.param)); });

}  // namespace
}  // namespace frond
