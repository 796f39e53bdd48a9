#ifndef FROND_SRC_SPEC_FAMILIES_H_
#define FROND_SRC_SPEC_FAMILIES_H_

#include <span>
#include <string_view>

#include "frond/spec.h"

namespace frond {

// The published networks: a base of block arguments, and the coefficients that
// scale it. src/spec/variants.h says in which dialects each is found.

enum class BaseId { kB0, kLite0, kV2B0, kV2S, kV2M, kV2L, kV2XL };

struct BaseNetwork {
  std::span<const StageSpec> stages;
  int stem_channels;
  int head_channels;
  Activation activation;
  bool fixed_ends;         // Lite: stem and head keep their channels, first and last stage their layers
  bool may_lose_channels;  // V2-B: rounding to a multiple of 8 without the 10 % rule
};

struct FamilyRow {
  std::string_view name;   // timm's, without dialect
  std::string_view alias;  // short form
  BaseId base;
  double width;
  double depth;
  int resolution;   // px, the published evaluation size
  double crop_pct;  // timm's for that size
  double dropout;
};

std::span<const FamilyRow> Families();
const BaseNetwork& Base(BaseId id);

// Channels times width, to a multiple of 8; one step up where that would lose
// more than 10 %, unless the network allows it.
int RoundChannels(double channels, bool may_lose_channels = false);
int RoundLayers(double layers);  // upwards

// The network of a row, in TensorFlow-free neutral dialect: PyTorch's padding
// and epsilon, ImageNet's mean and deviation.
Spec ScaledSpec(const FamilyRow& row);

}  // namespace frond

#endif  // FROND_SRC_SPEC_FAMILIES_H_
