#include "src/records/traffic_days.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <map>
#include <utility>

#include "src/base/format.h"
#include "src/monitor/traffic_key.h"

namespace frond {
namespace {

constexpr int64_t kDaysBefore = 7;

TrafficDays::Figure FigureOf(const std::vector<float>& values) {
  double count = 0;
  double sum = 0;
  double squares = 0;
  for (const float value : values) {
    if (std::isnan(value)) continue;
    ++count;
    sum += value;
    squares += static_cast<double>(value) * value;
  }
  if (count == 0) return {std::nan(""), std::nan("")};
  const double mean = sum / count;
  return {mean, std::sqrt(std::max(0.0, squares / count - mean * mean))};
}

std::vector<TrafficDays::Measure> MeasuresOf(const TrafficKey& key) {
  std::vector<TrafficDays::Measure> measures;
  const auto add = [&](std::string kind) {
    const auto training = key.training.find(kind);
    measures.push_back(
        {std::move(kind), training == key.training.end() ? std::nullopt : std::optional(training->second)});
  };
  for (size_t i = 0; i < kPhotoStatistics; ++i) {
    add(StrCat("input.", PhotoStatisticName(static_cast<PhotoStatistic>(i))));
  }
  for (const Task& task : key.basis.tasks()) {
    add(task.name.empty() ? "predictions.confidence" : StrCat("predictions.", task.name, ".confidence"));
  }
  return measures;
}

std::vector<TrafficDays::Figure> FiguresOf(const TrafficSummary& summary, size_t tasks) {
  std::vector<TrafficDays::Figure> figures;
  std::vector<float> values(summary.sample().size());
  const auto add = [&](const auto& value_of) {
    std::ranges::transform(summary.sample(), values.begin(), value_of);
    figures.push_back(FigureOf(values));
  };
  for (size_t i = 0; i < kPhotoStatistics; ++i) add([i](const ObservedPhoto& photo) { return photo.statistics[i]; });
  for (size_t t = 0; t < tasks; ++t) add([t](const ObservedPhoto& photo) { return photo.classes[t].confidence; });
  return figures;
}

// Beside the days before it; not where either has too few photos.
void Compare(const std::map<int64_t, TrafficSummary>& summaries, const DriftBasis& basis, TrafficDays::Day& day) {
  std::vector<TrafficSummary> before;
  for (auto one = summaries.lower_bound(day.day - kDaysBefore); one->first < day.day; ++one)
    before.push_back(one->second);
  if (before.empty()) return;
  const Result<TrafficSummary> week = TrafficSummary::Merge(before);
  if (!week.ok()) return;
  Result<std::vector<DriftFinding>> findings = CompareTraffic(summaries.at(day.day), *week, basis, "week_before");
  if (!findings.ok()) return;
  day.compared = true;
  std::ranges::copy_if(*findings, std::back_inserter(day.differs), &DriftFinding::alarm);
}

}  // namespace

Result<std::vector<TrafficDays>> GatherTrafficDays(const RecordReader& reader, const RecordFilter& filter) {
  std::vector<TrafficDays> models;
  FROND_ASSIGN(const std::vector<SummaryKey> keys, reader.SummaryKeys());
  for (const SummaryKey& one : keys) {
    if (!filter.model.empty() && filter.model != one.model) continue;
    const Result<TrafficKey> key = ParseTrafficKey(one.json);
    if (!key.ok()) continue;
    // With the days that the first ones are set beside.
    RecordFilter from = filter;
    from.model = one.model;
    if (from.since_ms > 0) from.since_ms -= kDaysBefore * kDayMs;
    FROND_ASSIGN(const std::vector<DailySummary> rows, reader.Summaries(from));
    std::map<int64_t, TrafficSummary> summaries;
    for (const DailySummary& row : rows) {
      Result<TrafficSummary> summary = TrafficSummary::Parse(row.bytes, key->basis);
      if (summary.ok() && summary->photos() > 0) summaries.emplace(row.day, std::move(*summary));
    }
    TrafficDays model{.model = one.model, .measures = MeasuresOf(*key), .days = {}};
    for (const auto& [number, summary] : summaries) {
      if ((number + 1) * kDayMs <= filter.since_ms) continue;
      TrafficDays::Day& day = model.days.emplace_back();
      day.day = number;
      day.photos = summary.photos();
      day.figures = FiguresOf(summary, key->basis.tasks().size());
      Compare(summaries, key->basis, day);
    }
    if (!model.days.empty()) models.push_back(std::move(model));
  }
  return models;
}

}  // namespace frond
