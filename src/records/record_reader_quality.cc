// What RecordReader says of classes, confidences and whether they are right.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <map>
#include <utility>

#include "src/base/format.h"
#include "src/records/record_reader.h"

namespace frond {
namespace {

constexpr double kZ = 1.959963984540054;  // the normal's 97.5 % quantile

// Feedback on answers that the store has or had, the last of each answer and task.
constexpr const char* kJudged =
    " FROM (SELECT *, answered_ms AS judged_ms, max(id) FROM feedback WHERE predicted IS NOT NULL "
    "GROUP BY answer_id, task) WHERE judged_ms >= ?1 AND judged_ms < ?2 AND";

constexpr const char* kPredicted = " FROM answers a JOIN predictions p ON p.answer_id = a.id WHERE";

PhotoDay::Moments MomentsOf(int64_t n, double sum, double squares) {
  if (n == 0) return {std::nan(""), std::nan("")};
  const double mean = sum / static_cast<double>(n);
  return {mean, std::sqrt(std::max(0.0, squares / static_cast<double>(n) - mean * mean))};
}

}  // namespace

Result<std::vector<ClassCount>> RecordReader::ClassMix(const RecordFilter& filter) const {
  FROND_ASSIGN(SqlStatement rows,
               Ask(StrCat("SELECT a.unix_ms, p.task, p.label", kPredicted, kInTime, kOfModel), filter));
  std::map<std::pair<int64_t, std::string>, std::map<std::string, int64_t>> counts;
  while (true) {
    FROND_ASSIGN(const bool row, rows.Step());
    if (!row) break;
    ++counts[{DayOf(rows.Int(0)), rows.Text(1)}][rows.Text(2)];
  }
  std::vector<ClassCount> mix;
  for (const auto& [where, labels] : counts) {
    const size_t first = mix.size();
    for (const auto& [label, n] : labels) mix.push_back({where.first, where.second, label, n});
    std::sort(mix.begin() + static_cast<std::ptrdiff_t>(first), mix.end(),
              [](const ClassCount& a, const ClassCount& b) {
                return a.answers != b.answers ? a.answers > b.answers : a.label < b.label;
              });
  }
  return mix;
}

Result<std::vector<ConfidenceHistogram>> RecordReader::Confidences(const RecordFilter& filter) const {
  FROND_ASSIGN(SqlStatement rows,
               Ask(StrCat("SELECT p.task, min(19, CAST(p.confidence * 20 AS INTEGER)) AS bin, count(*)", kPredicted,
                          kInTime, kOfModel, "AND p.confidence BETWEEN 0 AND 1 GROUP BY p.task, bin"),
                   filter));
  std::map<std::string, ConfidenceHistogram> tasks;
  while (true) {
    FROND_ASSIGN(const bool row, rows.Step());
    if (!row) break;
    ConfidenceHistogram& histogram = tasks[rows.Text(0)];
    histogram.task = rows.Text(0);
    histogram.bins[static_cast<size_t>(rows.Int(1))] += rows.Int(2);
  }
  std::vector<ConfidenceHistogram> histograms;
  for (auto& [task, histogram] : tasks) histograms.push_back(std::move(histogram));
  return histograms;
}

Result<std::vector<TaskAccuracy>> RecordReader::AccuracyBy(const RecordFilter& filter, bool by_day) const {
  // Days as SQL, for times since 1970.
  const std::string day_of_answer = by_day ? "a.unix_ms / 86400000" : "0";
  const std::string day_of_judged = by_day ? "judged_ms / 86400000" : "0";
  std::map<std::pair<std::string, int64_t>, TaskAccuracy> all;
  FROND_ASSIGN(SqlStatement said, Ask(StrCat("SELECT p.task, ", day_of_answer, " AS d, count(*), sum(p.confidence), ",
                                             "sum(p.confidence * (1 - p.confidence))", kPredicted, kInTime, kOfModel,
                                             "AND p.confidence BETWEEN 0 AND 1 GROUP BY p.task, d"),
                                      filter));
  while (true) {
    FROND_ASSIGN(const bool row, said.Step());
    if (!row) break;
    TaskAccuracy& one = all[{said.Text(0), said.Int(1)}];
    one.answers = said.Int(2);
    const auto n = static_cast<double>(one.answers);
    one.estimated = said.Real(3) / n;
    const double half = kZ * std::sqrt(said.Real(4)) / n;
    one.estimated_interval = {std::max(0.0, one.estimated - half), std::min(1.0, one.estimated + half)};
  }
  FROND_ASSIGN(SqlStatement judged,
               Ask(StrCat("SELECT task, ", day_of_judged, " AS d, count(*), sum(label = predicted)", kJudged, kOfModel,
                          "GROUP BY task, d"),
                   filter));
  while (true) {
    FROND_ASSIGN(const bool row, judged.Step());
    if (!row) break;
    TaskAccuracy& one = all[{judged.Text(0), judged.Int(1)}];
    one.judged = judged.Int(2);
    one.right = judged.Int(3);
  }
  std::vector<TaskAccuracy> tasks;
  for (auto& [key, one] : all) {
    one.task = key.first;
    if (by_day) one.day = key.second;
    one.measured = WilsonInterval(one.right, one.judged);
    tasks.push_back(std::move(one));
  }
  return tasks;
}

Result<std::vector<TaskAccuracy>> RecordReader::Accuracy(const RecordFilter& filter) const {
  return AccuracyBy(filter, false);
}
Result<std::vector<TaskAccuracy>> RecordReader::AccuracyByDay(const RecordFilter& filter) const {
  return AccuracyBy(filter, true);
}

Result<std::vector<TaskAccuracy>> RecordReader::MeasuredAccuracy(const RecordFilter& filter) const {
  FROND_ASSIGN(SqlStatement rows, Ask(StrCat("SELECT task, count(*), sum(label = predicted)", kJudged, kOfModel,
                                             "GROUP BY task ORDER BY task"),
                                      filter));
  std::vector<TaskAccuracy> tasks;
  while (true) {
    FROND_ASSIGN(const bool row, rows.Step());
    if (!row) return tasks;
    TaskAccuracy& one = tasks.emplace_back();
    one.task = rows.Text(0);
    one.judged = rows.Int(1);
    one.right = rows.Int(2);
    one.measured = WilsonInterval(one.right, one.judged);
  }
}

Result<std::vector<Correction>> RecordReader::Corrections(const RecordFilter& filter, int64_t most) const {
  FROND_ASSIGN(
      SqlStatement rows,
      Ask(StrCat("SELECT task, predicted, label, count(*) AS n", kJudged, kOfModel,
                 "AND label <> predicted GROUP BY task, predicted, label ORDER BY n DESC, task, predicted, label "
                 "LIMIT ?4"),
          filter));
  rows.Bind(most);
  std::vector<Correction> corrections;
  while (true) {
    FROND_ASSIGN(const bool row, rows.Step());
    if (!row) return corrections;
    corrections.push_back({rows.Text(0), rows.Text(1), rows.Text(2), rows.Int(3)});
  }
}

Result<std::vector<PhotoDay>> RecordReader::PhotosByDay(const RecordFilter& filter) const {
  std::string columns;
  for (const char* name : {"brightness", "contrast", "colour", "sharpness"}) {
    columns += StrCat(", count(", name, "), sum(", name, "), sum(", name, " * ", name, ")");
  }
  FROND_ASSIGN(SqlStatement rows, Ask(StrCat("SELECT unix_ms / 86400000 AS d, count(*)", columns, " FROM answers WHERE",
                                             kInTime, kOfModel, "AND brightness IS NOT NULL GROUP BY d ORDER BY d"),
                                      filter));
  std::vector<PhotoDay> days;
  while (true) {
    FROND_ASSIGN(const bool row, rows.Step());
    if (!row) return days;
    PhotoDay& day = days.emplace_back();
    day.day = rows.Int(0);
    day.photos = rows.Int(1);
    int column = 2;
    for (PhotoDay::Moments* moments : {&day.brightness, &day.contrast, &day.colour, &day.sharpness}) {
      *moments = MomentsOf(rows.Int(column), rows.Real(column + 1), rows.Real(column + 2));
      column += 3;
    }
  }
}

}  // namespace frond
