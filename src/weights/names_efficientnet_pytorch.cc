// lukemelas/EfficientNet-PyTorch, and efficientnet_lite_pytorch, which keeps its
// names: blocks are numbered through, norms keep their number where a block has no expansion.

#include "src/base/format.h"
#include "src/weights/name_map.h"

namespace frond {

NetworkNames EfficientNetPyTorchNames(const Network& network) {
  NetworkNames names{"_conv_stem", "_bn0", {}, "_conv_head", "_bn1", "_fc"};
  for (size_t i = 0; i < network.blocks.size(); ++i) {
    const std::string prefix = StrCat("_blocks.", i, ".");
    names.blocks.push_back({prefix + "_expand_conv", prefix + "_bn0", prefix + "_depthwise_conv", prefix + "_bn1",
                            prefix + "_se_reduce", prefix + "_se_expand", prefix + "_project_conv", prefix + "_bn2"});
  }
  return names;
}

}  // namespace frond
