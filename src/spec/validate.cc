#include "src/spec/validate.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "frond/spec.h"
#include "src/base/format.h"
#include "src/spec/limits.h"

namespace frond {
namespace {

constexpr size_t kMaxNameBytes = 256;

Status InRange(const std::string& field, double value, double least, double most) {
  if (value >= least && value <= most) return {};  // false for NaN
  return Error{ErrorCode::kInvalidArgument, StrCat("spec: ", field, " is ", value),
               StrCat("give a value from ", least, " to ", most)};
}

Status ValidateStage(const StageSpec& stage, const std::string& where) {
  FROND_RETURN_IF_ERROR(InRange(where + "kernel", stage.kernel, 1, 7));
  if (stage.kernel % 2 == 0) {
    return Error{ErrorCode::kInvalidArgument, StrCat("spec: ", where, "kernel is ", stage.kernel), "give 1, 3, 5 or 7"};
  }
  FROND_RETURN_IF_ERROR(InRange(where + "stride", stage.stride, 1, 2));
  FROND_RETURN_IF_ERROR(InRange(where + "expand_ratio", stage.expand_ratio, 1, kMaxExpandRatio));
  FROND_RETURN_IF_ERROR(InRange(where + "channels", stage.channels, 1, kMaxChannels));
  FROND_RETURN_IF_ERROR(InRange(where + "layers", stage.layers, 1, kMaxLayersInStage));
  FROND_RETURN_IF_ERROR(InRange(where + "se_ratio", stage.se_ratio, 0, 1));
  if (stage.kind == BlockKind::kFusedMBConv && stage.se_ratio > 0) {
    return Error{ErrorCode::kUnsupported,
                 StrCat("spec: ", where, "se_ratio is ", stage.se_ratio, " in a fused_mbconv stage"),
                 "no published network has it: set it to 0 or use kind mbconv"};
  }
  return {};
}

}  // namespace

Status ValidatePreprocessing(const Preprocessing& preprocessing) {
  FROND_RETURN_IF_ERROR(InRange("preprocessing.height", preprocessing.height, 1, kMaxSide));
  FROND_RETURN_IF_ERROR(InRange("preprocessing.width", preprocessing.width, 1, kMaxSide));
  FROND_RETURN_IF_ERROR(InRange("preprocessing.crop_pct", preprocessing.crop_pct, 0.05, 1));
  for (size_t c = 0; c < 3; ++c) {
    FROND_RETURN_IF_ERROR(InRange(StrCat("preprocessing.mean[", c, "]"), preprocessing.mean[c], -255, 255));
    FROND_RETURN_IF_ERROR(InRange(StrCat("preprocessing.std[", c, "]"), preprocessing.std[c], 1e-6, 255));
  }
  return {};
}

Status ValidateSpec(const Spec& spec) {
  const bool clean = std::none_of(spec.name.begin(), spec.name.end(),
                                  [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
  if (!clean || spec.name.size() > kMaxNameBytes) {
    return Error{ErrorCode::kInvalidArgument, StrCat("spec: name is ", Quote(spec.name)),
                 StrCat("give at most ", kMaxNameBytes, " bytes without control characters")};
  }
  FROND_RETURN_IF_ERROR(InRange("stem_channels", spec.stem_channels, 1, kMaxChannels));
  FROND_RETURN_IF_ERROR(InRange("head_channels", spec.head_channels, 1, kMaxChannels));
  FROND_RETURN_IF_ERROR(InRange("num_classes", spec.num_classes, 0, kMaxClasses));
  FROND_RETURN_IF_ERROR(InRange("hidden_units", spec.hidden_units, 0, spec.num_classes > 0 ? kMaxChannels : 0));
  FROND_RETURN_IF_ERROR(InRange("bn_epsilon", spec.bn_epsilon, 1e-12, 1));
  FROND_RETURN_IF_ERROR(InRange("bn_momentum", spec.bn_momentum, 0, 1));
  FROND_RETURN_IF_ERROR(InRange("dropout", spec.dropout, 0, 0.99));
  FROND_RETURN_IF_ERROR(InRange("drop_path", spec.drop_path, 0, 0.99));
  FROND_RETURN_IF_ERROR(InRange("number of stages", static_cast<double>(spec.stages.size()), 1, kMaxStages));
  if (spec.activation == Activation::kNone) {
    return Error{ErrorCode::kInvalidArgument, "spec: activation is none", "give swish or relu6"};
  }
  int layers = 0;
  int channels = spec.stem_channels;
  for (size_t s = 0; s < spec.stages.size(); ++s) {
    const std::string where = StrCat("stages[", s, "].");
    const StageSpec& stage = spec.stages[s];
    FROND_RETURN_IF_ERROR(ValidateStage(stage, where));
    const int64_t widest_input = stage.layers > 1 ? std::max(channels, stage.channels) : channels;
    FROND_RETURN_IF_ERROR(InRange(where + "channels * expand_ratio",
                                  static_cast<double>(widest_input * stage.expand_ratio), 1, kMaxChannels));
    layers += stage.layers;
    channels = stage.channels;
  }
  FROND_RETURN_IF_ERROR(InRange("number of layers", layers, 1, kMaxLayers));
  FROND_RETURN_IF_ERROR(InRange("group_norm.channels_per_group", spec.group_norm.channels_per_group, 0, kMaxChannels));
  FROND_RETURN_IF_ERROR(InRange("group_norm.from_block", spec.group_norm.from_block, 0, layers));
  return ValidatePreprocessing(spec.preprocessing);
}

}  // namespace frond
