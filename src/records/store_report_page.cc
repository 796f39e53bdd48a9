#include <algorithm>
#include <cmath>
#include <utility>

#include "src/base/format.h"
#include "src/base/text.h"
#include "src/base/utc_time.h"
#include "src/html/html.h"
#include "src/records/store_report_sections.h"

namespace frond {
namespace {

constexpr size_t kShownEvents = 200;

std::string Card(std::string_view name, std::string_view value, std::string_view note) {
  return StrCat("<div><dt>", HtmlText(name), "</dt><dd><strong>", HtmlText(value), "</strong><span class=\"soft\">",
                HtmlText(note), "</span></dd></div>");
}

std::string PercentRange(const Interval& interval) {
  return StrCat("95 %: ", Fixed(100 * interval.low, 1), " to ", Fixed(100 * interval.high, 1));
}

std::string Head(const StoreReport& report) {
  const RecordFilter& filter = report.filter;
  std::string about =
      StrCat("Answers from ", UtcTimeText(*report.totals.first_ms), " to ", UtcTimeText(*report.totals.last_ms));
  if (!filter.model.empty()) about += StrCat(" of the model ", filter.model);
  std::string cards = Card("Answers", StrCat(report.totals.answers), StrCat(report.totals.feedback, " with feedback"));
  if (report.stages.total.count() > 0) {
    const double p95 = report.stages.total.Quantile(0.95);
    cards += Card("95th percentile", StrCat(Fixed(p95, p95 < 10 ? 1 : 0), " ms"),
                  StrCat(p95 <= kWantedMs ? "within " : "over ", kWantedMs, " ms"));
  }
  // Of several tasks the one with the least, so that no card promises more than holds for all.
  const auto measured = [](const TaskAccuracy& task) {
    return task.judged > 0 ? static_cast<double>(task.right) / static_cast<double>(task.judged) : INFINITY;
  };
  const auto least = std::ranges::min_element(report.accuracy, {}, measured);
  if (least != report.accuracy.end() && least->judged > 0) {
    cards += Card(least->task.empty() ? "Right by feedback" : StrCat(least->task, " right"),
                  PercentText(measured(*least)), PercentRange(least->measured));
  }
  const auto estimated = [](const TaskAccuracy& task) { return task.answers > 0 ? task.estimated : INFINITY; };
  const auto lowest = std::ranges::min_element(report.accuracy, {}, estimated);
  if (lowest != report.accuracy.end() && lowest->answers > 0) {
    cards += Card(lowest->task.empty() ? "Right by its confidence" : StrCat(lowest->task, " by confidence"),
                  PercentText(lowest->estimated), PercentRange(lowest->estimated_interval));
  }
  const auto raised = std::ranges::count_if(report.events, [](const EventRecord& event) { return event.raised; });
  cards += Card("Alarms", StrCat(raised), raised == 0 ? "none raised" : "below");
  return StrCat("<p>", HtmlText(about), ". Times are UTC.</p>\n<dl class=\"cards\">", cards, "</dl>\n");
}

}  // namespace

std::string AlarmsHtml(const StoreReport& report) {
  if (report.events.empty()) return "<p>None was raised.</p>\n";
  HtmlTable table;
  table.caption = "Newest first";
  table.headers = {"time", "alarm", "", "model", "what it says", "p-value"};
  table.numbers_from = 5;
  for (size_t i = 0; i < std::min(report.events.size(), kShownEvents); ++i) {
    const EventRecord& event = report.events[i];
    char p_value[32] = "";
    if (event.p_value) std::snprintf(p_value, sizeof(p_value), "%.2g", *event.p_value);
    table.rows.push_back({UtcTimeText(event.unix_ms), HtmlText(event.kind),
                          event.raised ? "<strong>raised</strong>" : "cleared", HtmlText(event.model),
                          HtmlText(event.message), p_value});
  }
  std::string html = table.ToHtml();
  if (report.events.size() > kShownEvents) {
    html += StrCat("<p>", report.events.size() - kShownEvents, " older ones are left out; --json has them.</p>\n");
  }
  html += ExamplesHtml(report);
  return html;
}

std::string StoreReportToHtml(const StoreReport& report) {
  std::vector<HtmlSection> sections;
  const auto add = [&](const char* id, const char* title, std::string body) {
    if (!body.empty()) sections.push_back({id, title, std::move(body)});
  };
  add("alarms", "Alarms", AlarmsHtml(report));
  add("latency", "Latency", LatencyHtml(report));
  add("throughput", "Throughput", ThroughputHtml(report));
  add("accuracy", "Accuracy", AccuracyHtml(report));
  add("confidence", "Confidence", ConfidencesHtml(report));
  add("classes", "Classes over time", ClassMixHtml(report));
  add("drift", "Drift of the photos", DriftHtml(report));
  add("days", "Photos from day to day", TrafficDaysHtml(report));
  add("answers", "Models and refusals", StatusesHtml(report));
  const std::string name = report.store.substr(report.store.rfind('/') + 1);
  return HtmlPage(StrCat("What ", name, " recorded"), Head(report), sections);
}

}  // namespace frond
