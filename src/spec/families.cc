#include "src/spec/families.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace frond {
namespace {

constexpr BlockKind kMB = BlockKind::kMBConv;
constexpr BlockKind kFused = BlockKind::kFusedMBConv;

// Tan & Le 2019, table 1: kind, kernel, stride, expand, channels, layers, SE ratio.
constexpr std::array<StageSpec, 7> kB0Stages = {{{kMB, 3, 1, 1, 16, 1, 0.25},
                                                 {kMB, 3, 2, 6, 24, 2, 0.25},
                                                 {kMB, 5, 2, 6, 40, 2, 0.25},
                                                 {kMB, 3, 2, 6, 80, 3, 0.25},
                                                 {kMB, 5, 1, 6, 112, 3, 0.25},
                                                 {kMB, 5, 2, 6, 192, 4, 0.25},
                                                 {kMB, 3, 1, 6, 320, 1, 0.25}}};

// EfficientNet-Lite (tensorflow/tpu, 2020): B0 without SE, ReLU6.
constexpr std::array<StageSpec, 7> kLite0Stages = {{{kMB, 3, 1, 1, 16, 1, 0},
                                                    {kMB, 3, 2, 6, 24, 2, 0},
                                                    {kMB, 5, 2, 6, 40, 2, 0},
                                                    {kMB, 3, 2, 6, 80, 3, 0},
                                                    {kMB, 5, 1, 6, 112, 3, 0},
                                                    {kMB, 5, 2, 6, 192, 4, 0},
                                                    {kMB, 3, 1, 6, 320, 1, 0}}};

// Tan & Le 2021, section 3 and google/automl's effnetv2_configs.
constexpr std::array<StageSpec, 6> kV2B0Stages = {{{kFused, 3, 1, 1, 16, 1, 0},
                                                   {kFused, 3, 2, 4, 32, 2, 0},
                                                   {kFused, 3, 2, 4, 48, 2, 0},
                                                   {kMB, 3, 2, 4, 96, 3, 0.25},
                                                   {kMB, 3, 1, 6, 112, 5, 0.25},
                                                   {kMB, 3, 2, 6, 192, 8, 0.25}}};
constexpr std::array<StageSpec, 6> kV2SStages = {{{kFused, 3, 1, 1, 24, 2, 0},
                                                  {kFused, 3, 2, 4, 48, 4, 0},
                                                  {kFused, 3, 2, 4, 64, 4, 0},
                                                  {kMB, 3, 2, 4, 128, 6, 0.25},
                                                  {kMB, 3, 1, 6, 160, 9, 0.25},
                                                  {kMB, 3, 2, 6, 256, 15, 0.25}}};
constexpr std::array<StageSpec, 7> kV2MStages = {{{kFused, 3, 1, 1, 24, 3, 0},
                                                  {kFused, 3, 2, 4, 48, 5, 0},
                                                  {kFused, 3, 2, 4, 80, 5, 0},
                                                  {kMB, 3, 2, 4, 160, 7, 0.25},
                                                  {kMB, 3, 1, 6, 176, 14, 0.25},
                                                  {kMB, 3, 2, 6, 304, 18, 0.25},
                                                  {kMB, 3, 1, 6, 512, 5, 0.25}}};
constexpr std::array<StageSpec, 7> kV2LStages = {{{kFused, 3, 1, 1, 32, 4, 0},
                                                  {kFused, 3, 2, 4, 64, 7, 0},
                                                  {kFused, 3, 2, 4, 96, 7, 0},
                                                  {kMB, 3, 2, 4, 192, 10, 0.25},
                                                  {kMB, 3, 1, 6, 224, 19, 0.25},
                                                  {kMB, 3, 2, 6, 384, 25, 0.25},
                                                  {kMB, 3, 1, 6, 640, 7, 0.25}}};
constexpr std::array<StageSpec, 7> kV2XLStages = {{{kFused, 3, 1, 1, 32, 4, 0},
                                                   {kFused, 3, 2, 4, 64, 8, 0},
                                                   {kFused, 3, 2, 4, 96, 8, 0},
                                                   {kMB, 3, 2, 4, 192, 16, 0.25},
                                                   {kMB, 3, 1, 6, 256, 24, 0.25},
                                                   {kMB, 3, 2, 6, 512, 32, 0.25},
                                                   {kMB, 3, 1, 6, 640, 8, 0.25}}};

// In the order of BaseId: stages, stem, head, activation, fixed ends, may lose channels.
constexpr std::array<BaseNetwork, 7> kBases = {{{kB0Stages, 32, 1280, Activation::kSwish, false, false},
                                                {kLite0Stages, 32, 1280, Activation::kRelu6, true, false},
                                                {kV2B0Stages, 32, 1280, Activation::kSwish, false, true},
                                                {kV2SStages, 24, 1280, Activation::kSwish, false, false},
                                                {kV2MStages, 24, 1280, Activation::kSwish, false, false},
                                                {kV2LStages, 32, 1280, Activation::kSwish, false, false},
                                                {kV2XLStages, 32, 1280, Activation::kSwish, false, false}}};

// name, short form, base, width, depth, resolution, crop_pct, dropout
constexpr std::array<FamilyRow, 23> kFamilies = {{
    {"efficientnet_b0", "b0", BaseId::kB0, 1.0, 1.0, 224, 0.875, 0.2},
    {"efficientnet_b1", "b1", BaseId::kB0, 1.0, 1.1, 240, 0.882, 0.2},
    {"efficientnet_b2", "b2", BaseId::kB0, 1.1, 1.2, 260, 0.890, 0.3},
    {"efficientnet_b3", "b3", BaseId::kB0, 1.2, 1.4, 300, 0.904, 0.3},
    {"efficientnet_b4", "b4", BaseId::kB0, 1.4, 1.8, 380, 0.922, 0.4},
    {"efficientnet_b5", "b5", BaseId::kB0, 1.6, 2.2, 456, 0.934, 0.4},
    {"efficientnet_b6", "b6", BaseId::kB0, 1.8, 2.6, 528, 0.942, 0.5},
    {"efficientnet_b7", "b7", BaseId::kB0, 2.0, 3.1, 600, 0.949, 0.5},
    {"efficientnet_b8", "b8", BaseId::kB0, 2.2, 3.6, 672, 0.954, 0.5},
    {"efficientnet_l2", "l2", BaseId::kB0, 4.3, 5.3, 800, 0.960, 0.5},
    {"efficientnet_lite0", "lite0", BaseId::kLite0, 1.0, 1.0, 224, 0.875, 0.2},
    {"efficientnet_lite1", "lite1", BaseId::kLite0, 1.0, 1.1, 240, 0.882, 0.2},
    {"efficientnet_lite2", "lite2", BaseId::kLite0, 1.1, 1.2, 260, 0.890, 0.3},
    {"efficientnet_lite3", "lite3", BaseId::kLite0, 1.2, 1.4, 300, 0.904, 0.3},
    {"efficientnet_lite4", "lite4", BaseId::kLite0, 1.4, 1.8, 380, 0.922, 0.3},
    {"efficientnetv2_b0", "v2-b0", BaseId::kV2B0, 1.0, 1.0, 224, 0.875, 0.2},
    {"efficientnetv2_b1", "v2-b1", BaseId::kV2B0, 1.0, 1.1, 240, 0.882, 0.2},
    {"efficientnetv2_b2", "v2-b2", BaseId::kV2B0, 1.1, 1.2, 260, 0.890, 0.3},
    {"efficientnetv2_b3", "v2-b3", BaseId::kV2B0, 1.2, 1.4, 300, 0.904, 0.3},
    {"efficientnetv2_s", "v2-s", BaseId::kV2S, 1.0, 1.0, 384, 1.0, 0.2},
    {"efficientnetv2_m", "v2-m", BaseId::kV2M, 1.0, 1.0, 480, 1.0, 0.3},
    {"efficientnetv2_l", "v2-l", BaseId::kV2L, 1.0, 1.0, 480, 1.0, 0.4},
    {"efficientnetv2_xl", "v2-xl", BaseId::kV2XL, 1.0, 1.0, 512, 1.0, 0.4},
}};

}  // namespace

std::span<const FamilyRow> Families() { return kFamilies; }

const BaseNetwork& Base(BaseId id) { return kBases[static_cast<size_t>(id)]; }

int RoundChannels(double channels, bool may_lose_channels) {
  constexpr int kDivisor = 8;
  const int rounded = std::max(kDivisor, static_cast<int>(channels + kDivisor / 2.0) / kDivisor * kDivisor);
  const double least = may_lose_channels ? 0.0 : 0.9 * channels;
  return rounded < least ? rounded + kDivisor : rounded;
}

int RoundLayers(double layers) { return static_cast<int>(std::ceil(layers)); }

Spec ScaledSpec(const FamilyRow& row) {
  const BaseNetwork& base = Base(row.base);
  const auto scaled = [&](int channels) { return RoundChannels(channels * row.width, base.may_lose_channels); };
  Spec spec;
  spec.name = row.name;
  spec.activation = base.activation;
  spec.stem_channels = base.fixed_ends ? base.stem_channels : scaled(base.stem_channels);
  spec.head_channels = base.fixed_ends ? base.head_channels : scaled(base.head_channels);
  spec.dropout = row.dropout;
  spec.stages.assign(base.stages.begin(), base.stages.end());
  for (StageSpec& stage : spec.stages) {
    const bool end = &stage == &spec.stages.front() || &stage == &spec.stages.back();
    stage.channels = scaled(stage.channels);
    if (!(base.fixed_ends && end)) stage.layers = RoundLayers(stage.layers * row.depth);
  }
  spec.preprocessing.height = spec.preprocessing.width = row.resolution;
  spec.preprocessing.crop_pct = row.crop_pct;
  return spec;
}

}  // namespace frond
