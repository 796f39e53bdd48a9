#include "src/train/pointwise_conv.h"

#include <ATen/Context.h>

namespace frond {

torch::Tensor PointwiseConv2d(const torch::Tensor& x, const torch::Tensor& weight, const torch::Tensor& bias) {
  // Dilation says nothing of a filter of one pixel, but libtorch gives dilated convolutions to oneDNN whatever their
  // size (ConvParams::use_mkldnn).
  static const bool slow_blas = !at::hasMKL();
  const int64_t dilation = slow_blas && x.device().is_cpu() ? 2 : 1;
  return at::conv2d(x, weight, bias, at::IntArrayRef{1, 1}, at::IntArrayRef{0, 0}, at::IntArrayRef{dilation, dilation});
}

}  // namespace frond
