// What operators and their programs ask: how the models fare, what is to be kept quiet, what an answer should have
// been.

#include <chrono>
#include <nlohmann/json.hpp>
#include <utility>

#include "src/base/format.h"
#include "src/classify/answer_json.h"
#include "src/monitor/watch_json.h"
#include "src/serve/http/routes.h"
#include "src/serve/http/url.h"

namespace frond::serve {
namespace {

using Json = nlohmann::ordered_json;

constexpr int64_t kMostSilenceMinutes = 60 * 24 * 31;
constexpr size_t kMostText = 256;

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
  WatchSnapshot snapshot = served->watch->Snapshot(Clock::now());
  Json events = Json::array();
  Json silences = Json::array();
  if (service.monitoring != nullptr) {
    for (DriftFinding& finding : service.monitoring->TrafficFindings(snapshot.model)) {
      snapshot.drift.push_back(std::move(finding));
    }
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
  Json document = WatchToJson(snapshot, served->model);
  document["events"] = std::move(events);
  document["silences"] = std::move(silences);
  document["store"] = nullptr;
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
