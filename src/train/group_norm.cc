#include "src/train/group_norm.h"

#include <algorithm>

#include "src/base/format.h"
#include "src/train/setup.h"

namespace frond {
namespace {

// Every channel count of the family is a multiple of it.
constexpr int kChannelsPerGroup = 8;

bool IsTrained(const Module& module, const std::string& prefix) {
  return std::ranges::none_of(module.tensors(), [&](const ModuleTensor& tensor) {
    return tensor.trainable && !tensor.value.requires_grad() && tensor.name.starts_with(prefix);
  });
}

}  // namespace

Status UseGroupNorms(const Freeze& freeze, Spec& spec, std::vector<std::string>& notes) {
  const auto note = [&](const char* what) {
    notes.push_back(StrCat(what, " GroupNorms from block ", spec.group_norm.from_block,
                           " (counted from 0) on and in the head; norms before them keep their statistics"));
  };
  if (spec.group_norm.channels_per_group > 0) {
    note("the pretrained weights have");
    return {};
  }
  Module probe(spec);
  ApplyFreeze(probe, freeze, 0);
  const Network network = BuildNetwork(spec);
  if (!IsTrained(probe, network.head.name + ".") || !IsTrained(probe, network.head.norm + ".")) {
    return Error{ErrorCode::kInvalidArgument, "--norm group, and no norm is trained",
                 "give --freeze a smaller share, or another --norm"};
  }
  auto first = static_cast<int>(network.blocks.size());
  const auto is_trained = [&](const Block& block) {
    return IsTrained(probe, StrCat("blocks.", block.stage, ".", block.index, "."));
  };
  while (first > 0 && is_trained(network.blocks[static_cast<size_t>(first - 1)])) --first;
  spec.group_norm = {kChannelsPerGroup, first};
  note("trained layers get");
  return {};
}

}  // namespace frond
