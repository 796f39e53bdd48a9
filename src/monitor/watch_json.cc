#include "src/monitor/watch_json.h"

#include <chrono>
#include <cmath>
#include <string>
#include <vector>

#include "src/classify/answer_json.h"

namespace frond {
namespace {

using Json = nlohmann::ordered_json;

// JSON knows no NaN.
Json Number(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }
Json Milliseconds(double ms) { return std::isfinite(ms) ? Json(RoundedMs(ms)) : Json(nullptr); }

Json LatencyJson(const WatchSnapshot::Latency& latency) {
  return {{"count", latency.count},           {"p50", Milliseconds(latency.p50)}, {"p90", Milliseconds(latency.p90)},
          {"p95", Milliseconds(latency.p95)}, {"p99", Milliseconds(latency.p99)}, {"p99.9", Milliseconds(latency.p999)},
          {"max", Milliseconds(latency.max)}};
}

Json StagesJson(const WatchSnapshot& snapshot) {
  Json stages = Json::object();
  for (size_t i = 1; i < kStages; ++i) {
    stages[std::string(StageName(static_cast<Stage>(i)))] = LatencyJson(snapshot.latency[i]);
  }
  return stages;
}

Json RequestsJson(const WatchSnapshot& snapshot) {
  Json requests = Json::object();
  for (size_t i = 0; i < kRequestOutcomes; ++i) {
    requests[std::string(RequestOutcomeName(static_cast<RequestOutcome>(i)))] = snapshot.requests[i];
  }
  return requests;
}

Json RecentJson(const std::vector<WatchSnapshot::Slice>& slices) {
  Json recent = Json::array();
  for (const WatchSnapshot::Slice& slice : slices) {
    recent.push_back({{"seconds_ago", slice.seconds_ago},
                      {"answered", slice.answered},
                      {"failed", slice.failed},
                      {"p50", Milliseconds(slice.p50)},
                      {"p95", Milliseconds(slice.p95)}});
  }
  return recent;
}

Json TasksJson(const WatchSnapshot& snapshot, const Model& model) {
  Json tasks = Json::array();
  for (size_t t = 0; t < model.tasks().size() && !snapshot.classes.empty(); ++t) {
    const Task& task = model.tasks()[t];
    Json classes = Json::array();
    for (int c = task.first; c < task.first + task.classes; ++c) {
      const auto i = static_cast<size_t>(c);
      const WatchSnapshot::Class& one = snapshot.classes[i];
      if (one.photos == 0 && !(one.expected > 0)) continue;
      classes.push_back({{"index", c},
                         {"label", model.labels().empty() ? Json(nullptr) : Json(model.labels()[i])},
                         {"photos", one.photos},
                         {"share", one.share},
                         {"expected", Number(one.expected)}});
    }
    tasks.push_back(
        {{"task", task.name}, {"estimated_accuracy", snapshot.estimated_accuracy[t]}, {"classes", classes}});
  }
  return tasks;
}

Json DriftJson(const std::vector<DriftFinding>& findings) {
  Json drift = Json::array();
  for (const DriftFinding& finding : findings) {
    drift.push_back({{"kind", finding.kind},
                     {"alarm", finding.alarm},
                     {"p_value", Number(finding.p_value)},
                     {"statistic", Number(finding.statistic)},
                     {"photos", finding.photos},
                     {"message", finding.message},
                     {"facts", FactsToJson(finding.facts)}});
    if (!finding.examples.empty()) drift.back()["examples"] = finding.examples;
  }
  return drift;
}

Json AlarmsJson(const std::vector<Alarm>& alarms) {
  Json raised = Json::array();
  for (const Alarm& alarm : alarms) {
    if (!alarm.raised()) continue;
    raised.push_back({{"kind", alarm.kind()},
                      {"model", alarm.model()},
                      {"since_ms", UnixMs(alarm.since())},
                      {"value", Number(alarm.value())},
                      {"message", alarm.message()},
                      {"facts", FactsToJson(alarm.facts())}});
    if (!alarm.examples().empty()) raised.back()["examples"] = alarm.examples();
  }
  return raised;
}

Json TextOrNull(const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); }

}  // namespace

Json FactsToJson(const std::optional<Facts>& facts) {
  if (!facts) return nullptr;
  return {{"of", facts->of},
          {"against", facts->against},
          {"direction", TextOrNull(facts->direction)},
          {"label", TextOrNull(facts->label)},
          {"here", Number(facts->here)},
          {"there", Number(facts->there)},
          {"count", facts->count}};
}

int64_t UnixMs(WallTime time) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
}

Json WatchToJson(const WatchSnapshot& snapshot, const Model& model) {
  const bool unwatched = !snapshot.drift_watched && !snapshot.drift_unwatched_why.message.empty();
  return {{"model", snapshot.model},
          {"latency_ms", LatencyJson(snapshot.latency[0])},
          {"p95_limit_ms", snapshot.p95_limit_ms},
          {"stages_ms", StagesJson(snapshot)},
          {"requests", RequestsJson(snapshot)},
          {"requests_per_s", snapshot.requests_per_s},
          {"recent", RecentJson(snapshot.recent)},
          {"photos", snapshot.photos},
          {"tasks", TasksJson(snapshot, model)},
          {"drift_watched", snapshot.drift_watched},
          {"drift_unwatched_why", unwatched ? Json(snapshot.drift_unwatched_why.message) : Json(nullptr)},
          {"drift_unwatched_code",
           unwatched ? Json(std::string(ErrorCodeName(snapshot.drift_unwatched_why.code))) : Json(nullptr)},
          {"drift", DriftJson(snapshot.drift)},
          {"alarms", AlarmsJson(snapshot.alarms)}};
}

}  // namespace frond
