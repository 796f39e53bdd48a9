// timm's names are frond's own: Network carries them.

#include "src/weights/name_map.h"

namespace frond {

NetworkNames TimmNames(const Network& network) {
  NetworkNames names{network.stem.name, network.stem.norm, {}, network.head.name, network.head.norm, "classifier"};
  for (const Block& block : network.blocks) {
    BlockNames words;
    if (block.expand) words.expand = block.expand->name, words.expand_norm = block.expand->norm;
    if (block.depthwise) words.depthwise = block.depthwise->name, words.depthwise_norm = block.depthwise->norm;
    if (block.se) words.se_reduce = block.se->name + ".conv_reduce", words.se_expand = block.se->name + ".conv_expand";
    words.project = block.project.name;
    words.project_norm = block.project.norm;
    names.blocks.push_back(std::move(words));
  }
  return names;
}

}  // namespace frond
