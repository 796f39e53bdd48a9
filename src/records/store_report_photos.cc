// What the photos were like, and how that moved.

#include <algorithm>
#include <cmath>
#include <string_view>
#include <utility>

#include "src/base/format.h"
#include "src/base/text.h"
#include "src/base/utc_time.h"
#include "src/html/html.h"
#include "src/records/store_report_sections.h"
#include "src/records/time_chart.h"

namespace frond {
namespace {

// A measure as people read it: the statistics of size and shape are logarithms.
struct Reading {
  std::string_view kind;
  const char* title;
  double factor;  // of 2 to its power; 0: as it is
};

constexpr Reading kReadings[] = {
    {"input.brightness", "brightness", 0},       {"input.contrast", "contrast", 0},
    {"input.red_green", "red against green", 0}, {"input.yellow_blue", "yellow against blue", 0},
    {"input.colour", "colourfulness", 0},        {"input.sharpness", "sharpness", 0},
    {"input.size", "megapixels", 1e-6},          {"input.aspect", "width over height", 1}};

Reading ReadingOf(const std::string& kind) {
  const auto known = std::ranges::find(kReadings, kind, &Reading::kind);
  return known != std::end(kReadings) ? *known : Reading{kind, "", 0};
}

std::string MeasureChart(const TrafficDays& model, size_t number, size_t measure) {
  const auto& [kind, training] = model.measures[measure];
  const Reading reading = ReadingOf(kind);
  const auto read = [&](double value) { return reading.factor == 0 ? value : reading.factor * std::exp2(value); };
  std::string name = reading.title;
  if (name.empty()) {
    constexpr std::string_view kPrefix = "predictions.";
    name = kind.substr(kind.starts_with(kPrefix) ? kPrefix.size() : 0);  // "confidence", "disease.confidence"
  }
  TimeChart chart = {.id = StrCat("days-", number, "-", measure),
                     .title = StrCat(model.model, ": ", name, " by day, mean and standard deviation"),
                     .series = {{"mean", 1, {}}},
                     .gap_ms = 2 * kDayMs};
  if (training) {
    chart.guide = read(*training);
    chart.guide_text = StrCat("in training ", Fixed(*chart.guide, 2));
  }
  for (const TrafficDays::Day& day : model.days) {
    const auto [mean, deviation] = day.figures[measure];
    if (!std::isfinite(mean)) continue;
    chart.series[0].points.push_back(
        {day.day * kDayMs + kDayMs / 2, read(mean), Interval{read(mean - deviation), read(mean + deviation)}});
  }
  return chart.ToHtml();
}

std::string Verdict(const TrafficDays::Day& day) {
  if (!day.compared) return "too few photos, or none in the week before";
  if (day.differs.empty()) return "as in the week before";
  std::string html;
  for (const DriftFinding& finding : day.differs) {
    html += StrCat(html.empty() ? "" : "<br>", "<strong>", HtmlText(finding.message), "</strong>");
  }
  return html;
}

}  // namespace

std::string ExamplesHtml(const StoreReport& report) {
  std::string html;
  size_t shown = 0;
  for (const EventRecord& event : report.events) {
    if (event.examples.empty()) continue;
    if (++shown > kShownWithPhotos) break;
    html += StrCat("<h3>", UtcTimeText(event.unix_ms), " ", HtmlText(event.kind), "</h3>\n<p>", HtmlText(event.message),
                   ". The photos that show it most:</p>\n<ul class=\"gallery\">\n");
    for (const std::string& id : event.examples) {
      const auto thumbnail = report.thumbnails.find(id);
      const std::string name = HtmlText(id);
      const std::string picture = thumbnail == report.thumbnails.end()
                                      ? "<div class=\"gone\">not kept, or no photo</div>"
                                      : StrCat("<img alt=\"Photo ", name, "\" ", thumbnail->second, ">");
      html += StrCat("<li><figure>", picture, "<figcaption>", name, "</figcaption></figure></li>\n");
    }
    html += "</ul>\n";
  }
  return html;
}

std::string DriftHtml(const StoreReport& report) {
  std::string charts;
  const std::pair<const char*, PhotoDay::Moments PhotoDay::*> statistics[] = {{"brightness", &PhotoDay::brightness},
                                                                              {"contrast", &PhotoDay::contrast},
                                                                              {"colour", &PhotoDay::colour},
                                                                              {"sharpness", &PhotoDay::sharpness}};
  for (const auto& [name, member] : statistics) {
    TimeChart chart = {.id = StrCat("drift-", name),
                       .title = StrCat("Photos' ", name, " by day, mean and standard deviation"),
                       .series = {{"", 1, {}}},
                       .gap_ms = 2 * kDayMs};
    for (const PhotoDay& day : report.photos) {
      const PhotoDay::Moments& moments = day.*member;
      if (!std::isfinite(moments.mean)) continue;
      chart.series[0].points.push_back({day.day * kDayMs + kDayMs / 2, moments.mean,
                                        Interval{moments.mean - moments.deviation, moments.mean + moments.deviation}});
    }
    charts += chart.ToHtml();
  }
  // p-values of the drift tests, of every alarm that has one.
  TimeChart tests = {.id = "drift-p",
                     .title = "p-values of the alarms raised and cleared, below 0.0001 drawn there",
                     .series = {{"", 1, {}}},
                     .gap_ms = 2 * kHourMs,
                     .logarithmic = true};
  for (auto event = report.events.rbegin(); event != report.events.rend(); ++event) {
    if (event->p_value && *event->p_value > 0) {
      tests.series[0].points.push_back({event->unix_ms, std::max(*event->p_value, 1e-4)});
    }
  }
  charts += tests.ToHtml();
  return charts.empty() ? "" : StrCat("<div class=\"charts\">\n", charts, "</div>\n");
}

std::string TrafficDaysHtml(const StoreReport& report) {
  std::string html;
  for (size_t m = 0; m < report.traffic.size(); ++m) {
    const TrafficDays& model = report.traffic[m];
    std::string charts;
    for (size_t i = 0; i < model.measures.size(); ++i) charts += MeasureChart(model, m, i);
    HtmlTable table;
    table.caption = StrCat(model.model, ": each day beside the seven before it, newest first");
    table.headers = {"day", "photos", "what differs"};
    table.numbers_from = 3;
    for (auto day = model.days.rbegin(); day != model.days.rend(); ++day) {
      table.rows.push_back({UtcDayText(day->day), StrCat(day->photos), Verdict(*day)});
    }
    html += StrCat("<div class=\"charts\">\n", charts, "</div>\n", table.ToHtml());
  }
  if (html.empty()) return "";
  return StrCat("<p>From each day's summary, a fair sample of its photos.</p>\n", html);
}

}  // namespace frond
