#ifndef FROND_SRC_ENGINE_PLAN_FOLD_H_
#define FROND_SRC_ENGINE_PLAN_FOLD_H_

#include <cmath>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "src/spec/network.h"

namespace frond {

// The float32 values of a tensor of the network, by its name in the model file.
using TensorLookup = std::function<std::span<const float>(const std::string& name)>;

// What a convolution's outputs are multiplied by and added to, for each channel, in its weights.
struct Folded {
  std::vector<double> scale;
  std::vector<float> shift;
};

// The batch-norm behind a convolution, which at inference is y = scale * x + shift; of a GroupNorm, whose statistics
// are the photo's own, nothing: 1 and 0.
inline Folded FoldNorm(const ConvLayer& conv, double epsilon, const TensorLookup& lookup) {
  const auto channels = static_cast<size_t>(conv.out_channels);
  Folded folded{std::vector<double>(channels, 1.0), std::vector<float>(channels, 0.0F)};
  if (conv.norm_groups > 0) return folded;
  const auto gamma = lookup(conv.norm + ".weight");
  const auto beta = lookup(conv.norm + ".bias");
  const auto mean = lookup(conv.norm + ".running_mean");
  const auto variance = lookup(conv.norm + ".running_var");
  for (size_t c = 0; c < channels; ++c) {
    folded.scale[c] = gamma[c] / std::sqrt(static_cast<double>(variance[c]) + epsilon);
    folded.shift[c] = static_cast<float>(beta[c] - mean[c] * folded.scale[c]);
  }
  return folded;
}

}  // namespace frond

#endif  // FROND_SRC_ENGINE_PLAN_FOLD_H_
