#ifndef FROND_SRC_SERVE_HTTP_OTLP_H_
#define FROND_SRC_SERVE_HTTP_OTLP_H_

#include <condition_variable>
#include <deque>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "src/serve/core/service.h"
#include "src/serve/http/outbox.h"

namespace frond::serve {

// One request as a span (OpenTelemetry's semantic conventions for HTTP servers).
struct Span {
  TraceContext trace;
  std::string method;
  std::string path;
  std::string request_id;
  std::string model;  // empty: none was asked
  unsigned status = 0;
  int64_t begin_ns = 0;  // since 1970
  int64_t end_ns = 0;
};

// ExportTraceServiceRequest and ExportMetricsServiceRequest in the protobuf JSON form of OTLP 1
// (https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding): ids in hexadecimal, 64-bit numbers as text.
std::string SpansToOtlp(const std::vector<Span>& spans);
std::string MetricsToOtlp(const Repository& models, int64_t began_ns, int64_t now_ns);

// Sends spans every second and metrics every ten, where there are any, to a collector's OTLP/HTTP receiver.
class OtlpExporter {
 public:
  // `endpoint` is the receiver's base, as OTEL_EXPORTER_OTLP_ENDPOINT has it. All must outlive it.
  OtlpExporter(const Url& endpoint, const Repository& models, Outbox& outbox);
  ~OtlpExporter();
  OtlpExporter(const OtlpExporter&) = delete;
  OtlpExporter& operator=(const OtlpExporter&) = delete;

  void Add(const EndedRequest& request);
  // Sends no more; the models may go.
  void Stop();

 private:
  void Run();
  void SendSpans(const std::vector<Span>& spans);

  const Url traces_;
  const Url metrics_;
  const Repository& models_;
  Outbox& outbox_;
  const int64_t began_ns_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<Span> spans_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace frond::serve

#endif  // FROND_SRC_SERVE_HTTP_OTLP_H_
