#ifndef FROND_SRC_SPEC_VARIANTS_H_
#define FROND_SRC_SPEC_VARIANTS_H_

#include <string>
#include <string_view>
#include <vector>

#include "frond/spec.h"

namespace frond {

// The same network is published in several dialects that differ in padding,
// batch-norm epsilon and preprocessing but not in the shapes of their weights.
enum class Dialect {
  kPlain,        // timm's own training: symmetric padding, epsilon 1e-5
  kTensorFlow,   // "tf_": ported from Google's checkpoints, also efficientnet_pytorch's and Keras': "SAME", 1e-3
  kTorchvision,  // symmetric padding, epsilon 1e-5 up to B4 and 1e-3 above and in V2
};

// "efficientnet_b4", "tf_efficientnet_b4", "torchvision_efficientnet_b4"
std::string VariantName(std::string_view family, Dialect dialect);

// The full names under which `family` is known, the plain one first.
std::vector<std::string> VariantsOf(std::string_view family);

}  // namespace frond

#endif  // FROND_SRC_SPEC_VARIANTS_H_
