// What operators and their programs ask: how the models fare, what is to be kept quiet, what an answer should have
// been.

#include <chrono>
#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

#include "src/base/format.h"
#include "src/classify/answer_json.h"
#include "src/serve/http/routes.h"
#include "src/serve/http/url.h"

namespace frond::serve {
namespace {

using Json = nlohmann::ordered_json;

constexpr int64_t kMostSilenceMinutes = 60 * 24 * 31;
constexpr size_t kMostText = 256;

// JSON knows no NaN.
Json Number(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }
Json Milliseconds(double ms) { return std::isfinite(ms) ? Json(RoundedMs(ms)) : Json(nullptr); }

int64_t UnixMs(WallTime time) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
}

Json LatencyJson(const WatchSnapshot::Latency& latency) {
  return {{"count", latency.count},           {"p50", Milliseconds(latency.p50)}, {"p90", Milliseconds(latency.p90)},
          {"p95", Milliseconds(latency.p95)}, {"p99", Milliseconds(latency.p99)}, {"p99.9", Milliseconds(latency.p999)},
          {"max", Milliseconds(latency.max)}};
}

void AddFindings(const std::vector<DriftFinding>& findings, Json& drift) {
  for (const DriftFinding& finding : findings) {
    drift.push_back({{"kind", finding.kind},
                     {"alarm", finding.alarm},
                     {"p_value", Number(finding.p_value)},
                     {"statistic", Number(finding.statistic)},
                     {"photos", finding.photos},
                     {"message", finding.message}});
  }
}

Json AlarmsJson(const std::vector<Alarm>& alarms) {
  Json raised = Json::array();
  for (const Alarm& alarm : alarms) {
    if (!alarm.raised()) continue;
    raised.push_back({{"kind", alarm.kind()},
                      {"model", alarm.model()},
                      {"since_ms", UnixMs(alarm.since())},
                      {"value", Number(alarm.value())},
                      {"message", alarm.message()}});
  }
  return raised;
}

Json ClassesJson(const Model& model, const WatchSnapshot& snapshot) {
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

Json StoreJson(const RecordStore& store) {
  const RecordStoreState state = store.state();
  Json json = {{"writing", state.writing}, {"error", nullptr},       {"committed", state.committed},
               {"dropped", state.dropped}, {"queued", state.queued}, {"bytes", state.bytes}};
  if (state.error) json["error"] = state.error->message;
  return json;
}

Response BadRequest(const std::string& message, const std::string& remedy) {
  return ErrorOf(400, {ErrorCode::kInvalidArgument, message, remedy});
}

// A JSON object's text of at most kMostText bytes; empty where it is absent or something else.
std::string TextOf(const Json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_string()) return {};
  const auto& text = found->get_ref<const std::string&>();
  return text.size() <= kMostText ? text : std::string();
}

Json BodyOf(const Request& request) {
  Json body = Json::parse(request.body, nullptr, /*allow_exceptions=*/false);
  return body.is_object() ? body : Json();
}

}  // namespace

Response MonitorDocument(const Service& service, const Request& request) {
  const std::optional<std::string> name = QueryValue(request.query, "model");
  const std::string version = QueryValue(request.query, "version").value_or("");
  const auto all = service.models->All();
  std::shared_ptr<const ServedModel> served;
  if (name) {
    served = service.models->Find(*name, version);
  } else if (!all.empty()) {
    served = all.front();
  }
  if (!served) return ErrorOf(404, {ErrorCode::kNotFound, "there is no such model", "GET /v1/models says which"});
  if (!served->watch) {
    return ErrorOf(
        409, {ErrorCode::kUnsupported, "this service does not watch its models", "start it without --no-monitor"});
  }
  const WatchSnapshot snapshot = served->watch->Snapshot(Clock::now());
  Json requests = Json::object();
  for (size_t i = 0; i < kRequestOutcomes; ++i) {
    requests[std::string(RequestOutcomeName(static_cast<RequestOutcome>(i)))] = snapshot.requests[i];
  }
  Json stages = Json::object();
  for (size_t i = 1; i < kStages; ++i)
    stages[std::string(StageName(static_cast<Stage>(i)))] = LatencyJson(snapshot.latency[i]);
  Json recent = Json::array();
  for (const WatchSnapshot::Slice& slice : snapshot.recent) {
    recent.push_back({{"seconds_ago", slice.seconds_ago},
                      {"answered", slice.answered},
                      {"failed", slice.failed},
                      {"p50", Milliseconds(slice.p50)},
                      {"p95", Milliseconds(slice.p95)}});
  }
  Json drift = Json::array();
  AddFindings(snapshot.drift, drift);
  Json events = Json::array();
  Json silences = Json::array();
  if (service.monitoring != nullptr) {
    AddFindings(service.monitoring->TrafficFindings(snapshot.model), drift);
    for (const AlarmEvent& event : service.monitoring->Events()) {
      if (event.model != snapshot.model) continue;
      events.push_back({{"raised", event.raised},
                        {"kind", event.kind},
                        {"time_ms", UnixMs(event.time)},
                        {"message", event.message}});
    }
    for (const Silence& silence : service.monitoring->Silences()) {
      if (!silence.model.empty() && silence.model != snapshot.model) continue;
      silences.push_back({{"kind", silence.kind}, {"until_ms", UnixMs(silence.until)}, {"comment", silence.comment}});
    }
  }
  Json document = {{"model", snapshot.model},
                   {"latency_ms", LatencyJson(snapshot.latency[0])},
                   {"stages_ms", stages},
                   {"requests", requests},
                   {"requests_per_s", snapshot.requests_per_s},
                   {"recent", recent},
                   {"photos", snapshot.photos},
                   {"tasks", ClassesJson(served->model, snapshot)},
                   {"drift_watched", snapshot.drift_watched},
                   {"drift_unwatched_why", snapshot.drift_watched ? Json(nullptr) : Json(snapshot.drift_unwatched_why)},
                   {"drift", drift},
                   {"alarms", AlarmsJson(snapshot.alarms)},
                   {"events", events},
                   {"silences", silences},
                   {"store", nullptr}};
  if (service.monitoring != nullptr && service.monitoring->store() != nullptr) {
    document["store"] = StoreJson(*service.monitoring->store());
  }
  return {200, "application/json", DumpJson(document), {}};
}

Response AddSilence(Service& service, const Request& request) {
  if (service.monitoring == nullptr) {
    return ErrorOf(
        409, {ErrorCode::kUnsupported, "this service does not watch its models", "start it without --no-monitor"});
  }
  const Json body = BodyOf(request);
  const auto minutes = body.is_object() ? body.find("minutes") : body.end();
  if (!body.is_object() || minutes == body.end() || !minutes->is_number_integer() || minutes->get<int64_t>() < 0 ||
      minutes->get<int64_t>() > kMostSilenceMinutes) {
    return BadRequest("a silence needs \"minutes\"", StrCat("send {\"minutes\": 0 to ", kMostSilenceMinutes,
                                                            ", \"kind\", \"model\", \"comment\"}; 0 ends it"));
  }
  Silence silence{TextOf(body, "model"), TextOf(body, "kind"), TextOf(body, "comment"),
                  std::chrono::system_clock::now() + std::chrono::minutes(minutes->get<int64_t>())};
  service.monitoring->Silence(silence);
  return {200, "application/json", DumpJson({{"until_ms", UnixMs(silence.until)}}), {}};
}

void Feedback(Service& service, const Request& request, const Respond& respond) {
  if (request.method != "POST") return respond(MethodNotAllowed("POST"));
  RecordStore* store = service.monitoring == nullptr ? nullptr : service.monitoring->store();
  if (store == nullptr) {
    return respond(
        ErrorOf(409, {ErrorCode::kUnsupported, "this service keeps no records", "start it with --store FILE"}));
  }
  const Json body = BodyOf(request);
  FeedbackRecord feedback;
  if (body.is_object()) {
    feedback.request_id = TextOf(body, "id");
    feedback.task = TextOf(body, "task");
    feedback.label = TextOf(body, "label");
  }
  if (feedback.request_id.empty() || feedback.label.empty()) {
    return respond(BadRequest("feedback needs the answer's \"id\" and the true \"label\"",
                              StrCat("send {\"id\", \"label\", \"task\"}, texts of up to ", kMostText, " bytes")));
  }
  feedback.unix_ms = UnixMs(std::chrono::system_clock::now());
  const bool taken = store->Append(feedback, [respond](const Result<RecordReceipt>& receipt) {
    if (!receipt.ok()) return respond(ErrorOf(503, receipt.error()));
    if (!receipt->answer_found) {
      return respond(ErrorOf(404, {ErrorCode::kNotFound, "no answer with this id and task is known",
                                   "give \"id\" as /v1/classify did, and \"task\" where the model has several"}));
    }
    respond({200, "application/json", R"({"stored":true})", {}});
  });
  if (taken) return;
  const RecordStoreState state = store->state();
  respond(
      ErrorOf(503, state.error.value_or(Error{ErrorCode::kLimit, "too many records wait to be written", "try again"})));
}

}  // namespace frond::serve
