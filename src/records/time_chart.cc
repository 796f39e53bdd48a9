#include "src/records/time_chart.h"

#include <algorithm>
#include <cmath>

#include "src/base/format.h"
#include "src/base/text.h"
#include "src/base/utc_time.h"
#include "src/html/html.h"
#include "src/html/svg.h"

namespace frond {
namespace {

constexpr double kWidth = 400;
constexpr double kHeight = 230;
constexpr double kLeft = 48;
constexpr double kRight = 12;
constexpr double kTop = 30;
constexpr double kBottom = 26;
constexpr size_t kDotted = 60;  // with more points the dots would hide the line
constexpr int64_t kHour = 3'600'000;

struct Plot {
  Axis x, y;
  bool logarithmic = false;

  double X(int64_t unix_ms) const { return x.At(static_cast<double>(unix_ms) / kHour); }
  double Y(double value) const { return y.At(logarithmic ? std::log10(value) : value); }
};

// 1, 2 and 5 times the powers of ten, from the last that is not above `low` to the first that is not below `high`; with
// many of them the powers alone.
std::vector<double> LogarithmicTicks(double low, double high) {
  std::vector<double> ticks;
  const bool few = high / low < 2000;
  double below = 0;
  for (int power = -4; power <= 9; ++power) {
    for (const int lead : {1, 2, 5}) {
      if (lead != 1 && !few) continue;
      const double tick = lead * std::pow(10, power);
      if (tick < low * (1 - 1e-9)) below = tick;
      if (tick < low * (1 - 1e-9) || (!ticks.empty() && ticks.back() >= high)) continue;
      if (ticks.empty() && tick > low && below > 0) ticks.push_back(below);
      ticks.push_back(tick);
    }
  }
  if (ticks.size() < 2) ticks = {low, high * 2};
  return ticks;
}

std::string LevelText(double value) {
  const int decimals = value >= 1 || value <= 0 ? 0 : static_cast<int>(std::ceil(-std::log10(value) - 1e-9));
  return Fixed(value, std::min(decimals, 6));
}

void DrawTimes(Svg& svg, const Plot& plot) {
  const double hours = plot.x.high - plot.x.low;
  constexpr double kYear = 24.0 * 365;
  double step = std::ceil(hours / 6 / kYear) * kYear;
  for (const double candidate : {0.25, 1.0, 3.0, 6.0, 12.0, 24.0, 48.0, 168.0, 336.0, 720.0, 2160.0}) {
    if (hours / candidate <= 6) {
      step = candidate;
      break;
    }
  }
  const auto last = static_cast<int64_t>(std::floor(plot.x.high / step));
  for (auto number = static_cast<int64_t>(std::ceil(plot.x.low / step)); number <= last; ++number) {
    const double tick = static_cast<double>(number) * step;
    const std::string time = UtcTimeText(std::llround(tick * kHour));
    svg.Line(plot.x.At(tick), plot.y.from, plot.x.At(tick), plot.y.from + 4, "axis");
    const bool at_edge = plot.x.At(tick) > plot.x.to - 8;  // half of the text would be cut
    svg.Text(at_edge ? kWidth : plot.x.At(tick), kHeight - 8, step < 24 ? time.substr(11, 5) : time.substr(5, 5),
             at_edge ? "quiet end" : "quiet mid");
  }
}

void DrawLegend(Svg& svg, const TimeChart& chart) {
  double at = kLeft;
  for (const TimeSeries& series : chart.series) {
    if (chart.bars || series.name.empty()) continue;
    svg.Line(at, 12, at + 22, 12, StrCat("line", series.style));
    svg.Text(at + 28, 16, series.name);
    at += 44 + 7 * static_cast<double>(CodePoints(series.name));
  }
}

void DrawSeries(Svg& svg, const TimeChart& chart, const Plot& plot, const TimeSeries& series) {
  std::vector<std::pair<double, double>> line;
  for (size_t i = 0; i < series.points.size(); ++i) {
    const TimePoint& point = series.points[i];
    if (i > 0 && point.unix_ms - series.points[i - 1].unix_ms > chart.gap_ms) line.emplace_back(NAN, NAN);
    const double x = plot.X(point.unix_ms);
    const double y = plot.Y(point.value);
    line.emplace_back(x, y);
    if (point.whiskers)
      svg.Line(x, plot.Y(point.whiskers->low), x, plot.Y(point.whiskers->high), StrCat("line", series.style));
    if (series.points.size() <= kDotted) {
      const std::string value = chart.share ? PercentText(point.value) : Fixed(point.value, point.value < 10 ? 2 : 0);
      svg.Circle(x, y, 2.5, series.style == 2 ? "dot2" : "dot1",
                 StrCat(UtcTimeText(point.unix_ms), " ", series.name, " ", value));
    }
  }
  svg.Polyline(line, StrCat("line", series.style));
}

void DrawBars(Svg& svg, const TimeChart& chart, const Plot& plot) {
  const double width = plot.X(chart.gap_ms / 2) - plot.X(0);
  for (const TimePoint& point : chart.series.front().points) {
    const double y = plot.Y(point.value);
    svg.Rect(plot.X(point.unix_ms) - width / 2, y, std::max(1.0, width - 0.5), plot.y.from - y, "bar1",
             StrCat(UtcTimeText(point.unix_ms), " ", Fixed(point.value, 0)));
  }
}

}  // namespace

std::string TimeChart::ToHtml() const {
  double low = guide.value_or(INFINITY);
  double high = guide.value_or(-INFINITY);
  int64_t first = INT64_MAX;
  int64_t last = INT64_MIN;
  const auto see = [&](double value) {
    if (!std::isfinite(value) || (logarithmic && value <= 0)) return;
    low = std::min(low, value);
    high = std::max(high, value);
  };
  for (const TimeSeries& one : series) {
    for (const TimePoint& point : one.points) {
      if (!std::isfinite(point.value)) continue;
      see(point.value);
      if (point.whiskers) see(point.whiskers->low), see(point.whiskers->high);
      first = std::min(first, point.unix_ms);
      last = std::max(last, point.unix_ms);
    }
  }
  if (first > last) return "";
  if (bars) low = 0;
  if (high - low < 1e-9 * std::max(1.0, std::abs(high))) high = low + (low == 0 ? 1 : std::abs(low) / 10);
  const std::vector<double> ticks = logarithmic ? LogarithmicTicks(low, high) : RoundTicks(low, high, 5);
  const int64_t margin = std::max<int64_t>(gap_ms / 2, 60'000);
  const auto scale = [&](double value) { return logarithmic ? std::log10(value) : value; };
  const Plot plot = {
      {static_cast<double>(first - margin) / kHour, static_cast<double>(last + margin) / kHour, kLeft, kWidth - kRight},
      {scale(ticks.front()), scale(ticks.back()), kHeight - kBottom, kTop},
      logarithmic};
  std::string description = StrCat(UtcTimeText(first), " to ", UtcTimeText(last), ".");
  for (const TimeSeries& one : series) {
    if (one.points.empty() || one.name.empty()) continue;
    const double value = one.points.back().value;
    description += StrCat(" ", one.name, ": last ", share ? PercentText(value) : Fixed(value, value < 10 ? 2 : 0), ".");
  }
  Svg svg(id, kWidth, kHeight, title, description);
  const double step = ticks.size() > 1 ? (ticks[1] - ticks[0]) * (share ? 100 : 1) : 1;
  for (const double tick : ticks) {
    svg.Line(plot.x.from, plot.Y(tick), plot.x.to, plot.Y(tick), "grid");
    svg.Text(kLeft - 6, plot.Y(tick) + 4, logarithmic ? LevelText(tick) : TickText(tick * (share ? 100 : 1), step),
             "quiet end");
  }
  svg.Line(plot.x.from, plot.y.from, plot.x.to, plot.y.from, "axis");
  DrawTimes(svg, plot);
  DrawLegend(svg, *this);
  if (guide) {
    svg.Line(plot.x.from, plot.Y(*guide), plot.x.to, plot.Y(*guide), "guide");
    svg.Text(plot.x.from + 4, plot.Y(*guide) - 4, guide_text, "quiet");
  }
  if (bars) {
    DrawBars(svg, *this, plot);
  } else {
    for (const TimeSeries& one : series) DrawSeries(svg, *this, plot, one);
  }
  return StrCat("<figure>", std::move(svg).Done(), "<figcaption>", HtmlText(title), ". ", HtmlText(description),
                "</figcaption></figure>\n");
}

}  // namespace frond
