#include "src/serve/http/otlp.h"

#include <chrono>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <utility>

#include "src/base/format.h"
#include "src/classify/answer_json.h"

namespace frond::serve {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kMostSpans = 2048;  // that wait for the next second; more are dropped
constexpr size_t kMostPath = 256;
constexpr int kMetricsEvery = 10;  // seconds
constexpr int kServerSpan = 2;     // SPAN_KIND_SERVER
constexpr int kErrorStatus = 2;    // STATUS_CODE_ERROR
constexpr int kCumulative = 2;     // AGGREGATION_TEMPORALITY_CUMULATIVE

int64_t NowNs() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

Json Text(const char* key, const std::string& value) { return {{"key", key}, {"value", {{"stringValue", value}}}}; }
Json Whole(const char* key, int64_t value) { return {{"key", key}, {"value", {{"intValue", StrCat(value)}}}}; }

Json Resource() {
  return {{"attributes", {Text("service.name", "frond-serve"), Text("service.version", FROND_VERSION)}}};
}
Json Scope() { return {{"name", "frond"}, {"version", FROND_VERSION}}; }

Json SpanJson(const Span& span) {
  Json attributes = {Text("http.request.method", span.method), Text("url.path", span.path),
                     Whole("http.response.status_code", span.status), Text("frond.request_id", span.request_id)};
  if (!span.model.empty()) attributes.push_back(Text("frond.model", span.model));
  Json json = {{"traceId", span.trace.trace_id},
               {"spanId", span.trace.span_id},
               {"name", StrCat(span.method, " ", span.path)},
               {"kind", kServerSpan},
               {"startTimeUnixNano", StrCat(span.begin_ns)},
               {"endTimeUnixNano", StrCat(span.end_ns)},
               {"attributes", std::move(attributes)},
               {"status", Json::object()}};
  if (!span.trace.parent_span.empty()) json["parentSpanId"] = span.trace.parent_span;
  if (span.status >= 500) json["status"] = {{"code", kErrorStatus}};
  return json;
}

Url Below(Url base, const char* path) {
  while (base.path.ends_with('/')) base.path.pop_back();
  base.path += path;
  return base;
}

}  // namespace

std::string SpansToOtlp(const std::vector<Span>& spans) {
  Json all = Json::array();
  for (const Span& span : spans) all.push_back(SpanJson(span));
  const Json scope_spans = {{"scope", Scope()}, {"spans", std::move(all)}};
  const Json resource_spans = {{"resource", Resource()}, {"scopeSpans", Json::array({scope_spans})}};
  return DumpJson({{"resourceSpans", Json::array({resource_spans})}});
}

std::string MetricsToOtlp(const Repository& models, int64_t began_ns, int64_t now_ns) {
  Json requests = Json::array();
  Json durations = Json::array();
  const auto now = std::chrono::steady_clock::now();
  for (const auto& served : models.All()) {
    if (!served->watch) continue;
    const WatchSnapshot snapshot = served->watch->Snapshot(now);
    const Json model = Text("frond.model", snapshot.model);
    for (size_t i = 0; i < kRequestOutcomes; ++i) {
      const std::string outcome(RequestOutcomeName(static_cast<RequestOutcome>(i)));
      requests.push_back({{"attributes", {model, Text("frond.outcome", outcome)}},
                          {"startTimeUnixNano", StrCat(began_ns)},
                          {"timeUnixNano", StrCat(now_ns)},
                          {"asInt", StrCat(snapshot.requests[i])}});
    }
    const LatencyCounts counts = served->watch->Counts()[static_cast<size_t>(Stage::kTotal)];
    Json buckets = Json::array();
    uint64_t count = 0;
    for (const uint64_t bucket : counts.counts) {
      buckets.push_back(StrCat(bucket));
      count += bucket;
    }
    durations.push_back({{"attributes", Json::array({model})},
                         {"startTimeUnixNano", StrCat(began_ns)},
                         {"timeUnixNano", StrCat(now_ns)},
                         {"count", StrCat(count)},
                         {"sum", counts.sum_seconds},
                         {"bucketCounts", std::move(buckets)},
                         {"explicitBounds", LatencyCounts::kBoundsSeconds}});
  }
  const Json metrics = {
      {{"name", "frond.requests"},
       {"unit", "{request}"},
       {"sum", {{"dataPoints", std::move(requests)}, {"aggregationTemporality", kCumulative}, {"isMonotonic", true}}}},
      {{"name", "http.server.request.duration"},
       {"unit", "s"},
       {"histogram", {{"dataPoints", std::move(durations)}, {"aggregationTemporality", kCumulative}}}}};
  const Json scope_metrics = {{"scope", Scope()}, {"metrics", metrics}};
  const Json resource_metrics = {{"resource", Resource()}, {"scopeMetrics", Json::array({scope_metrics})}};
  return DumpJson({{"resourceMetrics", Json::array({resource_metrics})}});
}

OtlpExporter::OtlpExporter(const Url& endpoint, const Repository& models, Outbox& outbox)
    : traces_(Below(endpoint, "/v1/traces")),
      metrics_(Below(endpoint, "/v1/metrics")),
      models_(models),
      outbox_(outbox),
      began_ns_(NowNs()),
      thread_([this] { Run(); }) {}

OtlpExporter::~OtlpExporter() { Stop(); }

void OtlpExporter::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (!thread_.joinable()) return;
  thread_.join();
  SendSpans(std::exchange(spans_, {}));
}

void OtlpExporter::SendSpans(const std::vector<Span>& spans) {
  try {
    if (!spans.empty()) outbox_.Send(traces_, SpansToOtlp(spans));
  } catch (const std::exception& error) {  // no memory: these are lost
    std::fputs(StrCat("frond serve: telemetry was lost: ", error.what(), "\n").c_str(), stderr);
  }
}

void OtlpExporter::Add(const EndedRequest& request) {
  const int64_t end_ns = NowNs();
  Span span{request.note.trace,
            request.method,
            request.path.substr(0, kMostPath),
            request.note.id,
            request.note.model,
            request.status,
            end_ns - static_cast<int64_t>(request.ms * 1e6),
            end_ns};
  const std::lock_guard lock(mutex_);
  if (spans_.size() < kMostSpans) spans_.push_back(std::move(span));
}

void OtlpExporter::Run() {
  std::unique_lock lock(mutex_);
  for (int second = 1; !wake_.wait_for(lock, std::chrono::seconds(1), [this] { return stopping_; }); ++second) {
    const std::vector<Span> spans = std::exchange(spans_, {});
    lock.unlock();
    SendSpans(spans);
    try {
      if (second % kMetricsEvery == 0) outbox_.Send(metrics_, MetricsToOtlp(models_, began_ns_, NowNs()));
    } catch (const std::exception& error) {  // no memory: these are lost
      std::fputs(StrCat("frond serve: telemetry was lost: ", error.what(), "\n").c_str(), stderr);
    }
    lock.lock();
  }
}

}  // namespace frond::serve
