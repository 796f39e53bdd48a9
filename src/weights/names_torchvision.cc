// torchvision.models.efficientnet: `features` is stem, stages and head in one
// sequence; a block is a sequence of convolution-norm pairs with the
// squeeze-and-excite between, so that positions shift with what a block lacks.

#include "src/base/format.h"
#include "src/weights/name_map.h"

namespace frond {

NetworkNames TorchvisionNames(const Network& network) {
  NetworkNames names{"features.0.0", "features.0.1", {}, "", "", "classifier.1"};
  for (const Block& block : network.blocks) {
    const std::string prefix = StrCat("features.", block.stage + 1, ".", block.index, ".block.");
    int position = 0;
    const auto pair = [&](std::string& conv, std::string& norm) {
      conv = StrCat(prefix, position, ".0");
      norm = StrCat(prefix, position++, ".1");
    };
    BlockNames words;
    if (block.expand) pair(words.expand, words.expand_norm);
    if (block.depthwise) pair(words.depthwise, words.depthwise_norm);
    if (block.se) {
      words.se_reduce = StrCat(prefix, position, ".fc1");
      words.se_expand = StrCat(prefix, position++, ".fc2");
    }
    pair(words.project, words.project_norm);
    names.blocks.push_back(std::move(words));
  }
  const int head = network.blocks.empty() ? 1 : network.blocks.back().stage + 2;
  names.head = StrCat("features.", head, ".0");
  names.head_norm = StrCat("features.", head, ".1");
  return names;
}

}  // namespace frond
