#include <algorithm>
#include <cmath>

#include "src/base/format.h"
#include "src/base/text.h"
#include "src/evaluate/report_sections.h"
#include "src/html/svg.h"

namespace frond {
namespace {

constexpr double kWidth = 400;
constexpr double kHeight = 250;
constexpr double kLeft = 44;
constexpr double kRight = 12;
constexpr double kTop = 40;
constexpr double kBottom = 40;
constexpr size_t kDottedEpochs = 30;  // with more the dots would hide the line

struct Curve {
  std::string id;
  std::string title;
  double EpochRecord::* train;
  double EpochRecord::* val;
  bool share = false;  // from 0 to 1, shown as %
};

Axis VerticalAxis(const std::vector<EpochRecord>& epochs, const Curve& curve, std::vector<double>& ticks) {
  double low = INFINITY;
  double high = -INFINITY;
  for (const EpochRecord& epoch : epochs) {
    for (const double value : {epoch.*curve.train, epoch.*curve.val}) {
      if (!std::isfinite(value)) continue;
      low = std::min(low, value);
      high = std::max(high, value);
    }
  }
  if (!(low <= high)) low = 0, high = 1;
  if (high - low < 1e-6 * std::max(1.0, std::abs(high))) low -= 0.5, high += 0.5;
  if (curve.share) low = std::max(0.0, low), high = std::min(1.0, high);
  ticks = RoundTicks(low, high, 5);
  return {ticks.front(), ticks.back(), kHeight - kBottom, kTop};
}

void DrawFrame(Svg& svg, const Axis& x, const Axis& y, const std::vector<double>& ticks, bool share) {
  const double scale = share ? 100 : 1;
  const double step = ticks.size() > 1 ? (ticks[1] - ticks[0]) * scale : 1;
  for (const double tick : ticks) {
    svg.Line(x.from, y.At(tick), x.to, y.At(tick), "grid");
    svg.Text(kLeft - 6, y.At(tick) + 4, TickText(tick * scale, step), "quiet end");
  }
  svg.Line(x.from, y.from, x.to, y.from, "axis");
  for (const double tick : RoundTicks(x.low, x.high, 6)) {
    if (tick != std::floor(tick) || tick < x.low || tick > x.high) continue;
    svg.Text(x.At(tick), kHeight - kBottom + 16, TickText(tick, 1), "quiet mid");
  }
  svg.Text((x.from + x.to) / 2, kHeight - 6, "epoch", "quiet mid");
}

void DrawLegend(Svg& svg) {
  svg.Line(kLeft, 12, kLeft + 24, 12, "line1");
  svg.Text(kLeft + 30, 16, "training");
  svg.Line(kLeft + 96, 12, kLeft + 120, 12, "line2");
  svg.Text(kLeft + 126, 16, "validation");
}

std::string Value(double value, bool share) { return share ? PercentText(value) : Fixed(value, 3); }

std::string Draw(const std::vector<EpochRecord>& epochs, const EpochRecord* best, const Curve& curve) {
  const auto text = [&](double value) { return Value(value, curve.share); };
  std::string description = StrCat("After epoch ", epochs.back().epoch, ": training ", text(epochs.back().*curve.train),
                                   ", validation ", text(epochs.back().*curve.val), ".");
  if (best != nullptr) {
    description += StrCat(" At the best epoch, ", best->epoch, ": training ", text(best->*curve.train), ", validation ",
                          text(best->*curve.val), ".");
  }
  std::vector<double> ticks;
  const Axis y = VerticalAxis(epochs, curve, ticks);
  const double first = epochs.front().epoch;
  const double last = epochs.back().epoch;
  const Axis x = {first, last > first ? last : first + 1, kLeft, kWidth - kRight};
  Svg svg(curve.id, kWidth, kHeight, curve.title + " by epoch", description);
  DrawFrame(svg, x, y, ticks, curve.share);
  DrawLegend(svg);
  if (best != nullptr) {
    const double at = x.At(best->epoch);
    svg.Line(at, kTop - 6, at, y.from, "guide");
    const bool right_half = at > (x.from + x.to) / 2;
    svg.Text(at + (right_half ? -5 : 5), kTop - 4, StrCat("best: epoch ", best->epoch),
             right_half ? "quiet end" : "quiet");
  }
  std::vector<std::pair<double, double>> train;
  std::vector<std::pair<double, double>> val;
  for (const EpochRecord& epoch : epochs) {
    train.emplace_back(x.At(epoch.epoch), y.At(epoch.*curve.train));
    val.emplace_back(x.At(epoch.epoch), y.At(epoch.*curve.val));
  }
  svg.Polyline(train, "line1");
  svg.Polyline(val, "line2");
  for (size_t i = 0; i < epochs.size() && epochs.size() <= kDottedEpochs; ++i) {
    svg.Circle(train[i].first, train[i].second, 3, "dot1",
               StrCat("epoch ", epochs[i].epoch, ", training ", text(epochs[i].*curve.train)));
    svg.Circle(val[i].first, val[i].second, 3, "dot2",
               StrCat("epoch ", epochs[i].epoch, ", validation ", text(epochs[i].*curve.val)));
  }
  return StrCat("<figure>", std::move(svg).Done(), "<figcaption>", curve.title, curve.share ? ", %" : "", ". ",
                HtmlText(description), "</figcaption></figure>\n");
}

std::string Table(const std::vector<EpochRecord>& epochs, int best_epoch) {
  HtmlTable table;
  table.caption = "Every epoch";
  table.headers = {"epoch", "learning rate", "training loss", "accuracy", "validation loss", "accuracy", "photos/s"};
  for (const auto& [task, accuracy] : epochs.front().val_accuracy_of) table.headers.push_back("validation " + task);
  for (const EpochRecord& epoch : epochs) {
    char rate[32];
    std::snprintf(rate, sizeof(rate), "%.3g", epoch.learning_rate);
    table.rows.push_back({StrCat(epoch.epoch, epoch.epoch == best_epoch ? " (best)" : ""), rate,
                          Fixed(epoch.train_loss, 4), PercentText(epoch.train_accuracy), Fixed(epoch.val_loss, 4),
                          PercentText(epoch.val_accuracy), Fixed(epoch.photos_per_s, 1)});
    for (const auto& [task, accuracy] : epoch.val_accuracy_of) table.rows.back().push_back(PercentText(accuracy));
  }
  return HtmlDetails("Every epoch as a table", table.ToHtml());
}

}  // namespace

std::string CurvesHtml(const std::vector<EpochRecord>& records, int best_epoch) {
  if (records.empty()) return "";
  std::vector<EpochRecord> epochs = records;
  std::sort(epochs.begin(), epochs.end(), [](const auto& a, const auto& b) { return a.epoch < b.epoch; });
  const auto best =
      std::find_if(epochs.begin(), epochs.end(), [&](const EpochRecord& epoch) { return epoch.epoch == best_epoch; });
  const EpochRecord* marked = best == epochs.end() ? nullptr : &*best;
  return StrCat(
      "<div class=\"charts\">\n",
      Draw(epochs, marked, {"loss", "Loss", &EpochRecord::train_loss, &EpochRecord::val_loss, false}),
      Draw(epochs, marked, {"accuracy", "Accuracy", &EpochRecord::train_accuracy, &EpochRecord::val_accuracy, true}),
      "</div>\n", Table(epochs, best_epoch));
}

}  // namespace frond
