#include "src/train/depthwise_conv.h"

#include <gtest/gtest.h>

#include "src/base/isa.h"
#include "src/train/depthwise_gradient.h"
#include "tests/train/generated_module.h"

namespace frond {
namespace {

struct Case {
  int64_t channels, height, width, kernel, stride, padding;
};
const std::vector<Case> kCases = {{32, 7, 7, 5, 1, 2},   {24, 9, 6, 3, 1, 1}, {40, 8, 11, 3, 2, 1}, {7, 5, 5, 5, 2, 2},
                                  {16, 17, 17, 5, 2, 0}, {48, 3, 2, 7, 1, 3}, {33, 4, 4, 3, 2, 0}};

// torch's own gradients in float64.
std::pair<torch::Tensor, torch::Tensor> Reference(const Case& c, const torch::Tensor& x, const torch::Tensor& weight,
                                                  const torch::Tensor& direction) {
  const torch::Tensor x64 = x.detach().to(torch::kFloat64).requires_grad_();
  const torch::Tensor weight64 = weight.detach().to(torch::kFloat64).requires_grad_();
  const torch::Tensor y = torch::conv2d(x64, weight64, {}, c.stride, c.padding, 1, c.channels);
  (y * direction.to(torch::kFloat64)).sum().backward();
  return {x64.grad(), weight64.grad()};
}

double Distance(const torch::Tensor& a, const torch::Tensor& b) {
  return (a.to(torch::kFloat64) - b).abs().max().item<double>() / b.abs().max().item<double>();
}

torch::Tensor Input(const Case& c) {
  return GeneratedTensor("x", {3, c.channels, c.height, c.width}, -1, 1).contiguous(torch::MemoryFormat::ChannelsLast);
}
torch::Tensor Filters(const Case& c) { return GeneratedTensor("w", {c.channels, 1, c.kernel, c.kernel}, -1, 1); }

TEST(DepthwiseConv2d, GradientsEqualTorchs) {
  for (const Case& c : kCases) {
    const torch::Tensor x = Input(c).requires_grad_();
    const torch::Tensor weight = Filters(c).requires_grad_();
    const torch::Tensor y = DepthwiseConv2d(x, weight, c.stride, c.padding);
    const torch::Tensor direction = GeneratedTensor("dy", y.sizes(), -1, 1);
    (y * direction).sum().backward();
    const auto [of_x, of_weight] = Reference(c, x, weight, direction);
    EXPECT_LT(Distance(x.grad(), of_x), 1e-5) << c.kernel << " " << c.stride;
    EXPECT_LT(Distance(weight.grad(), of_weight), 1e-5) << c.kernel << " " << c.stride;
  }
}

TEST(DepthwiseConv2d, KernelsOfEveryInstructionSetAgree) {
  for (const Isa isa : AvailableIsas()) {
    for (const Case& c : kCases) {
      const torch::Tensor x = Input(c);
      const torch::Tensor weight = Filters(c);
      const torch::Tensor y = torch::conv2d(x, weight, {}, c.stride, c.padding, 1, c.channels);
      const torch::Tensor dy = GeneratedTensor("dy", y.sizes(), -1, 1).contiguous(torch::MemoryFormat::ChannelsLast);
      torch::Tensor taps = torch::full({c.kernel, c.kernel, c.channels}, -7.0f);
      DepthwiseGradientArgs args;
      args.x = x.data_ptr<float>();
      args.dy = dy.data_ptr<float>();
      args.dw = taps.data_ptr<float>();
      args.count = 3;
      args.channels = static_cast<int>(c.channels);
      args.height = static_cast<int>(c.height);
      args.width = static_cast<int>(c.width);
      args.out_height = static_cast<int>(y.size(2));
      args.out_width = static_cast<int>(y.size(3));
      args.kernel = static_cast<int>(c.kernel);
      args.stride = static_cast<int>(c.stride);
      args.padding = static_cast<int>(c.padding);
      const int half = args.channels / 2 / kGradientChannels * kGradientChannels;
      DepthwiseWeightGradient(isa, args, 0, half);
      DepthwiseWeightGradient(isa, args, half, args.channels);
      const torch::Tensor expected = Reference(c, x, weight, dy).second;
      EXPECT_LT(Distance(taps.permute({2, 0, 1}).unsqueeze(1), expected), 1e-5)
          << IsaName(isa) << ", " << c.kernel << " " << c.stride;
    }
  }
}

// Frozen filters want no gradient.
TEST(DepthwiseConv2d, WhatIsFrozenGetsNone) {
  const Case c = kCases[0];
  const torch::Tensor x = Input(c).requires_grad_();
  const torch::Tensor weight = Filters(c);
  DepthwiseConv2d(x, weight, c.stride, c.padding).sum().backward();
  EXPECT_FALSE(weight.grad().defined());
  EXPECT_TRUE(x.grad().defined());
}

}  // namespace
}  // namespace frond
