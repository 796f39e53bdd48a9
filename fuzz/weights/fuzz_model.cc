// libFuzzer target for the JSON that comes with weights: specs, labels and timm's
// config.json. A spec that is accepted must come back the same from its own JSON,
// and build a network.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "frond/spec.h"
#include "src/spec/network.h"
#include "src/weights/hub_config.h"
#include "src/weights/labels.h"

namespace {

void Require(bool holds) {
  if (!holds) __builtin_trap();
}

template <class T>
bool Accepted(const frond::Result<T>& result) {
  Require(result.ok() || !result.error().message.empty());
  return result.ok();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const frond::Result<frond::Spec> spec = frond::SpecFromJson(text);
  if (Accepted(spec)) {
    const frond::Result<frond::Spec> again = frond::SpecFromJson(frond::SpecToJson(*spec));
    Require(again.ok() && *again == *spec);
    Require(!frond::NetworkTensors(frond::BuildNetwork(*spec)).empty());
  }
  const auto labels = frond::ParseLabelsJson(text);
  if (Accepted(labels)) {
    const auto again = frond::ParseLabelsJson(frond::LabelsToJson(*labels));
    Require(again.ok() && *again == *labels);
  }
  const auto config = frond::ParseHubConfig(text);
  if (Accepted(config) && config->has_value()) {
    frond::Preprocessing preprocessing;
    (*config)->ApplyTo(preprocessing);
  }
  return 0;
}
