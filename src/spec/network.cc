#include "src/spec/network.h"

#include <algorithm>
#include <cmath>
#include <span>

#include "src/base/format.h"

namespace frond {
namespace {

Block BuildMBConv(const StageSpec& stage, const std::string& prefix, int in_channels, int stride,
                  Activation activation) {
  Block block;
  const int expanded = in_channels * stage.expand_ratio;
  const bool expands = stage.expand_ratio != 1;
  if (expands) {
    block.expand = ConvLayer{prefix + "conv_pw", prefix + "bn1", in_channels, expanded, 1, 1, false, activation};
  }
  block.depthwise =
      ConvLayer{prefix + "conv_dw", prefix + (expands ? "bn2" : "bn1"), expanded, expanded, stage.kernel, stride, true,
                activation};
  if (stage.se_ratio > 0) {
    // Half to even, as Python's round.
    const int squeezed = std::max(1, static_cast<int>(std::nearbyint(in_channels * stage.se_ratio)));
    block.se = SqueezeExcite{prefix + "se", expanded, squeezed};
  }
  block.project = ConvLayer{prefix + (expands ? "conv_pwl" : "conv_pw"),
                            prefix + (expands ? "bn3" : "bn2"),
                            expanded,
                            stage.channels,
                            1,
                            1,
                            false,
                            Activation::kNone};
  return block;
}

Block BuildFusedMBConv(const StageSpec& stage, const std::string& prefix, int in_channels, int stride,
                       Activation activation) {
  Block block;
  if (stage.expand_ratio == 1) {
    block.project = ConvLayer{prefix + "conv", prefix + "bn1", in_channels, stage.channels,
                              stage.kernel,    stride,         false,       activation};
    return block;
  }
  const int expanded = in_channels * stage.expand_ratio;
  block.expand =
      ConvLayer{prefix + "conv_exp", prefix + "bn1", in_channels, expanded, stage.kernel, stride, false, activation};
  block.project =
      ConvLayer{prefix + "conv_pwl", prefix + "bn2", expanded, stage.channels, 1, 1, false, Activation::kNone};
  return block;
}

void AddConvTensors(const ConvLayer& conv, std::vector<TensorSpec>& out) {
  const int64_t channels = conv.out_channels;
  out.push_back({conv.name + ".weight", {channels, conv.depthwise ? 1 : conv.in_channels, conv.kernel, conv.kernel}});
  out.push_back({conv.norm + ".weight", {channels}});
  out.push_back({conv.norm + ".bias", {channels}});
  if (conv.norm_groups > 0) return;
  out.push_back({conv.norm + ".running_mean", {channels}, false});
  out.push_back({conv.norm + ".running_var", {channels}, false});
}

void AddSqueezeExciteTensors(const SqueezeExcite& se, std::vector<TensorSpec>& out) {
  out.push_back({se.name + ".conv_reduce.weight", {se.squeezed, se.channels, 1, 1}});
  out.push_back({se.name + ".conv_reduce.bias", {se.squeezed}});
  out.push_back({se.name + ".conv_expand.weight", {se.channels, se.squeezed, 1, 1}});
  out.push_back({se.name + ".conv_expand.bias", {se.channels}});
}

// Groups of the largest size, at most `channels_per_group`, that divides the channels.
int NormGroups(int channels, int channels_per_group) {
  int size = std::min(channels, channels_per_group);
  while (channels % size != 0) --size;
  return channels / size;
}

void UseGroupNorms(const GroupNormSpec& groups, Network& network) {
  if (groups.channels_per_group == 0) return;
  const auto use = [&](ConvLayer& conv) {
    conv.norm_groups = NormGroups(conv.out_channels, groups.channels_per_group);
  };
  for (size_t b = static_cast<size_t>(groups.from_block); b < network.blocks.size(); ++b) {
    Block& block = network.blocks[b];
    if (block.expand) use(*block.expand);
    if (block.depthwise) use(*block.depthwise);
    use(block.project);
  }
  use(network.head);
}

}  // namespace

Network BuildNetwork(const Spec& spec) {
  Network network;
  network.stem = ConvLayer{"conv_stem", "bn1", 3, spec.stem_channels, 3, 2, false, spec.activation};
  int channels = spec.stem_channels;
  for (size_t s = 0; s < spec.stages.size(); ++s) {
    const StageSpec& stage = spec.stages[s];
    for (int i = 0; i < stage.layers; ++i) {
      const int stride = i == 0 ? stage.stride : 1;
      const std::string prefix = StrCat("blocks.", s, ".", i, ".");
      const auto build = stage.kind == BlockKind::kMBConv ? BuildMBConv : BuildFusedMBConv;
      Block block = build(stage, prefix, channels, stride, spec.activation);
      block.stage = static_cast<int>(s);
      block.index = i;
      block.residual = stride == 1 && channels == stage.channels;
      network.blocks.push_back(std::move(block));
      channels = stage.channels;
    }
  }
  network.head = ConvLayer{"conv_head", "bn2", channels, spec.head_channels, 1, 1, false, spec.activation};
  UseGroupNorms(spec.group_norm, network);
  if (spec.num_classes > 0 && spec.hidden_units > 0) {
    // The places of PyTorch's Sequential(Linear, ReLU, Dropout, Linear).
    network.classifier = {{"classifier.0", spec.head_channels, spec.hidden_units, true},
                          {"classifier.3", spec.hidden_units, spec.num_classes, false}};
  } else if (spec.num_classes > 0) {
    network.classifier = {{"classifier", spec.head_channels, spec.num_classes, false}};
  }
  return network;
}

bool StemJoinsFirstBlock(const Network& network) {
  return !network.blocks.empty() && network.blocks[0].depthwise && !network.blocks[0].expand &&
         !network.blocks[0].residual && network.blocks[0].depthwise->norm_groups == 0;
}

std::vector<TensorSpec> NetworkTensors(const Network& network) {
  std::vector<TensorSpec> out;
  AddConvTensors(network.stem, out);
  for (const Block& block : network.blocks) {
    if (block.expand) AddConvTensors(*block.expand, out);
    if (block.depthwise) AddConvTensors(*block.depthwise, out);
    if (block.se) AddSqueezeExciteTensors(*block.se, out);
    AddConvTensors(block.project, out);
  }
  AddConvTensors(network.head, out);
  for (const LinearLayer& layer : network.classifier) {
    out.push_back({layer.name + ".weight", {layer.out_features, layer.in_features}});
    out.push_back({layer.name + ".bias", {layer.out_features}});
  }
  return out;
}

ConvExtent ConvolvedExtent(int in, int kernel, int stride, Padding padding) {
  if (padding == Padding::kSymmetric) {
    const int pad = (kernel - 1) / 2;
    return {(in - 1) / stride + 1, pad};  // for odd kernels, which ValidateSpec demands
  }
  const int out = (in + stride - 1) / stride;
  const int total = std::max((out - 1) * stride + kernel - in, 0);
  return {out, total / 2};
}

MapShape MapBehind(const Network& network, size_t blocks, Padding padding, int height, int width) {
  MapShape map{height, width, 3};
  const auto pass = [&](const ConvLayer& conv) {
    map = {ConvolvedExtent(map.height, conv.kernel, conv.stride, padding).out,
           ConvolvedExtent(map.width, conv.kernel, conv.stride, padding).out, conv.out_channels};
  };
  pass(network.stem);
  for (const Block& block : std::span(network.blocks).first(blocks)) {
    if (block.expand) pass(*block.expand);
    if (block.depthwise) pass(*block.depthwise);
    pass(block.project);
  }
  return map;
}

}  // namespace frond
