#include "src/spec/variants.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "src/base/format.h"
#include "src/spec/families.h"

namespace frond {
namespace {

constexpr ResizeMode kCrop = ResizeMode::kCrop;
constexpr ResizeMode kSquash = ResizeMode::kSquash;
constexpr Interpolation kBilinear = Interpolation::kBilinear;
constexpr Interpolation kBicubic = Interpolation::kBicubic;

enum class Normalisation { kImageNet, kHalf };  // ImageNet's mean and deviation; 0.5 and 0.5
constexpr Normalisation kImageNet = Normalisation::kImageNet;
constexpr Normalisation kHalf = Normalisation::kHalf;

// A published set of weights whose preprocessing or classes are its own: timm's
// pretrained tags, with the input size that timm's data config gives by default.
struct TaggedRow {
  std::string_view name;
  int size;  // px
  double crop_pct;
  ResizeMode mode;
  Interpolation interpolation;
  Normalisation normalisation;
  int num_classes;
};

// clang-format off
constexpr std::array<TaggedRow, 68> kTagged = {{
    {"efficientnet_b0.ra_in1k", 224, 0.875, kCrop, kBicubic, kImageNet, 1000},
    {"efficientnet_b0.ra4_e3600_r224_in1k", 224, 0.9, kCrop, kBicubic, kHalf, 1000},
    {"efficientnet_b1.ra4_e3600_r240_in1k", 240, 0.9, kCrop, kBicubic, kHalf, 1000},
    {"efficientnet_b1.ft_in1k", 224, 0.875, kCrop, kBicubic, kImageNet, 1000},
    {"efficientnet_b2.ra_in1k", 256, 0.875, kCrop, kBicubic, kImageNet, 1000},
    {"efficientnet_b3.ra2_in1k", 288, 0.875, kCrop, kBicubic, kImageNet, 1000},
    {"efficientnet_b4.ra2_in1k", 320, 0.875, kCrop, kBicubic, kImageNet, 1000},
    {"efficientnet_b5.sw_in12k_ft_in1k", 448, 1.0, kSquash, kBicubic, kImageNet, 1000},
    {"efficientnet_b5.sw_in12k", 416, 0.95, kCrop, kBicubic, kImageNet, 11821},
    {"efficientnet_lite0.ra_in1k", 224, 0.875, kCrop, kBicubic, kImageNet, 1000},
    {"tf_efficientnet_b0.ns_jft_in1k", 224, 0.875, kCrop, kBicubic, kImageNet, 1000},
    {"tf_efficientnet_b0.ap_in1k", 224, 0.875, kCrop, kBicubic, kHalf, 1000},
    {"tf_efficientnet_b0.aa_in1k", 224, 0.875, kCrop, kBicubic, kImageNet, 1000},
    {"tf_efficientnet_b0.in1k", 224, 0.875, kCrop, kBicubic, kImageNet, 1000},
    {"tf_efficientnet_b1.ns_jft_in1k", 240, 0.882, kCrop, kBicubic, kImageNet, 1000},
    {"tf_efficientnet_b1.ap_in1k", 240, 0.882, kCrop, kBicubic, kHalf, 1000},
    {"tf_efficientnet_b1.aa_in1k", 240, 0.882, kCrop, kBicubic, kImageNet, 1000},
    {"tf_efficientnet_b1.in1k", 240, 0.882, kCrop, kBicubic, kImageNet, 1000},
    {"tf_efficientnet_b2.ns_jft_in1k", 260, 0.89, kCrop, kBicubic, kImageNet, 1000},
    {"tf_efficientnet_b2.ap_in1k", 260, 0.89, kCrop, kBicubic, kHalf, 1000},
    {"tf_efficientnet_b2.aa_in1k", 260, 0.89, kCrop, kBicubic, kImageNet, 1000},
    {"tf_efficientnet_b2.in1k", 260, 0.89, kCrop, kBicubic, kImageNet, 1000},
    {"tf_efficientnet_b3.ns_jft_in1k", 300, 0.904, kCrop, kBicubic, kImageNet, 1000},
    {"tf_efficientnet_b3.ap_in1k", 300, 0.904, kCrop, kBicubic, kHalf, 1000},
    {"tf_efficientnet_b3.aa_in1k", 300, 0.904, kCrop, kBicubic, kImageNet, 1000},
    {"tf_efficientnet_b3.in1k", 300, 0.904, kCrop, kBicubic, kImageNet, 1000},
    {"tf_efficientnet_b4.ns_jft_in1k", 380, 0.922, kCrop, kBicubic, kImageNet, 1000},
    {"tf_efficientnet_b4.ap_in1k", 380, 0.922, kCrop, kBicubic, kHalf, 1000},
    {"tf_efficientnet_b4.aa_in1k", 380, 0.922, kCrop, kBicubic, kImageNet, 1000},
    {"tf_efficientnet_b4.in1k", 380, 0.922, kCrop, kBicubic, kImageNet, 1000},
    {"tf_efficientnet_b5.ns_jft_in1k", 456, 0.934, kCrop, kBicubic, kImageNet, 1000},
    {"tf_efficientnet_b5.ap_in1k", 456, 0.934, kCrop, kBicubic, kHalf, 1000},
    {"tf_efficientnet_b5.ra_in1k", 456, 0.934, kCrop, kBicubic, kImageNet, 1000},
    {"tf_efficientnet_b5.aa_in1k", 456, 0.934, kCrop, kBicubic, kImageNet, 1000},
    {"tf_efficientnet_b5.in1k", 456, 0.934, kCrop, kBicubic, kImageNet, 1000},
    {"tf_efficientnet_b6.ns_jft_in1k", 528, 0.942, kCrop, kBicubic, kImageNet, 1000},
    {"tf_efficientnet_b6.ap_in1k", 528, 0.942, kCrop, kBicubic, kHalf, 1000},
    {"tf_efficientnet_b6.aa_in1k", 528, 0.942, kCrop, kBicubic, kImageNet, 1000},
    {"tf_efficientnet_b7.ns_jft_in1k", 600, 0.949, kCrop, kBicubic, kImageNet, 1000},
    {"tf_efficientnet_b7.ap_in1k", 600, 0.949, kCrop, kBicubic, kHalf, 1000},
    {"tf_efficientnet_b7.ra_in1k", 600, 0.949, kCrop, kBicubic, kImageNet, 1000},
    {"tf_efficientnet_b7.aa_in1k", 600, 0.949, kCrop, kBicubic, kImageNet, 1000},
    {"tf_efficientnet_b8.ap_in1k", 672, 0.954, kCrop, kBicubic, kHalf, 1000},
    {"tf_efficientnet_b8.ra_in1k", 672, 0.954, kCrop, kBicubic, kImageNet, 1000},
    {"tf_efficientnet_l2.ns_jft_in1k_475", 475, 0.936, kCrop, kBicubic, kImageNet, 1000},
    {"tf_efficientnet_l2.ns_jft_in1k", 800, 0.96, kCrop, kBicubic, kImageNet, 1000},
    {"tf_efficientnet_lite0.in1k", 224, 0.875, kCrop, kBicubic, kHalf, 1000},
    {"tf_efficientnet_lite1.in1k", 240, 0.882, kCrop, kBicubic, kHalf, 1000},
    {"tf_efficientnet_lite2.in1k", 260, 0.89, kCrop, kBicubic, kHalf, 1000},
    {"tf_efficientnet_lite3.in1k", 300, 0.904, kCrop, kBilinear, kHalf, 1000},
    {"tf_efficientnet_lite4.in1k", 380, 0.92, kCrop, kBilinear, kHalf, 1000},
    {"tf_efficientnetv2_s.in21k_ft_in1k", 300, 1.0, kCrop, kBicubic, kHalf, 1000},
    {"tf_efficientnetv2_s.in1k", 300, 1.0, kCrop, kBicubic, kHalf, 1000},
    {"tf_efficientnetv2_s.in21k", 300, 1.0, kCrop, kBicubic, kHalf, 21843},
    {"tf_efficientnetv2_m.in21k_ft_in1k", 384, 1.0, kSquash, kBicubic, kHalf, 1000},
    {"tf_efficientnetv2_m.in1k", 384, 1.0, kSquash, kBicubic, kHalf, 1000},
    {"tf_efficientnetv2_m.in21k", 384, 1.0, kSquash, kBicubic, kHalf, 21843},
    {"tf_efficientnetv2_l.in21k_ft_in1k", 384, 1.0, kSquash, kBicubic, kHalf, 1000},
    {"tf_efficientnetv2_l.in1k", 384, 1.0, kSquash, kBicubic, kHalf, 1000},
    {"tf_efficientnetv2_l.in21k", 384, 1.0, kSquash, kBicubic, kHalf, 21843},
    {"tf_efficientnetv2_xl.in21k_ft_in1k", 384, 1.0, kSquash, kBicubic, kHalf, 1000},
    {"tf_efficientnetv2_xl.in21k", 384, 1.0, kSquash, kBicubic, kHalf, 21843},
    {"tf_efficientnetv2_b0.in1k", 192, 0.875, kCrop, kBicubic, kImageNet, 1000},
    {"tf_efficientnetv2_b1.in1k", 192, 0.882, kCrop, kBicubic, kImageNet, 1000},
    {"tf_efficientnetv2_b2.in1k", 208, 0.89, kCrop, kBicubic, kImageNet, 1000},
    {"tf_efficientnetv2_b3.in21k_ft_in1k", 240, 0.9, kSquash, kBicubic, kHalf, 1000},
    {"tf_efficientnetv2_b3.in1k", 240, 0.904, kCrop, kBicubic, kImageNet, 1000},
    {"tf_efficientnetv2_b3.in21k", 240, 0.904, kCrop, kBicubic, kHalf, 21843},
}};

// torchvision's weights: resized to resize_size, then cropped.
struct TorchvisionRow {
  std::string_view family;
  int crop_size;    // px
  int resize_size;  // px
  Interpolation interpolation;
  Normalisation normalisation;
  double bn_epsilon;
};

constexpr std::array<TorchvisionRow, 11> kTorchvision = {{
    {"efficientnet_b0", 224, 256, kBicubic, kImageNet, 1e-5},
    {"efficientnet_b1", 240, 255, kBilinear, kImageNet, 1e-5},  // IMAGENET1K_V2, torchvision's default; V1 is 256, bicubic
    {"efficientnet_b2", 288, 288, kBicubic, kImageNet, 1e-5},
    {"efficientnet_b3", 300, 320, kBicubic, kImageNet, 1e-5},
    {"efficientnet_b4", 380, 384, kBicubic, kImageNet, 1e-5},
    {"efficientnet_b5", 456, 456, kBicubic, kImageNet, 1e-3},
    {"efficientnet_b6", 528, 528, kBicubic, kImageNet, 1e-3},
    {"efficientnet_b7", 600, 600, kBicubic, kImageNet, 1e-3},
    {"efficientnetv2_s", 384, 384, kBilinear, kImageNet, 1e-3},
    {"efficientnetv2_m", 480, 480, kBilinear, kImageNet, 1e-3},
    {"efficientnetv2_l", 480, 480, kBicubic, kHalf, 1e-3},
}};
// clang-format on

void SetNormalisation(Normalisation normalisation, Preprocessing& preprocessing) {
  if (normalisation == Normalisation::kHalf) preprocessing.mean = preprocessing.std = {0.5, 0.5, 0.5};
}

bool StartsWith(std::string_view text, std::string_view prefix) { return text.substr(0, prefix.size()) == prefix; }

// Google's own preprocessing for Lite and the larger V2 networks, as timm's default tags have it.
void ApplyTensorFlow(const FamilyRow& row, Spec& spec) {
  spec.padding = Padding::kSame;
  spec.bn_epsilon = 1e-3;
  spec.bn_momentum = 0.01;
  const bool large_v2 = StartsWith(row.name, "efficientnetv2_") && row.base != BaseId::kV2B0;
  if (row.base == BaseId::kLite0 || large_v2) SetNormalisation(kHalf, spec.preprocessing);
  if (large_v2 && row.base != BaseId::kV2S) spec.preprocessing.mode = kSquash;
  if (row.alias == "lite3" || row.alias == "lite4") spec.preprocessing.interpolation = kBilinear;
  if (row.alias == "lite4") spec.preprocessing.crop_pct = 0.92;
}

void ApplyTorchvision(const TorchvisionRow& row, Spec& spec) {
  spec.bn_epsilon = row.bn_epsilon;
  spec.bn_momentum = row.bn_epsilon == 1e-3 && StartsWith(row.family, "efficientnet_") ? 0.01 : 0.1;
  spec.preprocessing.height = spec.preprocessing.width = row.crop_size;
  spec.preprocessing.crop_pct = static_cast<double>(row.crop_size) / row.resize_size;
  spec.preprocessing.interpolation = row.interpolation;
  SetNormalisation(row.normalisation, spec.preprocessing);
}

void ApplyTag(const TaggedRow& row, Spec& spec) {
  spec.num_classes = row.num_classes;
  spec.preprocessing.height = spec.preprocessing.width = row.size;
  spec.preprocessing.crop_pct = row.crop_pct;
  spec.preprocessing.mode = row.mode;
  spec.preprocessing.interpolation = row.interpolation;
  spec.preprocessing.mean = Preprocessing{}.mean;
  spec.preprocessing.std = Preprocessing{}.std;
  SetNormalisation(row.normalisation, spec.preprocessing);
}

const TorchvisionRow* FindTorchvision(std::string_view family) {
  const auto* row =
      std::find_if(kTorchvision.begin(), kTorchvision.end(), [&](const auto& r) { return r.family == family; });
  return row == kTorchvision.end() ? nullptr : row;
}

// V2-B0 to B3 were only ever published by Google; their plain name means that dialect.
bool OnlyTensorFlow(const FamilyRow& row) { return row.base == BaseId::kV2B0; }

std::optional<Spec> UntaggedSpec(std::string_view name) {
  for (const FamilyRow& row : Families()) {
    const bool plain = name == row.name || name == row.alias;
    if (name == VariantName(row.name, Dialect::kTensorFlow) || (plain && OnlyTensorFlow(row))) {
      Spec spec = ScaledSpec(row);
      spec.name = VariantName(row.name, Dialect::kTensorFlow);
      ApplyTensorFlow(row, spec);
      return spec;
    }
    if (plain) return ScaledSpec(row);
    const TorchvisionRow* torchvision = FindTorchvision(row.name);
    if (torchvision != nullptr && name == VariantName(row.name, Dialect::kTorchvision)) {
      Spec spec = ScaledSpec(row);
      spec.name = name;
      ApplyTorchvision(*torchvision, spec);
      return spec;
    }
  }
  return std::nullopt;
}

// Levenshtein's distance, for suggestions.
size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t substituted = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j - 1] + 1, row[j] + 1, substituted});
    }
  }
  return row.back();
}

std::string ClosestNames(std::string_view name) {
  std::vector<std::pair<size_t, std::string>> ranked;
  const auto rank = [&](std::string candidate) {
    const size_t distance = EditDistance(name.substr(0, 64), candidate);
    ranked.emplace_back(distance, std::move(candidate));
  };
  for (std::string& candidate : SpecNames()) rank(std::move(candidate));
  for (const FamilyRow& row : Families()) rank(std::string(row.alias));
  std::sort(ranked.begin(), ranked.end());
  return StrCat(ranked[0].second, ", ", ranked[1].second, ", ", ranked[2].second);
}

}  // namespace

std::string VariantName(std::string_view family, Dialect dialect) {
  switch (dialect) {
    case Dialect::kPlain: return std::string(family);
    case Dialect::kTensorFlow: return StrCat("tf_", family);
    case Dialect::kTorchvision: return StrCat("torchvision_", family);
  }
  return {};
}

std::vector<std::string> VariantsOf(std::string_view family) {
  std::vector<std::string> names;
  for (const FamilyRow& row : Families()) {
    if (row.name != family) continue;
    if (!OnlyTensorFlow(row)) names.push_back(VariantName(family, Dialect::kPlain));
    names.push_back(VariantName(family, Dialect::kTensorFlow));
    if (FindTorchvision(family) != nullptr) names.push_back(VariantName(family, Dialect::kTorchvision));
  }
  return names;
}

std::vector<std::string> SpecNames() {
  std::vector<std::string> names;
  for (const FamilyRow& row : Families()) {
    for (std::string& name : VariantsOf(row.name)) names.push_back(std::move(name));
  }
  return names;
}

Result<Spec> FindSpec(std::string_view name) {
  if (std::optional<Spec> spec = UntaggedSpec(name)) return *std::move(spec);
  for (const TaggedRow& row : kTagged) {
    if (row.name != name) continue;
    std::optional<Spec> spec = UntaggedSpec(name.substr(0, name.find('.')));
    if (!spec) break;
    spec->name = name;
    ApplyTag(row, *spec);
    return *std::move(spec);
  }
  return Error{ErrorCode::kNotFound, StrCat("no EfficientNet is called ", Quote(name)),
               StrCat("closest: ", ClosestNames(name), "; `frond info --list` prints all")};
}

}  // namespace frond
