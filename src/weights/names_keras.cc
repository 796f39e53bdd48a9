// keras.applications: blocks are "block<stage><letter>", and V2's depthwise
// layers are called dwconv2. Keras itself counts letters as chr(97 + i); no
// network of its own reaches 'z'.

#include <algorithm>

#include "src/base/format.h"
#include "src/weights/name_map.h"

namespace frond {
NetworkNames KerasNames(const Network& network) {
  const bool v2 =
      std::any_of(network.blocks.begin(), network.blocks.end(), [](const Block& block) { return !block.depthwise; });
  NetworkNames names{"stem_conv", "stem_bn", {}, "top_conv", "top_bn", "predictions"};
  for (const Block& block : network.blocks) {
    const std::string prefix = StrCat("block", block.stage + 1, static_cast<char>('a' + block.index), "_");
    names.blocks.push_back({prefix + "expand_conv", prefix + "expand_bn", prefix + (v2 ? "dwconv2" : "dwconv"),
                            prefix + "bn", prefix + "se_reduce", prefix + "se_expand", prefix + "project_conv",
                            prefix + "project_bn"});
  }
  return names;
}

}  // namespace frond
