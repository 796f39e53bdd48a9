// What operators and their programs ask: how the models fare, what is to be kept quiet, what an answer should have
// been.

#include <algorithm>
#include <chrono>
#include <iterator>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "src/base/format.h"
#include "src/base/text.h"
#include "src/base/utc_time.h"
#include "src/classify/answer_json.h"
#include "src/monitor/watch_json.h"
#include "src/serve/http/routes.h"
#include "src/serve/http/url.h"

namespace frond::serve {
namespace {

using Json = nlohmann::ordered_json;

constexpr int64_t kMostSilenceMinutes = 60 * 24 * 31;
constexpr size_t kMostText = 256;  // characters
constexpr size_t kMostBody = size_t{64} << 10;

Json StoreJson(const Monitoring& monitoring) {
  const RecordStoreState state = monitoring.store()->state();
  return {{"writing", state.writing},
          {"error", state.error ? Json(monitoring.Nameless(*state.error).ToString()) : Json(nullptr)},
          {"error_code", state.error ? Json(std::string(ErrorCodeName(state.error->code))) : Json(nullptr)},
          {"committed", state.committed},
          {"dropped", state.dropped},
          {"queued", state.queued},
          {"bytes", state.bytes}};
}

Json EarlierJson(const EarlierTraffic& earlier) {
  const bool compared = earlier.why == EarlierTraffic::Why::kCompared;
  return {{"against", earlier.against},
          {"compared", compared},
          {"why_not", compared ? Json(nullptr) : Json(earlier.code())},
          {"photos_now", earlier.photos_now},
          {"photos_then", earlier.photos_then},
          {"message", earlier.message()}};
}

Json MeasuredJson(const std::optional<MeasuredAccuracy>& measured) {
  if (!measured) return nullptr;
  Json tasks = Json::array();
  for (const TaskAccuracy& one : measured->tasks) {
    tasks.push_back({{"task", one.task},
                     {"n", one.judged},
                     {"right", one.right},
                     {"share", static_cast<double>(one.right) / static_cast<double>(one.judged)},
                     {"interval", {one.measured.low, one.measured.high}}});
  }
  return {{"days", MeasuredAccuracy::kDays}, {"since_ms", measured->since_ms}, {"tasks", tasks}};
}

Response BadRequest(const std::string& message, const std::string& remedy) {
  return ErrorOf(400, {ErrorCode::kInvalidArgument, message, remedy});
}

// The object that a request's body is, and texts in it.
class Body {
 public:
  explicit Body(const Request& request) {
    if (request.body.size() <= kMostBody)
      json_ = nlohmann::json::parse(request.body, nullptr, /*allow_exceptions=*/false);
    fits_ = json_.is_object();
  }

  // Whether it is an object, and all that was asked for so far what it should be, or absent.
  bool fits() const { return fits_; }
  // Of at most kMostText; empty where it is absent.
  std::string Text(const char* key) {
    if (!fits_ || !json_.contains(key)) return {};
    const nlohmann::json& value = json_[key];
    if (!value.is_string() || CodePoints(value.get_ref<const std::string&>()) > kMostText) {
      fits_ = false;
      return {};
    }
    return value.get<std::string>();
  }
  // 0 to `most`; none where it is absent.
  std::optional<int64_t> Whole(const char* key, int64_t most) {
    if (!fits_ || !json_.contains(key)) return std::nullopt;
    const nlohmann::json& value = json_[key];
    fits_ = value.is_number_unsigned() && std::cmp_less_equal(value.get<uint64_t>(), most);
    return fits_ ? std::optional(value.get<int64_t>()) : std::nullopt;
  }

 private:
  nlohmann::json json_;
  bool fits_ = false;
};

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
  Json earlier = Json::array();
  if (service.monitoring != nullptr) {
    TrafficComparison traffic = service.monitoring->Traffic(snapshot.model);
    std::ranges::move(traffic.findings, std::back_inserter(snapshot.drift));
    for (const EarlierTraffic& one : traffic.earlier) earlier.push_back(EarlierJson(one));
    for (const AlarmEvent& event : service.monitoring->Events()) {
      if (event.model != snapshot.model) continue;
      events.push_back({{"raised", event.raised},
                        {"kind", event.kind},
                        {"time_ms", UnixMs(event.time)},
                        {"message", event.message},
                        {"facts", FactsToJson(event.facts)}});
    }
    for (const Silence& silence : service.monitoring->Silences()) {
      if (!silence.model.empty() && silence.model != snapshot.model) continue;
      silences.push_back({{"kind", silence.kind}, {"until_ms", UnixMs(silence.until)}, {"comment", silence.comment}});
    }
  }
  Json document = WatchToJson(snapshot, snapshot.seen ? *snapshot.seen : served->model);
  document["measured"] =
      service.monitoring == nullptr ? Json(nullptr) : MeasuredJson(service.monitoring->Measured(snapshot.model));
  document["earlier"] = std::move(earlier);
  document["events"] = std::move(events);
  document["silences"] = std::move(silences);
  document["store"] = nullptr;
  if (service.monitoring != nullptr && service.monitoring->store() != nullptr) {
    document["store"] = StoreJson(*service.monitoring);
  }
  return {200, "application/json", DumpJson(document), {}};
}

Response AddSilence(Service& service, const Request& request) {
  if (service.monitoring == nullptr) {
    return ErrorOf(
        409, {ErrorCode::kUnsupported, "this service does not watch its models", "start it without --no-monitor"});
  }
  Body body(request);
  const std::optional<int64_t> minutes = body.Whole("minutes", kMostSilenceMinutes);
  const std::string model = body.Text("model");
  const std::string kind = body.Text("kind");
  const Silence silence{model, kind, body.Text("comment"),
                        std::chrono::system_clock::now() + std::chrono::minutes(minutes.value_or(0))};
  if (!minutes || !body.fits()) {
    return BadRequest(
        "this is no silence",
        StrCat("send {\"minutes\": 0 to ", kMostSilenceMinutes,
               ", \"kind\", \"model\", \"comment\"}; 0 minutes end it, and without kind or model it is of all"));
  }
  const bool known = std::ranges::any_of(service.models->All(), [&](const auto& served) {
    return served->watch && IsOfModel(served->watch->name(), model);
  });
  if (!known) return BadRequest("no model that is watched is called so", "give its \"model\" as /v1/monitor names it");
  if (!kind.empty() && !ModelWatch::IsAlarmKind(kind)) {
    return BadRequest("no alarm is of that kind",
                      "give a \"kind\" as alarms have it: latency.p95, errors, drift.input.brightness");
  }
  if (!service.monitoring->Silence(silence)) {
    return ErrorOf(409, {ErrorCode::kLimit, "there are too many silences", "end some, or silence more by one"});
  }
  return {200, "application/json", DumpJson({{"until_ms", UnixMs(silence.until)}}), {}};
}

void Feedback(Service& service, const Request& request, const Respond& respond) {
  if (request.method != "POST") return respond(MethodNotAllowed("POST"));
  RecordStore* store = service.monitoring == nullptr ? nullptr : service.monitoring->store();
  if (store == nullptr) {
    return respond(
        ErrorOf(409, {ErrorCode::kUnsupported, "this service keeps no records", "start it with --store FILE"}));
  }
  Body body(request);
  FeedbackRecord feedback;
  feedback.request_id = body.Text("id");
  feedback.task = body.Text("task");
  feedback.label = body.Text("label");
  if (!body.fits() || feedback.request_id.empty() || feedback.label.empty()) {
    return respond(BadRequest("feedback needs the answer's \"id\" and the true \"label\"",
                              StrCat("send {\"id\", \"label\", \"task\"}, texts of up to ", kMostText, " characters")));
  }
  feedback.unix_ms = UnixMsNow();
  const bool taken =
      store->Append(feedback, [respond, monitoring = service.monitoring](const Result<RecordReceipt>& receipt) {
        if (!receipt.ok()) return respond(ErrorOf(503, monitoring->Nameless(receipt.error())));
        if (!receipt->recorded) {
          return respond(ErrorOf(404, {ErrorCode::kNotFound, "no answer with this id and task is known",
                                       "give \"id\" as /v1/classify did, and \"task\" where the model has several"}));
        }
        monitoring->FeedbackCame();
        respond({200, "application/json", R"({"stored":true})", {}});
      });
  if (taken) return;
  const RecordStoreState state = store->state();
  respond(ErrorOf(503, state.error ? service.monitoring->Nameless(*state.error)
                                   : Error{ErrorCode::kLimit, "too many records wait to be written", "try again"}));
}

}  // namespace frond::serve
