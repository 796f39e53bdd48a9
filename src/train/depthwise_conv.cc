#include "src/train/depthwise_conv.h"

#include "src/train/depthwise_gradient.h"
#include "src/train/fastest_isa.h"

namespace frond {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Variable;
using torch::autograd::variable_list;

// Of filters C x 1 x k x k.
torch::Tensor WeightGradient(const torch::Tensor& x, const torch::Tensor& dy, int64_t kernel, int64_t stride,
                             int64_t padding) {
  const torch::Tensor input = x.to(torch::kFloat32).contiguous(torch::MemoryFormat::ChannelsLast);
  const torch::Tensor gradient = dy.to(torch::kFloat32).contiguous(torch::MemoryFormat::ChannelsLast);
  torch::Tensor taps = torch::empty({kernel, kernel, x.size(1)}, torch::kFloat32);
  DepthwiseGradientArgs args;
  args.x = input.data_ptr<float>();
  args.dy = gradient.data_ptr<float>();
  args.dw = taps.data_ptr<float>();
  args.count = static_cast<int>(x.size(0));
  args.channels = static_cast<int>(x.size(1));
  args.height = static_cast<int>(x.size(2));
  args.width = static_cast<int>(x.size(3));
  args.out_height = static_cast<int>(dy.size(2));
  args.out_width = static_cast<int>(dy.size(3));
  args.kernel = static_cast<int>(kernel);
  args.stride = static_cast<int>(stride);
  args.padding = static_cast<int>(padding);
  const int64_t groups = (x.size(1) + kGradientChannels - 1) / kGradientChannels;
  at::parallel_for(0, groups, 1, [&](int64_t begin, int64_t end) {
    DepthwiseWeightGradient(FastestIsa(), args, static_cast<int>(begin) * kGradientChannels,
                            std::min(args.channels, static_cast<int>(end) * kGradientChannels));
  });
  return taps.permute({2, 0, 1}).unsqueeze(1).contiguous(torch::MemoryFormat::ChannelsLast);
}

class DepthwiseConv : public torch::autograd::Function<DepthwiseConv> {
 public:
  static Variable forward(AutogradContext* context, const Variable& x, const Variable& weight, int64_t stride,
                          int64_t padding) {
    context->save_for_backward({x, weight});
    context->saved_data["stride"] = stride;
    context->saved_data["padding"] = padding;
    return torch::conv2d(x, weight.to(x.scalar_type()), {}, stride, padding, 1, x.size(1));
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const variable_list saved = context->get_saved_variables();
    const torch::Tensor& x = saved[0];
    const torch::Tensor& weight = saved[1];
    const int64_t stride = context->saved_data["stride"].toInt();
    const int64_t padding = context->saved_data["padding"].toInt();
    torch::Tensor of_x;
    if (context->needs_input_grad(0)) {
      of_x = std::get<0>(at::convolution_backward(gradients[0], x, weight.to(x.scalar_type()), c10::nullopt,
                                                  {stride, stride}, {padding, padding}, {1, 1}, false, {0, 0},
                                                  x.size(1), {true, false, false}));
    }
    torch::Tensor of_weight;
    if (context->needs_input_grad(1)) of_weight = WeightGradient(x, gradients[0], weight.size(2), stride, padding);
    return {of_x, of_weight, {}, {}};
  }
};

}  // namespace

torch::Tensor DepthwiseConv2d(const torch::Tensor& x, const torch::Tensor& weight, int64_t stride, int64_t padding) {
  const int64_t kernel = weight.size(2);
  const bool ours = weight.requires_grad() && weight.device().is_cpu() && weight.scalar_type() == torch::kFloat32 &&
                    (kernel == 3 || kernel == 5 || kernel == 7);
  if (!ours) return torch::conv2d(x, weight.to(x.scalar_type()), {}, stride, padding, 1, x.size(1));
  return DepthwiseConv::apply(x, weight, stride, padding);
}

}  // namespace frond
