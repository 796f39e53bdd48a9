#include "src/base/wilson.h"

#include <algorithm>
#include <cmath>

namespace frond {

Interval WilsonInterval(int64_t hits, int64_t of) {
  if (of <= 0) return {};
  constexpr double kZ = 1.959963984540054;  // the normal's 97.5 % quantile
  const auto n = static_cast<double>(of);
  const double share = static_cast<double>(hits) / n;
  const double scale = 1 / (1 + kZ * kZ / n);
  const double centre = scale * (share + kZ * kZ / (2 * n));
  const double half = scale * kZ * std::sqrt(share * (1 - share) / n + kZ * kZ / (4 * n * n));
  // At the ends the interval reaches 0 or 1 exactly; rounding must not leave it short of that.
  return {hits <= 0 ? 0 : std::max(0.0, centre - half), hits >= of ? 1 : std::min(1.0, centre + half)};
}

}  // namespace frond
