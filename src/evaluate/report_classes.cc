#include <algorithm>

#include "src/base/format.h"
#include "src/base/text.h"
#include "src/evaluate/report_sections.h"
#include "src/html/svg.h"

namespace frond {
namespace {

constexpr double kWidth = 400;
constexpr double kLeft = 128;
constexpr double kRight = 24;
constexpr double kTop = 30;
constexpr double kRowHeight = 34;
constexpr double kBottom = 24;
constexpr size_t kDrawn = 40;  // classes in the chart; the table has them all
constexpr size_t kLabelColumns = 18;

// Classes that photos have or were called, the lowest F1 first.
std::vector<const ClassQuality*> WorstFirst(const Evaluation& evaluation) {
  std::vector<const ClassQuality*> classes;
  for (const ClassQuality& quality : evaluation.per_class) {
    if (quality.n > 0 || quality.predicted > 0) classes.push_back(&quality);
  }
  // Pointers are into one vector: their order is the classes'.
  std::sort(classes.begin(), classes.end(),
            [](const auto* a, const auto* b) { return a->f1 != b->f1 ? a->f1 < b->f1 : a < b; });
  return classes;
}

std::string Between(const Interval& interval) {
  return StrCat(Fixed(100 * interval.low, 1), " to ", Fixed(100 * interval.high, 1));
}

void DrawWhiskers(Svg& svg, const Axis& x, double y, const Interval& interval, std::string_view style) {
  const double low = x.At(interval.low);
  const double high = x.At(interval.high);
  svg.Line(low, y, high, y, style);
  for (const double end : {low, high}) svg.Line(end, y - 3, end, y + 3, style);
}

std::string Chart(const std::vector<const ClassQuality*>& classes, const std::string& id_suffix) {
  const size_t drawn = std::min(classes.size(), kDrawn);
  const double height = kTop + kRowHeight * static_cast<double>(drawn) + kBottom;
  const Axis x = {0, 1, kLeft, kWidth - kRight};
  Svg svg("class-dots" + id_suffix, kWidth, height, "Precision and recall of each class",
          "A row for each class, the lowest F1 first: precision as a dot and recall as a square, each with its 95 % "
          "interval. "
          "The table below has the numbers.");
  svg.Circle(kLeft + 5, 12, 4, "dot1");
  svg.Text(kLeft + 14, 16, "precision");
  svg.Square(kLeft + 85, 12, 3.5, "dot2");
  svg.Text(kLeft + 94, 16, "recall");
  for (int percent = 0; percent <= 100; percent += 25) {
    const double at = x.At(percent / 100.0);
    svg.Line(at, kTop, at, height - kBottom, "grid");
    svg.Text(at, height - 8, StrCat(percent, percent == 100 ? " %" : ""), "quiet mid");
  }
  for (size_t i = 0; i < drawn; ++i) {
    const ClassQuality& quality = *classes[i];
    const double y = kTop + kRowHeight * (static_cast<double>(i) + 0.5);
    const std::string label = Shortened(Printable(quality.label), kLabelColumns);
    svg.Text(kLeft - 8, y, label, "end");
    svg.Text(kLeft - 8, y + 13, StrCat("n = ", quality.n), "quiet end");
    if (quality.predicted > 0) {
      DrawWhiskers(svg, x, y - 6, quality.precision_interval, "line1");
      svg.Circle(x.At(quality.precision), y - 6, 4, "dot1",
                 StrCat(label, ": precision ", PercentText(quality.precision)));
    }
    if (quality.n > 0) {
      DrawWhiskers(svg, x, y + 6, quality.recall_interval, "solid2");
      svg.Square(x.At(quality.recall), y + 6, 3.5, "dot2", StrCat(label, ": recall ", PercentText(quality.recall)));
    }
  }
  const std::string cut =
      classes.size() > drawn ? StrCat(" The ", drawn, " lowest of ", classes.size(), " classes.") : "";
  return StrCat("<figure>", std::move(svg).Done(), "<figcaption>Lowest F1 first; whiskers are Wilson's 95 % intervals.",
                cut, "</figcaption></figure>\n");
}

std::string Table(const std::vector<const ClassQuality*>& classes) {
  HtmlTable table;
  table.caption = "Classes, lowest F1 first";
  table.headers = {"class", "photos", "called so", "right", "precision %", "95 %", "recall %", "95 %", "F1"};
  for (const ClassQuality* quality : classes) {
    const bool called = quality->predicted > 0;
    const bool present = quality->n > 0;
    table.rows.push_back({HtmlText(quality->label), StrCat(quality->n), StrCat(quality->predicted),
                          StrCat(quality->right), called ? Fixed(100 * quality->precision, 1) : "-",
                          called ? Between(quality->precision_interval) : "-",
                          present ? Fixed(100 * quality->recall, 1) : "-",
                          present ? Between(quality->recall_interval) : "-", Fixed(quality->f1, 3)});
  }
  return table.ToHtml();
}

}  // namespace

std::string ClassesHtml(const Evaluation& evaluation, const std::string& id_suffix) {
  const std::vector<const ClassQuality*> classes = WorstFirst(evaluation);
  if (classes.empty()) return "";
  return StrCat(
      "<p>Precision: of the photos called so, the share that are. Recall: of the photos that are, the share "
      "called so.</p>\n",
      Chart(classes, id_suffix), Table(classes));
}

}  // namespace frond
