#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <utility>

#include "src/base/utc_time.h"
#include "src/records/store_report.h"

namespace frond {
namespace {

using Json = nlohmann::ordered_json;

Json Real(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }
Json Rounded(double value) { return Real(std::round(value * 1e4) / 1e4); }
Json Time(const std::optional<int64_t>& unix_ms) { return unix_ms ? Json(UtcTimeText(*unix_ms)) : Json(nullptr); }
Json Bounds(const Interval& interval) { return {Rounded(interval.low), Rounded(interval.high)}; }

Json Quantiles(const LatencySketch& sketch) {
  return {{"n", sketch.count()},
          {"p50", Rounded(sketch.Quantile(0.5))},
          {"p95", Rounded(sketch.Quantile(0.95))},
          {"p99", Rounded(sketch.Quantile(0.99))},
          {"max", Rounded(sketch.count() == 0 ? std::nan("") : sketch.max_ms())}};
}

Json Accuracy(const TaskAccuracy& task) {
  Json json = {{"task", task.task}};
  if (task.day) json["day"] = UtcDayText(*task.day);
  const double share = static_cast<double>(task.right) / static_cast<double>(task.judged);  // of nothing: NaN
  json["measured"] = {
      {"n", task.judged}, {"right", task.right}, {"share", Rounded(share)}, {"interval", Bounds(task.measured)}};
  json["estimated"] = {{"n", task.answers},
                       {"share", Rounded(task.answers > 0 ? task.estimated : std::nan(""))},
                       {"interval", Bounds(task.estimated_interval)}};
  return json;
}

Json Moments(const PhotoDay::Moments& moments) {
  return {{"mean", Rounded(moments.mean)}, {"deviation", Rounded(moments.deviation)}};
}

Json TrafficDay(const TrafficDays& model, const TrafficDays::Day& day) {
  Json figures = Json::object();
  for (size_t i = 0; i < model.measures.size(); ++i) {
    figures[model.measures[i].kind] = {{"mean", Rounded(day.figures[i].mean)},
                                       {"deviation", Rounded(day.figures[i].deviation)}};
  }
  Json differs = day.compared ? Json::array() : Json(nullptr);
  for (const DriftFinding& finding : day.differs) {
    differs.push_back({{"kind", finding.kind}, {"p_value", Real(finding.p_value)}, {"message", finding.message}});
  }
  return {{"day", UtcDayText(day.day)}, {"photos", day.photos}, {"figures", figures}, {"differs", differs}};
}

Json Traffic(const TrafficDays& model) {
  Json training = Json::object();
  for (const TrafficDays::Measure& measure : model.measures) {
    training[measure.kind] = measure.training ? Rounded(*measure.training) : Json(nullptr);
  }
  Json days = Json::array();
  for (const TrafficDays::Day& day : model.days) days.push_back(TrafficDay(model, day));
  return {{"model", model.model}, {"training", training}, {"days", days}};
}

template <class Row, class ToJson>
Json List(const std::vector<Row>& rows, ToJson to_json) {
  Json list = Json::array();
  for (const Row& row : rows) list.push_back(to_json(row));
  return list;
}

}  // namespace

std::string StoreReportToJson(const StoreReport& report) {
  const RecordFilter& filter = report.filter;
  Json json = {{"store", report.store}};
  json["since"] = filter.since_ms == std::numeric_limits<int64_t>::min() ? Json(nullptr) : Time(filter.since_ms);
  json["model"] = filter.model.empty() ? Json(nullptr) : Json(filter.model);
  json["totals"] = {{"answers", report.totals.answers},
                    {"feedback", report.totals.feedback},
                    {"events", report.totals.events},
                    {"first", Time(report.totals.first_ms)},
                    {"last", Time(report.totals.last_ms)}};
  json["models"] = List(report.models, [](const ModelCount& row) {
    return Json{{"model", row.model}, {"version", row.version}, {"answers", row.answers}};
  });
  json["statuses"] = List(report.statuses, [](const StatusCount& row) {
    return Json{{"status", row.status}, {"reason", row.reason}, {"answers", row.answers}};
  });
  json["latency_ms"] = {{"queue", Quantiles(report.stages.queue)},
                        {"decode", Quantiles(report.stages.decode)},
                        {"preprocess", Quantiles(report.stages.preprocess)},
                        {"inference", Quantiles(report.stages.inference)},
                        {"total", Quantiles(report.stages.total)}};
  json["over_time"] = {{"stretch_s", report.stretch_ms / 1000}, {"stretches", Json::array()}};
  for (const LatencyStretch& stretch : report.over_time) {
    json["over_time"]["stretches"].push_back(
        {{"start", Time(stretch.start_ms)}, {"answers", stretch.answers}, {"total_ms", Quantiles(stretch.total)}});
  }
  json["classes"] = List(report.classes, [](const ClassCount& row) {
    return Json{{"day", UtcDayText(row.day)}, {"task", row.task}, {"label", row.label}, {"answers", row.answers}};
  });
  json["confidence"] = List(
      report.confidences, [](const ConfidenceHistogram& row) { return Json{{"task", row.task}, {"bins", row.bins}}; });
  json["accuracy"] = List(report.accuracy, Accuracy);
  json["accuracy_by_day"] = List(report.accuracy_by_day, Accuracy);
  json["corrections"] = List(report.corrections, [](const Correction& row) {
    return Json{{"task", row.task}, {"predicted", row.predicted}, {"label", row.label}, {"times", row.times}};
  });
  json["photos"] = List(report.photos, [](const PhotoDay& row) {
    return Json{
        {"day", UtcDayText(row.day)},        {"photos", row.photos},          {"brightness", Moments(row.brightness)},
        {"contrast", Moments(row.contrast)}, {"colour", Moments(row.colour)}, {"sharpness", Moments(row.sharpness)}};
  });
  json["events"] = List(report.events, [](const EventRecord& row) {
    return Json{{"time", UtcTimeText(row.unix_ms)},
                {"kind", row.kind},
                {"raised", row.raised},
                {"model", row.model},
                {"message", row.message},
                {"p_value", row.p_value ? Real(*row.p_value) : Json(nullptr)},
                {"examples", row.examples}};
  });
  json["days"] = List(report.traffic, Traffic);
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace frond
