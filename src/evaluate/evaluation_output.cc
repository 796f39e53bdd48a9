#include <algorithm>
#include <nlohmann/json.hpp>

#include "src/base/format.h"
#include "src/base/text.h"
#include "src/evaluate/confusion.h"
#include "src/evaluate/evaluation.h"
#include "src/evaluate/json_lines.h"

namespace frond {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kLabelColumns = 32;
constexpr size_t kMatrixClasses = 12;  // a matrix of more does not fit into 80 columns
constexpr size_t kPairs = 10;

Json ToJson(const Interval& interval) { return Json::array({interval.low, interval.high}); }

// Columns under their headers: the first left, the others right.
std::string Aligned(const std::vector<std::vector<std::string>>& rows) {
  std::vector<size_t> widths(rows.front().size(), 0);
  for (const auto& row : rows) {
    for (size_t c = 0; c < row.size(); ++c) widths[c] = std::max(widths[c], CodePoints(row[c]));
  }
  std::string out;
  for (const auto& row : rows) {
    std::string line;
    for (size_t c = 0; c < row.size(); ++c) {
      const std::string pad(widths[c] - CodePoints(row[c]), ' ');
      line += c == 0 ? row[c] + pad : "  " + pad + row[c];
    }
    out += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
  }
  return out;
}

std::string Range(const Interval& interval) {
  return StrCat(Fixed(100 * interval.low, 1), " to ", Fixed(100 * interval.high, 1));
}

std::string Label(const ClassQuality& quality) { return Shortened(Printable(quality.label), kLabelColumns); }

std::string ClassTable(const Evaluation& evaluation) {
  std::vector<std::vector<std::string>> rows = {{"class", "photos", "precision %", "95 %", "recall %", "95 %", "F1"}};
  for (const ClassQuality& quality : evaluation.per_class) {
    if (quality.n == 0 && quality.predicted == 0) continue;
    const bool called = quality.predicted > 0;
    const bool shown = quality.n > 0;
    rows.push_back({Label(quality), StrCat(quality.n), called ? Fixed(100 * quality.precision, 1) : "-",
                    called ? Range(quality.precision_interval) : "-", shown ? Fixed(100 * quality.recall, 1) : "-",
                    shown ? Range(quality.recall_interval) : "-", Fixed(quality.f1, 3)});
  }
  return Aligned(rows);
}

std::string Matrix(const Evaluation& evaluation) {
  std::vector<std::vector<std::string>> rows = {{"truth \\ said"}};
  for (size_t c = 0; c < evaluation.confusion.size(); ++c) {
    rows[0].push_back(Shortened(Printable(evaluation.per_class[c].label), 8));
    std::vector<std::string>& row = rows.emplace_back(1, Label(evaluation.per_class[c]));
    for (const int64_t count : evaluation.confusion[c]) row.push_back(StrCat(count));
  }
  return Aligned(rows);
}

}  // namespace

std::string EvaluationToJson(const Evaluation& evaluation) {
  Json json = {{"n", evaluation.n},
               {"top1", evaluation.top1},
               {"top1_interval", ToJson(evaluation.top1_interval)},
               {"macro_f1", evaluation.macro_f1},
               {"nll", evaluation.nll},
               {"ece", evaluation.ece},
               {"ece_debiased", evaluation.ece_debiased},
               {"temperature", evaluation.temperature}};
  json["per_class"] = Json::array();
  for (const ClassQuality& quality : evaluation.per_class) {
    json["per_class"].push_back({{"label", quality.label},
                                 {"n", quality.n},
                                 {"predicted", quality.predicted},
                                 {"right", quality.right},
                                 {"precision", quality.precision},
                                 {"precision_interval", ToJson(quality.precision_interval)},
                                 {"recall", quality.recall},
                                 {"recall_interval", ToJson(quality.recall_interval)},
                                 {"f1", quality.f1}});
  }
  json["confusion"] = evaluation.confusion;
  json["reliability"] = Json::array();
  for (const ReliabilityBin& bin : evaluation.reliability) {
    json["reliability"].push_back({{"n", bin.n}, {"confidence", bin.confidence}, {"accuracy", bin.accuracy}});
  }
  return JsonLines(json);
}

std::string CalibrationText(const Evaluation& evaluation) {
  return StrCat("calibration error ", PercentText(evaluation.ece), " (without its bias ",
                PercentText(evaluation.ece_debiased), ")");
}

std::string EvaluationToText(const Evaluation& evaluation) {
  std::string text = StrCat(
      evaluation.task.empty() ? "" : Printable(evaluation.task) + ": ", "accuracy ", PercentText(evaluation.top1),
      " (95 %: ", Range(evaluation.top1_interval), ") of ", evaluation.n, evaluation.n == 1 ? " photo" : " photos",
      ", macro F1 ", Fixed(evaluation.macro_f1, 3), "\n", CalibrationText(evaluation), ", log loss ",
      Fixed(evaluation.nll, 3), ", temperature ", Fixed(evaluation.temperature, 2), "\n\n", ClassTable(evaluation));
  if (evaluation.confusion.size() <= kMatrixClasses) return text + "\n" + Matrix(evaluation);
  const std::vector<ConfusedPair> pairs = MostConfused(evaluation, kPairs);
  if (!pairs.empty()) text += "\nmost often confused\n";
  for (const ConfusedPair& pair : pairs) {
    text +=
        StrCat("  ", Label(evaluation.per_class[pair.truth]), " called ", Label(evaluation.per_class[pair.predicted]),
               ": ", pair.count, " of ", evaluation.per_class[pair.truth].n, "\n");
  }
  return text;
}

}  // namespace frond
