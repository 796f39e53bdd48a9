// What was answered, how surely, and how often it was right.

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <utility>

#include "src/base/format.h"
#include "src/base/text.h"
#include "src/base/utc_time.h"
#include "src/html/html.h"
#include "src/html/svg.h"
#include "src/records/store_report_sections.h"
#include "src/records/time_chart.h"

namespace frond {
namespace {

constexpr size_t kColumns = 28;  // of the class mix; days beyond that are taken together
constexpr size_t kClasses = 30;  // its rows
constexpr double kFull = 0.8;    // html_style.h

std::string Named(const std::string& task, const std::string& title) {
  return task.empty() ? title : StrCat(task, ": ", title);
}

// A task's answers: class -> column -> count.
struct Mix {
  std::map<std::string, std::vector<int64_t>> classes;
  std::vector<int64_t> of_column;
};

std::string ClassTable(const std::string& task, const Mix& mix, const std::vector<std::string>& columns) {
  std::vector<std::pair<int64_t, std::string>> order;
  for (const auto& [label, counts] : mix.classes) {
    int64_t all = 0;
    for (const int64_t count : counts) all -= count;
    order.emplace_back(all, label);
  }
  std::ranges::sort(order);
  std::string html = StrCat("<div class=\"scroll\" tabindex=\"0\"><table class=\"heat\"><caption>",
                            HtmlText(Named(task, "share of the answers, %")), "</caption><thead><tr><th></th>");
  for (const std::string& column : columns)
    html += StrCat("<th scope=\"col\"><span class=\"up\">", column, "</span></th>");
  html += "</tr></thead><tbody>";
  for (size_t i = 0; i < std::min(order.size(), kClasses); ++i) {
    html += StrCat("<tr><th scope=\"row\">", HtmlText(order[i].second), "</th>");
    const std::vector<int64_t>& counts = mix.classes.at(order[i].second);
    for (size_t c = 0; c < columns.size(); ++c) {
      if (counts[c] == 0) {
        html += "<td class=\"none\">·</td>";
        continue;
      }
      const double share = static_cast<double>(counts[c]) / static_cast<double>(mix.of_column[c]);
      html += StrCat("<td class=\"g", share >= kFull ? " full" : "", "\" style=\"--v:", Fixed(share, 2), "\" title=\"",
                     counts[c], "\">", Fixed(100 * share, 0), "</td>");
    }
    html += "</tr>\n";
  }
  html += "</tbody></table></div>\n";
  if (order.size() > kClasses)
    html += StrCat("<p>", order.size() - kClasses, " classes more were answered less often.</p>\n");
  return html;
}

std::string Histogram(const ConfidenceHistogram& histogram, size_t number) {
  constexpr double kWidth = 400, kHeight = 170, kLeft = 12, kGround = 140, kTop = 24;
  const int64_t most = std::max<int64_t>(1, std::ranges::max(histogram.bins));
  const std::string title = Named(histogram.task, "answers by confidence");
  Svg svg(StrCat("confidence-chart-", number), kWidth, kHeight, title, StrCat("At most ", most, " in a twentieth."));
  const double width = (kWidth - 2 * kLeft) / static_cast<double>(histogram.bins.size());
  for (size_t i = 0; i < histogram.bins.size(); ++i) {
    const double height = (kGround - kTop) * static_cast<double>(histogram.bins[i]) / static_cast<double>(most);
    svg.Rect(kLeft + width * static_cast<double>(i) + 0.5, kGround - height, width - 1, height, "bar1",
             StrCat(5 * i, " to ", 5 * i + 5, " %: ", histogram.bins[i]));
    if (histogram.bins[i] == most) {
      svg.Text(kLeft + width * (static_cast<double>(i) + 0.5), kGround - height - 4, StrCat(most), "quiet mid");
    }
  }
  svg.Line(kLeft, kGround, kWidth - kLeft, kGround, "axis");
  for (int percent = 0; percent <= 100; percent += 20) {
    svg.Text(kLeft + (kWidth - 2 * kLeft) * percent / 100, kGround + 16, StrCat(percent), "quiet mid");
  }
  return StrCat("<figure>", std::move(svg).Done(), "<figcaption>", HtmlText(title), ", %.</figcaption></figure>\n");
}

std::string Share(double share, const Interval& interval) {
  return StrCat(PercentText(share), " (", Fixed(100 * interval.low, 1), " to ", Fixed(100 * interval.high, 1), ")");
}

}  // namespace

std::string ClassMixHtml(const StoreReport& report) {
  std::set<int64_t> days;
  for (const ClassCount& row : report.classes) days.insert(row.day);
  if (days.empty()) return "";
  const size_t per_column = (days.size() + kColumns - 1) / kColumns;
  std::map<int64_t, size_t> column_of;
  std::vector<std::string> columns;
  for (const int64_t day : days) {
    if (column_of.size() % per_column == 0) columns.push_back(UtcDayText(day));
    column_of.emplace(day, columns.size() - 1);
  }
  std::map<std::string, Mix> tasks;
  for (const ClassCount& row : report.classes) {
    Mix& mix = tasks[row.task];
    std::vector<int64_t>& counts = mix.classes[row.label];
    counts.resize(columns.size());
    mix.of_column.resize(columns.size());
    counts[column_of.at(row.day)] += row.answers;
    mix.of_column[column_of.at(row.day)] += row.answers;
  }
  std::string html;
  if (per_column > 1) html = StrCat("<p>Each column is ", per_column, " days, from the one it is named by.</p>\n");
  for (const auto& [task, mix] : tasks) html += ClassTable(task, mix, columns);
  return html;
}

std::string ConfidencesHtml(const StoreReport& report) {
  std::string html;
  for (size_t i = 0; i < report.confidences.size(); ++i) html += Histogram(report.confidences[i], i);
  return html.empty() ? "" : StrCat("<div class=\"charts\">\n", html, "</div>\n");
}

std::string AccuracyHtml(const StoreReport& report) {
  if (report.accuracy.empty()) return "";
  HtmlTable table;
  table.caption = "Share that is right, with 95 % intervals";
  table.headers = {"task", "with feedback", "measured", "answers", "estimated"};
  std::string charts;
  for (size_t t = 0; t < report.accuracy.size(); ++t) {
    const TaskAccuracy& task = report.accuracy[t];
    const double measured = static_cast<double>(task.right) / static_cast<double>(std::max<int64_t>(1, task.judged));
    table.rows.push_back({task.task.empty() ? "the model's" : HtmlText(task.task), StrCat(task.judged),
                          task.judged > 0 ? Share(measured, task.measured) : "-", StrCat(task.answers),
                          task.answers > 0 ? Share(task.estimated, task.estimated_interval) : "-"});
    TimeChart chart = {.id = StrCat("accuracy-chart-", t),
                       .title = Named(task.task, "share that is right by day, %"),
                       .series = {{"measured", 1, {}}, {"estimated", 2, {}}},
                       .gap_ms = 2 * kDayMs,
                       .share = true};
    for (const TaskAccuracy& day : report.accuracy_by_day) {
      if (day.task != task.task) continue;
      const int64_t noon = *day.day * kDayMs + kDayMs / 2;
      if (day.judged > 0) {
        const double share = static_cast<double>(day.right) / static_cast<double>(day.judged);
        chart.series[0].points.push_back({noon, share, day.measured});
      }
      if (day.answers > 0) chart.series[1].points.push_back({noon, day.estimated});
    }
    charts += chart.ToHtml();
  }
  std::string html = StrCat(
      "<p>Measured is what feedback says, the last of each answer. Estimated is the mean of the model's own "
      "confidence: as "
      "good as its calibration, and too high where the photos are no longer those it was calibrated on.</p>\n",
      table.ToHtml(), "<div class=\"charts\">\n", charts, "</div>\n");
  if (!report.corrections.empty()) {
    HtmlTable corrections;
    corrections.caption = "What was called one thing and is another";
    corrections.headers = {"task", "called", "is", "times"};
    corrections.numbers_from = 3;
    for (const Correction& row : report.corrections) {
      corrections.rows.push_back({HtmlText(row.task), HtmlText(row.predicted), HtmlText(row.label), StrCat(row.times)});
    }
    html += corrections.ToHtml();
  }
  return html;
}

}  // namespace frond
