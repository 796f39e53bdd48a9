#include "src/train/sync_batch_norm.h"

#include "tests/train/in_world.h"

namespace frond {
namespace {

constexpr int64_t kChannels = 6;

// Rows whose channels lie `apart` times their number from zero.
torch::Tensor Rows(int64_t count, uint64_t seed, double apart) {
  torch::manual_seed(seed);
  const torch::Tensor offsets = torch::arange(kChannels).mul(apart).view({1, kChannels, 1, 1});
  return torch::randn({count, kChannels, 4, 3}).add(offsets).contiguous(torch::MemoryFormat::ChannelsLast);
}

void ExpectClose(const torch::Tensor& found, const torch::Tensor& expected, double tolerance, const char* what) {
  EXPECT_TRUE(torch::allclose(found, expected, tolerance, tolerance))
      << what << ": " << (found - expected).abs().max().item<double>();
}

// Whether of BatchNormActivation, or of SyncBatchNorm, which is for what that does not take.
class JointStatistics : public testing::TestWithParam<bool> {};
INSTANTIATE_TEST_SUITE_P(Fused, JointStatistics, testing::Bool());

// One batch of ten rows, shared out in several ways, once with a process that has none: outputs, gradients and running
// statistics are those of torch's batch norm over the whole.
TEST_P(JointStatistics, AreThoseOfTheRowsOfAll) {
  constexpr int64_t kRows = 10;
  const torch::Tensor whole = Rows(kRows, 1, 5).requires_grad_();
  const torch::Tensor weight = torch::linspace(0.5, 2, kChannels).requires_grad_();
  const torch::Tensor bias = torch::linspace(-1, 1, kChannels).requires_grad_();
  const torch::Tensor running_mean = torch::zeros({kChannels});
  const torch::Tensor running_variance = torch::ones({kChannels});
  const torch::Tensor output =
      torch::batch_norm(whole, weight, bias, running_mean, running_variance, true, 0.1, 1e-3, false);
  const torch::Tensor direction = Rows(kRows, 2, 0);
  (output * direction).sum().backward();

  for (const std::vector<int64_t>& shares : {std::vector<int64_t>{10, 0}, {5, 5}, {3, 0, 7}, {1, 9}}) {
    std::vector<torch::Tensor> weight_gradients(shares.size());
    std::vector<torch::Tensor> bias_gradients(shares.size());
    InWorld(static_cast<int>(shares.size()), [&](Peers& peers) {
      const auto rank = static_cast<size_t>(peers.rank());
      int64_t first = 0;
      for (size_t r = 0; r < rank; ++r) first += shares[r];
      const bool counts = shares[rank] > 0;
      const torch::Tensor own = whole.detach().narrow(0, first, shares[rank]);
      torch::Tensor x = (counts ? own : torch::zeros({1, kChannels, 4, 3})).clone().requires_grad_();
      torch::Tensor own_weight = weight.detach().clone().requires_grad_();
      torch::Tensor own_bias = bias.detach().clone().requires_grad_();
      const torch::Tensor mean = torch::zeros({kChannels});
      const torch::Tensor variance = torch::ones({kChannels});
      const SharedBatch shared{&peers, kRows, first, counts};
      const BatchNormState norm{own_weight, own_bias, mean, variance, true, 0.1, 1e-3, shared};
      const torch::Tensor y = GetParam() ? BatchNormActivation(x, norm, Activation::kNone) : SyncBatchNorm(x, norm);
      const torch::Tensor toward = counts ? direction.narrow(0, first, shares[rank]) : torch::zeros_like(y);
      (y * toward).sum().backward();
      ExpectClose(mean, running_mean, 1e-5, "running mean");
      ExpectClose(variance, running_variance, 1e-5, "running variance");
      weight_gradients[rank] = own_weight.grad();
      bias_gradients[rank] = own_bias.grad();
      if (!counts) {
        EXPECT_EQ(x.grad().abs().max().item<double>(), 0);
        return;
      }
      ExpectClose(y, output.detach().narrow(0, first, shares[rank]), 2e-5, "output");
      ExpectClose(x.grad(), whole.grad().narrow(0, first, shares[rank]), 5e-5, "gradient");
      EXPECT_TRUE(x.grad().is_contiguous(torch::MemoryFormat::ChannelsLast));
    });
    ExpectClose(torch::stack(weight_gradients).sum(0), weight.grad(), 1e-4, "gradient of the weight");
    ExpectClose(torch::stack(bias_gradients).sum(0), bias.grad(), 1e-4, "gradient of the bias");
  }
}

}  // namespace
}  // namespace frond
