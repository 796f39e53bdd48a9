#ifndef FROND_SRC_SERVE_HTTP_ROUTES_H_
#define FROND_SRC_SERVE_HTTP_ROUTES_H_

#include <string>
#include <vector>

#include "src/serve/core/request_note.h"
#include "src/serve/core/service.h"
#include "src/serve/http/message.h"

namespace frond::serve {

// Answers every request: /v1, the page, /openapi.json, and the Open Inference Protocol V2 below /v2.
void Route(Service& service, Request request, const Respond& respond);

// --- what the routes are made of

// {"error": {"code", "message", "remedy"}} of /v1.
Response ErrorOf(unsigned status, const Error& error);
// The status of a refusal, and its headers (Retry-After).
Response ErrorOf(const Refusal& refusal, const Scheduler& scheduler);
// Where no method of a path fits.
Response MethodNotAllowed(const char* allowed);

Response ModelCards(const Service& service);
Response Metrics(const Service& service, const Request& request);
// GET /v1/monitor, POST /v1/monitor/silences.
Response MonitorDocument(const Service& service, const Request& request);
Response AddSilence(Service& service, const Request& request);
Response RecordPhoto(const Service& service, const std::string& id);
void Feedback(Service& service, const Request& request, const Respond& respond);
void Classify(Service& service, Request request, const Respond& respond);
// `parts` are those of the path behind "v2".
void InferenceProtocol(Service& service, const std::vector<std::string>& parts, const Request& request,
                       const Respond& respond);

}  // namespace frond::serve

#endif  // FROND_SRC_SERVE_HTTP_ROUTES_H_
