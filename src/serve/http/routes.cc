#include "src/serve/http/routes.h"

#include <utility>

#include "src/base/format.h"
#include "src/base/milliseconds.h"
#include "src/classify/answer_json.h"
#include "src/serve/http/openapi.h"
#include "src/serve/http/page.h"
#include "src/serve/http/url.h"

namespace frond::serve {

Response ErrorOf(unsigned status, const Error& error) {
  return {status, "application/json", DumpJson({{"error", ErrorToJson(error)}}), {}};
}

Response ErrorOf(const Refusal& refusal, const Scheduler& scheduler) {
  switch (refusal.reason) {
    case Refusal::Reason::kInput: return ErrorOf(400, refusal.error);
    case Refusal::Reason::kLate: return ErrorOf(504, refusal.error);
    case Refusal::Reason::kCancelled: return ErrorOf(499, refusal.error);
    case Refusal::Reason::kFailed: return ErrorOf(500, refusal.error);
    case Refusal::Reason::kFull:
    case Refusal::Reason::kStopping: break;
  }
  Response response = ErrorOf(503, refusal.error);
  response.headers.emplace_back("Retry-After", StrCat(scheduler.RetryAfter().count()));
  return response;
}

Response MethodNotAllowed(const char* allowed) {
  Response response =
      ErrorOf(405, {ErrorCode::kInvalidArgument, StrCat("this path takes ", allowed), StrCat("use ", allowed)});
  response.headers.emplace_back("Allow", allowed);
  return response;
}

namespace {

// Answers, and tells whom it concerns how the request ended.
Respond Noted(Service& service, Request& request, const Respond& respond) {
  auto note = std::make_shared<RequestNote>();
  note->id = RequestIdFrom(request.Header("x-request-id"));
  note->trace = ContinueTrace(request.Header("traceparent"));
  request.note = note;
  return [&service, respond, note, begun = request.begun, method = request.method,
          path = request.path](Response response) {
    const Clock::time_point end = Clock::now();
    const double ms = Milliseconds(end - begun);
    if (note->watch) note->watch->RequestEnded(OutcomeOf(response.status), ms, end);
    if (service.ended) service.ended({*note, method, path, response.status, ms});
    response.headers.emplace_back("X-Request-Id", note->id);
    response.headers.emplace_back("traceparent", note->trace.ToTraceparent());
    respond(std::move(response));
  };
}

void RouteNoted(Service& service, Request request, const Respond& respond) {
  std::vector<std::string> parts = PathParts(request.path);
  if (!request.content_encoding.empty() && request.content_encoding != "identity") {
    return respond(
        ErrorOf(415, {ErrorCode::kUnsupported, "bodies in a Content-Encoding are not read", "send the body as it is"}));
  }
  const bool get = request.method == "GET" || request.method == "HEAD";
  // A browser that another site's page has told to ask on its reader's behalf; browsers say so themselves.
  const std::string site = request.Header("sec-fetch-site");
  if (!get && (site == "cross-site" || site == "same-site")) {
    return respond(
        ErrorOf(403, {ErrorCode::kInvalidArgument, "another site's page asked", "ask from this service's page"}));
  }
  if (!parts.empty() && parts.front() == "v2") {
    parts.erase(parts.begin());
    return InferenceProtocol(service, parts, request, respond);
  }
  if (request.path == "/openapi.json") {
    return respond(get ? Response{200, "application/json", kOpenApi, {}} : MethodNotAllowed("GET"));
  }
  if (request.path == "/v1/models") return respond(get ? ModelCards(service) : MethodNotAllowed("GET"));
  if (request.path == "/metrics") return respond(get ? Metrics(service, request) : MethodNotAllowed("GET"));
  if (request.path == "/v1/monitor") return respond(get ? MonitorDocument(service, request) : MethodNotAllowed("GET"));
  if (request.path == "/v1/monitor/silences") {
    return respond(request.method == "POST" ? AddSilence(service, request) : MethodNotAllowed("POST"));
  }
  if (request.path == "/v1/feedback") return Feedback(service, request, respond);
  if (parts.size() == 4 && parts[0] == "v1" && parts[1] == "records" && parts[3] == "photo") {
    return respond(get ? RecordPhoto(service, parts[2]) : MethodNotAllowed("GET"));
  }
  if (const PageFile* file = FindPageFile(request.path)) {
    return respond(get ? PageAnswer(*file) : MethodNotAllowed("GET"));
  }
  if (request.path == "/v1/classify") return Classify(service, std::move(request), respond);
  respond(ErrorOf(404, {ErrorCode::kNotFound, "there is nothing at this path", "see /openapi.json"}));
}

}  // namespace

void Route(Service& service, Request request, const Respond& respond) {
  const Respond noted = Noted(service, request, respond);
  RouteNoted(service, std::move(request), noted);
}

}  // namespace frond::serve
