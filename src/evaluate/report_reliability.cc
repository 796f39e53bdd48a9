#include <algorithm>
#include <cmath>

#include "src/base/format.h"
#include "src/base/text.h"
#include "src/evaluate/report_sections.h"
#include "src/html/svg.h"

namespace frond {
namespace {

constexpr double kWidth = 400;
constexpr double kLeft = 44;
constexpr double kRight = 12;
constexpr double kTop = 12;
constexpr double kSide = kWidth - kLeft - kRight;  // of the diagram, which is square
constexpr double kBars = 70;                       // height of the counts below it
constexpr double kGap = 40;
constexpr double kHeight = kTop + kSide + kGap + kBars + 22;

struct Bin {
  const ReliabilityBin* bin;
  double low;  // of its confidences
  double high;
  Interval accuracy;
};

std::vector<Bin> FilledBins(const Evaluation& evaluation) {
  std::vector<Bin> bins;
  const auto count = static_cast<double>(evaluation.reliability.size());
  for (size_t i = 0; i < evaluation.reliability.size(); ++i) {
    const ReliabilityBin& bin = evaluation.reliability[i];
    if (bin.n <= 0) continue;
    const auto right = static_cast<int64_t>(std::llround(bin.accuracy * static_cast<double>(bin.n)));
    const auto low = static_cast<double>(i);
    bins.push_back({&bin, low / count, (low + 1) / count, WilsonInterval(right, bin.n)});
  }
  return bins;
}

void DrawFrame(Svg& svg, const Axis& x, const Axis& y) {
  for (int percent = 0; percent <= 100; percent += 20) {
    const double share = percent / 100.0;
    svg.Line(x.from, y.At(share), x.to, y.At(share), "grid");
    svg.Text(kLeft - 6, y.At(share) + 4, StrCat(percent), "quiet end");
    svg.Text(x.At(share), kTop + kSide + 15, StrCat(percent), "quiet mid");
  }
  svg.Line(x.At(0), y.At(0), x.At(1), y.At(1), "guide");
  svg.Text(x.At(0.03), y.At(0.95), "accuracy, %", "quiet");
  svg.Text(x.At(0.5), kTop + kSide + 30, "confidence, %", "quiet mid");
}

void DrawCounts(Svg& svg, const Axis& x, const std::vector<Bin>& bins) {
  int64_t most = 1;
  for (const Bin& bin : bins) most = std::max(most, bin.bin->n);
  const double ground = kHeight - 18;
  for (const Bin& bin : bins) {
    const double height = (kBars - 14) * static_cast<double>(bin.bin->n) / static_cast<double>(most);
    svg.Rect(x.At(bin.low) + 1, ground - height, x.At(bin.high) - x.At(bin.low) - 2, height, "bar1",
             StrCat(bin.bin->n, " photos"));
    svg.Text((x.At(bin.low) + x.At(bin.high)) / 2, ground - height - 4, StrCat(bin.bin->n), "quiet mid");
  }
  svg.Line(x.from, ground, x.to, ground, "axis");
  svg.Text(x.At(0.5), kHeight - 4, "photos by confidence", "quiet mid");
}

std::string Table(const std::vector<Bin>& bins) {
  HtmlTable table;
  table.caption = "The bins of the diagram";
  table.headers = {"confidence %", "photos", "mean confidence %", "accuracy %", "95 %"};
  for (const Bin& bin : bins) {
    table.rows.push_back({StrCat(Fixed(100 * bin.low, 1), " to ", Fixed(100 * bin.high, 1)), StrCat(bin.bin->n),
                          Fixed(100 * bin.bin->confidence, 1), Fixed(100 * bin.bin->accuracy, 1),
                          StrCat(Fixed(100 * bin.accuracy.low, 1), " to ", Fixed(100 * bin.accuracy.high, 1))});
  }
  return HtmlDetails("The bins as a table", table.ToHtml());
}

}  // namespace

std::string ReliabilityHtml(const Evaluation& evaluation, const std::string& id_suffix) {
  const std::vector<Bin> bins = FilledBins(evaluation);
  if (bins.empty()) return "";
  const Axis x = {0, 1, kLeft, kWidth - kRight};
  const Axis y = {0, 1, kTop + kSide, kTop};
  double confidence = 0;
  for (const Bin& bin : bins) confidence += bin.bin->confidence * static_cast<double>(bin.bin->n);
  confidence /= static_cast<double>(std::max<int64_t>(1, evaluation.n));
  const std::string summary = StrCat("Mean confidence ", PercentText(confidence), " where ",
                                     PercentText(evaluation.top1), " are right: the model is ",
                                     std::abs(confidence - evaluation.top1) < 0.01 ? "about as sure as it should be"
                                     : confidence > evaluation.top1                ? "surer than it should be"
                                                                                   : "less sure than it could be",
                                     ". Expected calibration error ", PercentText(evaluation.ece),
                                     ", without its bias ", PercentText(evaluation.ece_debiased), ".");
  Svg svg("reliability-diagram" + id_suffix, kWidth, kHeight, "Accuracy by confidence", summary);
  DrawFrame(svg, x, y);
  std::vector<std::pair<double, double>> points;
  for (const Bin& bin : bins) {
    const double at = x.At(bin.bin->confidence);
    points.emplace_back(at, y.At(bin.bin->accuracy));
    svg.Line(at, y.At(bin.accuracy.low), at, y.At(bin.accuracy.high), "line1");
    for (const double end : {bin.accuracy.low, bin.accuracy.high})
      svg.Line(at - 3, y.At(end), at + 3, y.At(end), "line1");
  }
  for (size_t i = 0; i < bins.size(); ++i) {
    svg.Circle(points[i].first, points[i].second, 4.5, "dot1",
               StrCat(bins[i].bin->n, " photos: confidence ", PercentText(bins[i].bin->confidence), ", accuracy ",
                      PercentText(bins[i].bin->accuracy)));
  }
  DrawCounts(svg, x, bins);
  return StrCat(
      "<p>", HtmlText(summary), "</p>\n<figure>", std::move(svg).Done(),
      "<figcaption>Each dot is a bin of photos, with the 95 % interval of its accuracy. Dots on the dashed line "
      "mean that a confidence of 80 % is right four times of five; below it the model is too sure.</figcaption>"
      "</figure>\n",
      Table(bins));
}

}  // namespace frond
