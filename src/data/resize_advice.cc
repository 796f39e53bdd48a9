#include "src/data/resize_advice.h"

#include <algorithm>
#include <cmath>
#include <iomanip>
#include <sstream>

#include "src/base/format.h"

namespace frond {
namespace {

constexpr double kNearSquare = 1.15;
constexpr double kModerate = 1.5;
constexpr double kAlike = 1.25;
constexpr double kExtreme = 2.5;

// The value below which a share of the sorted values lies.
double Quantile(const std::vector<double>& sorted, double share) {
  return sorted[static_cast<size_t>(std::lround(share * static_cast<double>(sorted.size() - 1)))];
}

std::string Fixed2(double value) {
  std::ostringstream out;
  out << std::fixed << std::setprecision(2) << value;
  return std::move(out).str();
}

// What a centre crop to a square leaves out.
std::string Loss(double proportion) { return StrCat(std::lround(100 * (1 - 1 / proportion)), " %"); }

}  // namespace

ResizeAdvice AdviseResize(const std::vector<double>& width_by_height) {
  ResizeAdvice advice;
  if (width_by_height.empty()) {
    advice.reason = "no photo could be opened";
    return advice;
  }
  std::vector<double> wide = width_by_height;
  std::vector<double> longer;
  for (const double ratio : wide) longer.push_back(std::max(ratio, 1 / ratio));
  std::sort(wide.begin(), wide.end());
  std::sort(longer.begin(), longer.end());
  advice.proportions = {Quantile(longer, 0.1), Quantile(longer, 0.5), Quantile(longer, 0.9)};
  const double median = advice.proportions[1];
  const double most = advice.proportions[2];
  const double narrow = Quantile(wide, 0.1);
  const double broad = Quantile(wide, 0.9);
  const std::string range = broad / narrow < 1.02 ? StrCat("width by height is ", Fixed2(Quantile(wide, 0.5)))
                                                  : StrCat("width by height is ", Fixed2(narrow), " to ", Fixed2(broad),
                                                           " for eight in ten photos");

  if (most <= kNearSquare) {
    advice.reason = StrCat("nine in ten photos are within ", Fixed2(most),
                           " of the square, so a centre crop loses at most ", Loss(most), " of them");
  } else if (broad / narrow <= kAlike && most <= kExtreme) {
    advice.mode = ResizeMode::kSquash;
    advice.input_shape = Quantile(wide, 0.5);
    advice.reason = StrCat(range, ", so an input of that shape shows them whole and undistorted; a square one would ",
                           "stretch all alike, a centre crop would discard ", Loss(median), " of a photo");
  } else if (most <= kModerate) {
    advice.mode = ResizeMode::kSquash;
    advice.reason = StrCat(
        range, ", so a squash stretches them moderately and shows them whole; a centre crop would discard up to ",
        Loss(most));
  } else {
    advice.mode = ResizeMode::kPad;
    const std::string why = broad / narrow > kAlike ? "squashing would stretch one photo unlike another"
                                                    : StrCat("squashing would stretch them ", Fixed2(median), " times");
    advice.reason = StrCat(range, ": ", why, ", a centre crop would discard ", Loss(median), " of a typical photo (",
                           Loss(most), " of a long one); padding keeps all of it undistorted");
  }
  return advice;
}

}  // namespace frond
