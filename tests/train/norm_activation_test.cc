#include "src/train/norm_activation.h"

#include <gtest/gtest.h>

#include <cmath>

#include "src/base/isa.h"
#include "src/train/norm_activation_kernels.h"
#include "tests/train/generated_module.h"

namespace frond {
namespace {

struct Case {
  int64_t photos, channels, height, width;
};
// Channels that fill vectors and such that do not, pixels that fill pieces and such that do not.
const std::vector<Case> kCases = {{3, 32, 9, 7}, {2, 24, 5, 5}, {1, 7, 11, 13}, {5, 40, 1, 1}, {2, 48, 12, 16}};
const std::vector<Activation> kActivations = {Activation::kNone, Activation::kSwish, Activation::kRelu6};

double Distance(const torch::Tensor& a, const torch::Tensor& b) {
  return (a.detach().to(torch::kFloat64) - b).abs().max().item<double>() / (1e-3 + b.abs().max().item<double>());
}

torch::Tensor Leaf(const torch::Tensor& tensor, torch::ScalarType type) {
  return tensor.detach().to(type).clone(torch::MemoryFormat::Preserve).requires_grad_();
}

torch::Tensor Activated(const torch::Tensor& z, Activation activation) {
  if (activation == Activation::kSwish) return torch::silu(z);
  return activation == Activation::kRelu6 ? torch::hardtanh(z, 0, 6) : z;
}

struct Answer {
  torch::Tensor y, of_x, of_weight, of_bias, mean, variance;
};

// By torch's own functions where `type` is float64, by ours in float32.
Answer Computed(const Case& c, Activation activation, bool batch, torch::ScalarType type, double centre = 0.5) {
  const torch::Tensor x = Leaf(GeneratedTensor("x", {c.photos, c.channels, c.height, c.width}, centre - 4, centre + 4)
                                   .contiguous(torch::MemoryFormat::ChannelsLast),
                               type);
  const torch::Tensor weight = Leaf(GeneratedTensor("weight", {c.channels}, 0.5, 3), type);
  const torch::Tensor bias = Leaf(GeneratedTensor("bias", {c.channels}, -1, 3), type);
  const torch::Tensor mean = GeneratedTensor("mean", {c.channels}, -1, 1).to(type);
  const torch::Tensor variance = GeneratedTensor("variance", {c.channels}, 0.5, 2).to(type);
  const double momentum = 0.1;
  const double epsilon = 1e-3;
  const torch::Tensor y =
      type == torch::kFloat64
          ? Activated(torch::batch_norm(x, weight, bias, mean, variance, batch, momentum, epsilon, false), activation)
          : BatchNormActivation(x, {weight, bias, mean, variance, batch, momentum, epsilon}, activation);
  (y * GeneratedTensor("dy", y.sizes(), -1, 1).to(type)).sum().backward();
  return {y, x.grad(), weight.grad(), bias.grad(), mean, variance};
}

void ExpectEqual(const Answer& own, const Answer& torchs, double bound, const std::string& of) {
  EXPECT_LT(Distance(own.y, torchs.y), bound) << of;
  EXPECT_LT(Distance(own.of_x, torchs.of_x), bound) << of;
  EXPECT_LT(Distance(own.of_weight, torchs.of_weight), bound) << of;
  EXPECT_LT(Distance(own.of_bias, torchs.of_bias), bound) << of;
  EXPECT_LT(Distance(own.mean, torchs.mean), bound) << of;
  EXPECT_LT(Distance(own.variance, torchs.variance), bound) << of;
}

TEST(BatchNormActivation, ValuesGradientsAndStatisticsAreTorchs) {
  for (const Case& c : kCases) {
    for (const Activation activation : kActivations) {
      for (const bool batch : {false, true}) {
        const Answer own = Computed(c, activation, batch, torch::kFloat32);
        const Answer torchs = Computed(c, activation, batch, torch::kFloat64);
        ExpectEqual(own, torchs, 2e-5,
                    std::to_string(c.channels) + " " + std::to_string(static_cast<int>(activation)) +
                        (batch ? " batch" : " running"));
      }
    }
  }
}

// In float32 the squares' mean less the mean's square would leave two digits here.
TEST(BatchNormActivation, VarianceOfValuesFarFromZeroIsExact) {
  const Answer own = Computed({4, 16, 9, 9}, Activation::kNone, true, torch::kFloat32, 500);
  const Answer torchs = Computed({4, 16, 9, 9}, Activation::kNone, true, torch::kFloat64, 500);
  EXPECT_LT(Distance(own.variance, torchs.variance), 1e-5);
  EXPECT_LT(Distance(own.of_weight, torchs.of_weight), 1e-4);
}

TEST(BatchNormActivation, BitsDoNotDependOnTheNumberOfThreads) {
  const int before = torch::get_num_threads();
  std::vector<Answer> answers;
  for (const int threads : {1, 3}) {
    torch::set_num_threads(threads);
    answers.push_back(Computed({3, 24, 31, 17}, Activation::kSwish, true, torch::kFloat32));
  }
  torch::set_num_threads(before);
  EXPECT_TRUE(answers[0].y.equal(answers[1].y));
  EXPECT_TRUE(answers[0].of_x.equal(answers[1].of_x));
  EXPECT_TRUE(answers[0].of_weight.equal(answers[1].of_weight));
  EXPECT_TRUE(answers[0].variance.equal(answers[1].variance));
}

// A norm that is frozen passes a gradient on and has none.
TEST(BatchNormActivation, WhatIsFrozenGetsNone) {
  const torch::Tensor x = GeneratedTensor("x", {2, 16, 3, 3}, -1, 1).requires_grad_();
  const torch::Tensor weight = torch::ones({16});
  BatchNormActivation(x, {weight, torch::zeros({16}), torch::zeros({16}), torch::ones({16}), false, 0.1, 1e-3},
                      Activation::kRelu6)
      .sum()
      .backward();
  EXPECT_TRUE(x.grad().defined());
  EXPECT_FALSE(weight.grad().defined());
}

TEST(BatchNormActivation, NotANumberStaysOne) {
  for (const Activation activation : kActivations) {
    torch::Tensor x = GeneratedTensor("x", {1, 16, 4, 4}, -1, 1).contiguous(torch::MemoryFormat::ChannelsLast);
    x[0][5][1][2] = NAN;
    const BatchNormState norm{
        torch::ones({16}), torch::zeros({16}), torch::zeros({16}), torch::ones({16}), false, 0.1, 1e-3};
    const torch::Tensor y = BatchNormActivation(x, norm, activation);
    EXPECT_TRUE(std::isnan(y[0][5][1][2].item<float>()));
    EXPECT_EQ(torch::isnan(y).sum().item<int64_t>(), 1);
  }
}

TEST(NormActivationKernels, OfEveryInstructionSetAgree) {
  for (const Case& c : kCases) {
    const int64_t pixels = std::min(kPixelsPerSum, c.photos * c.height * c.width);
    const auto channels = static_cast<int>(c.channels);
    const torch::Tensor x = GeneratedTensor("x", {pixels, c.channels}, -5, 9);
    const torch::Tensor dy = GeneratedTensor("dy", {pixels, c.channels}, -1, 1);
    const torch::Tensor scale = GeneratedTensor("scale", {c.channels}, 0.5, 2);
    const torch::Tensor offset = GeneratedTensor("offset", {c.channels}, -1, 1);
    const torch::Tensor mean = GeneratedTensor("mean", {c.channels}, 1, 3);
    for (const Activation activation : kActivations) {
      const NormActivation norm{activation, scale.data_ptr<float>(), offset.data_ptr<float>(), mean.data_ptr<float>(),
                                channels};
      const auto run = [&](Isa isa) {
        std::vector<torch::Tensor> out = {torch::full({2, c.channels}, NAN), torch::full({2, c.channels}, NAN),
                                          torch::full_like(x, NAN), torch::full_like(x, NAN)};
        const auto* values = x.data_ptr<float>();
        const auto* slopes = dy.data_ptr<float>();
        ChannelSums(isa, values, pixels, channels, norm.mean, out[0].data_ptr<float>());
        NormActivationSums(isa, norm, values, slopes, pixels, out[1].data_ptr<float>());
        NormActivate(isa, norm, values, pixels, out[2].data_ptr<float>());
        NormActivationGradient(isa, norm, values, slopes, pixels, norm.offset, norm.scale, out[3].data_ptr<float>());
        return out;
      };
      const std::vector<torch::Tensor> expected = run(Isa::kScalar);
      for (const Isa isa : AvailableIsas()) {
        const std::vector<torch::Tensor> own = run(isa);
        for (size_t i = 0; i < own.size(); ++i) {
          EXPECT_LT(Distance(own[i], expected[i].to(torch::kFloat64)), 2e-6)
              << IsaName(isa) << " " << c.channels << " " << static_cast<int>(activation) << " " << i;
        }
      }
    }
  }
}

}  // namespace
}  // namespace frond
