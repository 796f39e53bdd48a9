#ifndef FROND_SRC_TRAIN_DEPTHWISE_GRADIENT_H_
#define FROND_SRC_TRAIN_DEPTHWISE_GRADIENT_H_

#include "src/base/isa.h"

namespace frond {

// A depthwise convolution's input x, N x H x W x C, and the gradient dy of its output, N x OH x OW x C. Padding may end
// anywhere: what windows reach beyond x counts as zero.
struct DepthwiseGradientArgs {
  const float* x = nullptr;
  const float* dy = nullptr;
  float* dw = nullptr;  // kernel x kernel x C
  int count = 0;
  int height = 0, width = 0, channels = 0;
  int out_height = 0, out_width = 0;
  int kernel = 3;  // 3, 5 or 7
  int stride = 1;
  int padding = 0;  // above and to the left
};

// Channels that are taken together; ranges of channels begin at multiples of it.
constexpr int kGradientChannels = 16;

// The gradient of its weights for channels [begin, end): dw[ky][kx][c] = sum over n, oy, ox of
// dy[n][oy][ox][c] x[n][oy stride + ky - padding][ox stride + kx - padding][c]. In float32, in one order.
void DepthwiseWeightGradient(Isa isa, const DepthwiseGradientArgs& args, int begin, int end);

}  // namespace frond

#endif  // FROND_SRC_TRAIN_DEPTHWISE_GRADIENT_H_
