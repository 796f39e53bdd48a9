#include <algorithm>
#include <cmath>

#include "frond/spec.h"
#include "src/base/format.h"
#include "src/spec/families.h"

namespace frond {

double CompoundScaling::depth() const { return std::pow(alpha, phi); }
double CompoundScaling::width() const { return std::pow(beta, phi); }
double CompoundScaling::resolution() const { return std::pow(gamma, phi); }
double CompoundScaling::cost_growth() const { return alpha * beta * beta * gamma * gamma; }

Result<Spec> Scale(const Spec& base, const CompoundScaling& scaling) {
  const std::pair<const char*, double> coefficients[] = {
      {"alpha", scaling.alpha}, {"beta", scaling.beta}, {"gamma", scaling.gamma}};
  for (const auto& [name, value] : coefficients) {
    if (!std::isfinite(value) || value <= 0) {
      return Error{ErrorCode::kInvalidArgument, StrCat(name, " is ", value),
                   "give a positive number, the paper has 1.2, 1.1, 1.15"};
    }
  }
  constexpr double kMaxPhi = 16;  // B7 is about 6
  if (!(std::abs(scaling.phi) <= kMaxPhi)) {
    return Error{ErrorCode::kInvalidArgument, StrCat("phi is ", scaling.phi), "give a number from -16 to 16"};
  }
  constexpr double kMaxFactor = 64;
  for (const double factor : {scaling.depth(), scaling.width(), scaling.resolution()}) {
    if (!(factor <= kMaxFactor)) {
      return Error{ErrorCode::kInvalidArgument, StrCat("phi ", scaling.phi, " scales by ", factor),
                   "choose a smaller phi"};
    }
  }
  Spec spec = base;
  spec.name = StrCat(base.name, "_phi", scaling.phi);
  spec.stem_channels = RoundChannels(base.stem_channels * scaling.width());
  spec.head_channels = RoundChannels(base.head_channels * scaling.width());
  for (StageSpec& stage : spec.stages) {
    stage.channels = RoundChannels(stage.channels * scaling.width());
    stage.layers = RoundLayers(stage.layers * scaling.depth());
  }
  const auto side = [&](int px) { return std::max(1, static_cast<int>(std::lround(px * scaling.resolution()))); };
  spec.preprocessing.height = side(base.preprocessing.height);
  spec.preprocessing.width = side(base.preprocessing.width);
  FROND_RETURN_IF_ERROR(ValidateSpec(spec));
  return spec;
}

}  // namespace frond
