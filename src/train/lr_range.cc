#include "src/train/lr_range.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <span>

#include "src/base/format.h"
#include "src/base/write_file.h"
#include "src/html/html.h"
#include "src/html/svg.h"

namespace frond {
namespace {

constexpr double kSmoothing = 0.9;
constexpr size_t kLeastSteps = 10;

std::string Draw(const LrRange& range) {
  constexpr double kWidth = 640;
  constexpr double kHeight = 340;
  constexpr double kLeft = 56;
  constexpr double kBottom = 300;
  Svg svg("lr-range", kWidth, kHeight, "Loss over the learning rate",
          "The smoothed training loss while the learning rate grows from step to step.");
  const auto [least, most] = std::minmax_element(range.smoothed.begin(), range.smoothed.end());
  const std::vector<double> ticks = RoundTicks(*least, std::max(*most, *least + 1e-3), 6);
  const Axis y{ticks.front(), ticks.back(), kBottom, 24};
  const Axis x{std::log10(range.rates.front()), std::log10(range.rates.back()) + 1e-9, kLeft, kWidth - 16};
  for (const double tick : ticks) {
    svg.Line(x.from, y.At(tick), x.to, y.At(tick), "grid");
    svg.Text(kLeft - 6, y.At(tick) + 4, TickText(tick, ticks.size() > 1 ? ticks[1] - ticks[0] : 1), "quiet end");
  }
  for (double power = std::ceil(x.low); power <= x.high; ++power) {
    svg.Text(x.At(power), kBottom + 18, StrCat("1e", power), "quiet mid");
  }
  svg.Text((x.from + x.to) / 2, kHeight - 4, "learning rate", "quiet mid");
  std::vector<std::pair<double, double>> points;
  for (size_t i = 0; i < range.rates.size(); ++i) {
    points.emplace_back(x.At(std::log10(range.rates[i])), y.At(range.smoothed[i]));
  }
  svg.Polyline(points, "line1");
  if (const std::optional<double> rate = range.Suggested()) {
    const double at = x.At(std::log10(*rate));
    svg.Line(at, y.from, at, y.to, "axis");
    svg.Text(at, 16, StrCat("suggested: ", *rate), "mid");
  }
  return std::move(svg).Done();
}

}  // namespace

void LrRange::Add(double rate, double loss) {
  // An average of what there is: divided by the weights it has.
  const auto step = static_cast<double>(rates.size());
  const double before = smoothed.empty() ? 0 : smoothed.back() * (1 - std::pow(kSmoothing, step));
  rates.push_back(rate);
  losses.push_back(loss);
  smoothed.push_back((kSmoothing * before + (1 - kSmoothing) * loss) / (1 - std::pow(kSmoothing, step + 1)));
}

bool LrRange::exploded() const {
  if (rates.empty()) return false;
  if (!std::isfinite(smoothed.back())) return true;
  return rates.size() > kLeastSteps && smoothed.back() > 1.5 * *std::min_element(smoothed.begin(), smoothed.end());
}

std::optional<double> LrRange::Suggested() const {
  std::optional<double> rate;
  double steepest = 0;
  for (size_t i = 1; i + 1 < smoothed.size(); ++i) {
    const double slope = (smoothed[i + 1] - smoothed[i - 1]) / std::log(rates[i + 1] / rates[i - 1]);
    if (slope >= steepest) continue;
    steepest = slope;
    rate = rates[i];
  }
  return rate;
}

std::string LrRangeToJson(const LrRange& range) {
  nlohmann::ordered_json json = {
      {"suggested", nullptr}, {"rates", range.rates}, {"losses", range.losses}, {"smoothed", range.smoothed}};
  if (const std::optional<double> rate = range.Suggested()) json["suggested"] = *rate;
  return json.dump(2) + "\n";
}

Status WriteLrRange(const std::string& path, const LrRange& range) {
  if (range.rates.size() < 2) {
    return Error{ErrorCode::kInvalidArgument, StrCat("the loss was finite at ", range.rates.size(), " rates only"),
                 "give a lower --lr to begin from"};
  }
  const std::optional<double> rate = range.Suggested();
  const std::string head = rate ? StrCat("Suggested largest rate: ", *rate, ". Train with --lr ", *rate, ".")
                                : std::string("The loss never fell: the photos or the labels need a look.");
  const std::string page =
      HtmlPage("Learning-rate range test", HtmlText(head), {{"curve", "Loss over the learning rate", Draw(range)}});
  return WriteTextAtomically(path, page);
}

}  // namespace frond
