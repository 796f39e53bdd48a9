#include "src/html/svg.h"

#include <algorithm>
#include <cmath>
#include <initializer_list>

#include "src/base/format.h"
#include "src/base/text.h"
#include "src/html/html.h"

namespace frond {
namespace {

// A tenth of a unit is below what a screen shows.
std::string Number(double value) { return Fixed(value, 1); }

std::string Attribute(std::string_view name, double value) { return StrCat(" ", name, "=\"", Number(value), "\""); }

std::string Class(std::string_view style) { return style.empty() ? "" : StrCat(" class=\"", style, "\""); }

bool Finite(std::initializer_list<double> values) {
  return std::all_of(values.begin(), values.end(), [](double value) { return std::isfinite(value); });
}

}  // namespace

Svg::Svg(std::string_view id, double width, double height, std::string_view title, std::string_view description)
    : out_(StrCat("<svg viewBox=\"0 0 ", Number(width), " ", Number(height), "\" role=\"img\" aria-labelledby=\"", id,
                  "-t ", id, "-d\"><title id=\"", id, "-t\">", HtmlText(title), "</title><desc id=\"", id, "-d\">",
                  HtmlText(description), "</desc>\n")) {}

void Svg::Shape(std::string_view shape, std::string_view name, std::string_view title) {
  out_ += shape;
  out_ += title.empty() ? std::string("/>\n") : StrCat("><title>", HtmlText(title), "</title></", name, ">\n");
}

void Svg::Line(double x1, double y1, double x2, double y2, std::string_view style) {
  if (!Finite({x1, y1, x2, y2})) return;
  Shape(
      StrCat("<line", Attribute("x1", x1), Attribute("y1", y1), Attribute("x2", x2), Attribute("y2", y2), Class(style)),
      "line", "");
}

void Svg::Polyline(const std::vector<std::pair<double, double>>& points, std::string_view style) {
  std::string part;
  size_t count = 0;
  const auto end = [&] {
    if (count > 1) Shape(StrCat("<polyline points=\"", part, "\"", Class(style)), "polyline", "");
    part.clear();
    count = 0;
  };
  for (const auto& [x, y] : points) {
    if (!Finite({x, y})) {
      end();
      continue;
    }
    part += StrCat(count == 0 ? "" : " ", Number(x), ",", Number(y));
    ++count;
  }
  end();
}

void Svg::Circle(double x, double y, double radius, std::string_view style, std::string_view title) {
  if (!Finite({x, y, radius})) return;
  Shape(StrCat("<circle", Attribute("cx", x), Attribute("cy", y), Attribute("r", radius), Class(style)), "circle",
        title);
}

void Svg::Square(double x, double y, double half, std::string_view style, std::string_view title) {
  Rect(x - half, y - half, 2 * half, 2 * half, style, title);
}

void Svg::Rect(double x, double y, double width, double height, std::string_view style, std::string_view title) {
  if (!Finite({x, y, width, height})) return;
  Shape(StrCat("<rect", Attribute("x", x), Attribute("y", y), Attribute("width", std::max(0.0, width)),
               Attribute("height", std::max(0.0, height)), Class(style)),
        "rect", title);
}

void Svg::Text(double x, double y, std::string_view text, std::string_view style) {
  if (!Finite({x, y})) return;
  out_ += StrCat("<text", Attribute("x", x), Attribute("y", y), Class(style), ">", HtmlText(text), "</text>\n");
}

std::vector<double> RoundTicks(double low, double high, int most) {
  if (!Finite({low, high}) || !(high > low)) return {low};
  const double rough = (high - low) / std::max(1, most);
  const double power = std::pow(10, std::floor(std::log10(rough)));
  const double lead = rough / power;
  const double step = power * (lead <= 1 ? 1 : lead <= 2 ? 2 : lead <= 5 ? 5 : 10);
  constexpr double kSlack = 1e-9;  // a bound that is a tick but for rounding is that tick
  std::vector<double> ticks;
  const double first = std::floor(low / step + kSlack);
  const double last = std::ceil(high / step - kSlack);
  while (first + static_cast<double>(ticks.size()) <= last && ticks.size() < 100) {
    ticks.push_back((first + static_cast<double>(ticks.size())) * step);
  }
  return ticks;
}

std::string TickText(double value, double step) {
  const int decimals = step > 0 && std::isfinite(step) ? static_cast<int>(std::ceil(-std::log10(step) - 1e-9)) : 0;
  return Fixed(value == 0 ? 0 : value, std::clamp(decimals, 0, 9));
}

}  // namespace frond
