#include "src/train/sync_batch_norm.h"

#include <algorithm>

namespace frond {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Variable;
using torch::autograd::variable_list;

// x * scale + shift for each channel, in one pass over memory.
torch::Tensor ScaleAndShift(const torch::Tensor& x, const torch::Tensor& scale, const torch::Tensor& shift) {
  return torch::batch_norm(x, scale, shift, torch::zeros_like(scale), torch::ones_like(scale), /*training=*/false, 0,
                           /*eps=*/0, /*cudnn_enabled=*/false);
}

class Function : public torch::autograd::Function<Function> {
 public:
  // The norm's weight and bias come by themselves, for autograd to see them.
  static Variable forward(AutogradContext* context, const Variable& x, const Variable& weight, const Variable& bias,
                          const BatchNormState& norm) {
    const int64_t channels = x.size(1);
    // Sums of the rows and of their squares, in doubles, that lose nothing to cancellation.
    torch::Tensor sums = torch::zeros({2 * channels + 1}, x.options().dtype(torch::kFloat64));
    torch::Tensor mean = sums.narrow(0, 0, channels);
    torch::Tensor variance = sums.narrow(0, channels, channels);
    torch::Tensor count = sums.narrow(0, 2 * channels, 1);
    if (norm.shared.counts) {
      const auto [own_mean, own_variance] = at::batch_norm_update_stats(x, {}, {}, 0);
      const auto own_count = static_cast<double>(x.numel() / channels);
      mean.copy_(own_mean);
      variance.copy_(own_variance).add_(mean * mean).mul_(own_count);
      mean.mul_(own_count);
      count.fill_(own_count);
    }
    norm.shared.peers->Sum(sums);
    mean.div_(count);
    variance.div_(count).sub_(mean * mean).clamp_min_(0);
    norm.running_mean.lerp_(mean.to(norm.running_mean.scalar_type()), norm.momentum);
    const torch::Tensor unbiased = variance * (count / (count - 1).clamp_min(1));
    norm.running_var.lerp_(unbiased.to(norm.running_var.scalar_type()), norm.momentum);

    const torch::Tensor inverse = (variance + norm.epsilon).rsqrt();
    context->save_for_backward({x, weight, mean.to(x.scalar_type()), inverse.to(x.scalar_type())});
    context->saved_data["count"] = count.item<double>();
    context->saved_data["epsilon"] = norm.epsilon;
    context->saved_data["counts"] = norm.shared.counts;
    context->saved_data["peers"] = reinterpret_cast<int64_t>(norm.shared.peers);
    return torch::batch_norm(x, weight, bias, mean.to(x.scalar_type()), variance.to(x.scalar_type()),
                             /*training=*/false, 0, norm.epsilon, /*cudnn_enabled=*/false);
  }

  // With xh = (x - mean) / deviation and means over all rows: dx = w / deviation * (dy - mean(dy) - xh * mean(dy xh)),
  // as in torch's batch norm (Ioffe & Szegedy 2015, section 3).
  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const variable_list saved = context->get_saved_variables();
    const torch::Tensor& x = saved[0];
    const torch::Tensor& weight = saved[1];
    const torch::Tensor& mean = saved[2];
    const torch::Tensor& inverse = saved[3];
    auto& peers = *reinterpret_cast<Peers*>(context->saved_data["peers"].toInt());
    const torch::Tensor dy = gradients[0].contiguous(x.suggest_memory_format());
    const int64_t channels = x.size(1);
    const auto [unused, of_weight, of_bias] =
        at::native_batch_norm_backward(dy, x, weight, {}, {}, mean, inverse, /*train=*/true,
                                       context->saved_data["epsilon"].toDouble(), {false, true, true});
    const bool counts = context->saved_data["counts"].toBool();
    torch::Tensor sums = torch::cat({of_bias, of_weight}).to(torch::kFloat64);
    if (!counts) sums.zero_();
    peers.Sum(sums);
    sums = (sums / context->saved_data["count"].toDouble()).to(x.scalar_type());
    torch::Tensor of_x;
    if (!counts) {
      of_x = torch::zeros_like(x);
    } else if (context->needs_input_grad(0)) {
      const torch::Tensor scale = weight * inverse;
      const torch::Tensor of_xh = sums.narrow(0, channels, channels) * inverse;
      of_x = ScaleAndShift(x, -scale * of_xh, scale * (mean * of_xh - sums.narrow(0, 0, channels)));
      of_x.addcmul_(dy, scale.view({1, channels, 1, 1}));
    }
    return {of_x, of_weight, of_bias, {}};
  }
};

}  // namespace

torch::Tensor SyncBatchNorm(const torch::Tensor& x, const BatchNormState& norm) {
  // Of 16-bit activations the sums are too coarse.
  return Function::apply(x.to(torch::kFloat32), norm.weight, norm.bias, norm).to(x.scalar_type());
}

}  // namespace frond
