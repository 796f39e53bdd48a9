#ifndef FROND_SRC_HTML_SVG_H_
#define FROND_SRC_HTML_SVG_H_

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace frond {

// A chart inside HTML, drawn in user units from the top left; classes are those of html_style.h. What is not finite is
// not drawn.
class Svg {
 public:
  // `id` is unique in the document; title and description are what a screen reader says.
  Svg(std::string_view id, double width, double height, std::string_view title, std::string_view description);

  void Line(double x1, double y1, double x2, double y2, std::string_view style);
  void Polyline(const std::vector<std::pair<double, double>>& points, std::string_view style);
  void Circle(double x, double y, double radius, std::string_view style, std::string_view title = "");
  void Square(double x, double y, double half, std::string_view style, std::string_view title = "");
  void Rect(double x, double y, double width, double height, std::string_view style, std::string_view title = "");
  void Text(double x, double y, std::string_view text, std::string_view style = "");

  std::string Done() && { return std::move(out_) + "</svg>\n"; }

 private:
  void Shape(std::string_view shape, std::string_view name, std::string_view title);
  std::string out_;
};

// Maps values to user units.
struct Axis {
  double low = 0;
  double high = 1;
  double from = 0;  // units of low
  double to = 1;    // and of high

  double At(double value) const { return from + (value - low) / (high - low) * (to - from); }
};

// At most about `most` round values (1, 2 or 5 times a power of ten apart) that span [low, high], ends included.
std::vector<double> RoundTicks(double low, double high, int most);

// A tick with the digits that tell it from its neighbours.
std::string TickText(double value, double step);

}  // namespace frond

#endif  // FROND_SRC_HTML_SVG_H_
