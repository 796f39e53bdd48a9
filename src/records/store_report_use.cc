// How much was asked and how fast it was answered.

#include <cmath>
#include <utility>

#include "src/base/format.h"
#include "src/base/text.h"
#include "src/html/html.h"
#include "src/records/store_report_sections.h"
#include "src/records/time_chart.h"

namespace frond {
namespace {

TimeSeries QuantileOverTime(const StoreReport& report, std::string name, int style, double q) {
  TimeSeries series = {std::move(name), style, {}};
  for (const LatencyStretch& stretch : report.over_time) {
    if (stretch.total.count() == 0) continue;
    series.points.push_back({stretch.start_ms + report.stretch_ms / 2, stretch.total.Quantile(q)});
  }
  return series;
}

std::string StretchText(int64_t stretch_ms) {
  if (stretch_ms == kDayMs) return "day";
  if (stretch_ms == kHourMs) return "hour";
  return stretch_ms > kHourMs ? StrCat(stretch_ms / kHourMs, " hours") : StrCat(stretch_ms / 60'000, " minutes");
}

}  // namespace

std::string LatencyHtml(const StoreReport& report) {
  if (report.stages.total.count() == 0) return "";
  TimeChart chart = {.id = "latency-chart",
                     .title = StrCat("Milliseconds to an answer, by ", StretchText(report.stretch_ms)),
                     .series = {QuantileOverTime(report, "median", 3, 0.5), QuantileOverTime(report, "95th", 1, 0.95),
                                QuantileOverTime(report, "99th percentile", 2, 0.99)},
                     .gap_ms = 2 * report.stretch_ms,
                     .logarithmic = true,
                     .guide = kWantedMs,
                     .guide_text = StrCat(kWantedMs, " ms")};
  HtmlTable table;
  table.caption = "Milliseconds by stage";
  table.headers = {"stage", "answers", "median", "95th percentile", "99th percentile", "most"};
  const std::pair<const char*, const LatencySketch*> stages[] = {{"waiting", &report.stages.queue},
                                                                 {"decoding", &report.stages.decode},
                                                                 {"preprocessing", &report.stages.preprocess},
                                                                 {"inference", &report.stages.inference},
                                                                 {"in all", &report.stages.total}};
  for (const auto& [name, sketch] : stages) {
    if (sketch->count() == 0) continue;
    table.rows.push_back({name, StrCat(sketch->count()), Fixed(sketch->Quantile(0.5), 1),
                          Fixed(sketch->Quantile(0.95), 1), Fixed(sketch->Quantile(0.99), 1),
                          Fixed(sketch->max_ms(), 1)});
  }
  return chart.ToHtml() + table.ToHtml();
}

std::string ThroughputHtml(const StoreReport& report) {
  TimeChart chart = {.id = "throughput-chart",
                     .title = StrCat("Answers by ", StretchText(report.stretch_ms)),
                     .series = {{"answers", 1, {}}},
                     .gap_ms = 2 * report.stretch_ms,
                     .bars = true};
  const LatencyStretch* busiest = nullptr;
  for (const LatencyStretch& stretch : report.over_time) {
    chart.series[0].points.push_back({stretch.start_ms + report.stretch_ms / 2, static_cast<double>(stretch.answers)});
    if (busiest == nullptr || stretch.answers > busiest->answers) busiest = &stretch;
  }
  if (busiest == nullptr) return "";
  const double per_second = 1000.0 * static_cast<double>(busiest->answers) / static_cast<double>(report.stretch_ms);
  return StrCat(chart.ToHtml(), "<p>At most ", busiest->answers,
                " in one stretch: ", Fixed(per_second, per_second < 10 ? 2 : 0), " a second.</p>\n");
}

std::string StatusesHtml(const StoreReport& report) {
  HtmlTable models;
  models.caption = "Answers by model and version";
  models.headers = {"model", "version", "answers"};
  models.numbers_from = 2;
  for (const ModelCount& row : report.models) {
    models.rows.push_back({HtmlText(row.model), HtmlText(row.version), StrCat(row.answers)});
  }
  HtmlTable statuses;
  statuses.caption = "Answers by status";
  statuses.headers = {"status", "reason", "answers", "share"};
  statuses.numbers_from = 2;
  for (const StatusCount& row : report.statuses) {
    statuses.rows.push_back(
        {HtmlText(row.status), HtmlText(row.reason), StrCat(row.answers),
         PercentText(static_cast<double>(row.answers) / static_cast<double>(report.totals.answers))});
  }
  return models.ToHtml() + statuses.ToHtml();
}

}  // namespace frond
