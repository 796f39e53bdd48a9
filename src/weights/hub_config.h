#ifndef FROND_SRC_WEIGHTS_HUB_CONFIG_H_
#define FROND_SRC_WEIGHTS_HUB_CONFIG_H_

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "frond/result.h"
#include "frond/spec.h"

namespace frond {

// What timm's config.json on the Hugging Face hub says about the weights beside it.
struct HubConfig {
  std::string architecture;  // "tf_efficientnet_b4"
  std::string tag;           // "ns_jft_in1k"; may be empty
  std::vector<std::string> labels;

  // pretrained_cfg's preprocessing; what it does not say stays as the spec has it.
  std::optional<int> height, width;  // px
  std::optional<double> crop_pct;
  std::optional<ResizeMode> mode;
  std::optional<Interpolation> interpolation;
  std::optional<std::array<double, 3>> mean, std;

  void ApplyTo(Preprocessing& preprocessing) const;
};

// A config.json's text; nothing where it is no timm config (no "architecture").
// Errors: kBadFormat for a value that cannot be used.
Result<std::optional<HubConfig>> ParseHubConfig(std::string_view text);

// The config.json in the folder of `weights_path`; nothing where there is none.
// Errors, naming the file: ParseHubConfig's; kLimit beyond 16 MiB.
Result<std::optional<HubConfig>> ReadHubConfig(const std::string& weights_path);

}  // namespace frond

#endif  // FROND_SRC_WEIGHTS_HUB_CONFIG_H_
