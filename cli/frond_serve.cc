// frond-serve: models as a service. A program of its own, so that the core stays small; `frond serve` starts it.

#include <pthread.h>
#include <CLI/CLI.hpp>
#include <algorithm>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "cli/output.h"
#include "src/base/format.h"
#include "src/base/utc_time.h"
#include "src/classify/answer_json.h"
#include "src/monitor/watch_json.h"
#include "src/serve/core/service.h"
#include "src/serve/grpc/server.h"
#include "src/serve/http/otlp.h"
#include "src/serve/http/page.h"
#include "src/serve/http/routes.h"
#include "src/serve/http/server.h"

namespace frond::cli {
namespace {

using serve::ModelEntry;

struct ServeOptions {
  std::vector<std::string> models;
  std::vector<std::string> names;
  std::vector<std::string> hosts;
  std::string token_file;
  std::string tls_cert, tls_key, tls_client_ca;
  serve::ServerOptions server;
  serve::SchedulerOptions scheduler;
  int grpc_port = -1;  // none
  int64_t max_body_mb = 32;
  int max_photos = 64;
  int timeout_ms = 10'000;
  int batch_delay_us = 0;
  int drain_seconds = 0;
  int shutdown_seconds = 30;
  bool model_control = false;
  bool json = false;
  bool no_monitor = false;
  double p95_ms = 200;
  double error_rate = 0.05;
  std::string webhook;
  std::string store;
  bool store_photos = false;
  int64_t store_max_mb = 256;
  int store_max_days = 90;
  std::string otlp;
  bool log_requests = false;
};

void AddOptions(CLI::App& app, ServeOptions& o) {
  const auto number = [&](const char* name, auto& value, const char* what, int64_t least, int64_t most) {
    app.add_option(name, value, what)->capture_default_str()->check(CLI::Range(least, most));
  };
  app.add_option("MODEL", o.models, "a model file, NAME=FILE or NAME/VERSION=FILE; several are served side by side")
      ->required();
  app.add_option("--name", o.names, "what clients call the models, in their order; else the files' names")->take_all();
  app.add_option("--host", o.server.address,
                 "IP address to listen at; any but a loopback's needs --token-file or --tls-client-ca")
      ->capture_default_str();
  number("--port", o.server.port, "to listen at; 0: any that is free", 0, 65535);
  number("--grpc-port", o.grpc_port, "to listen at for gRPC; 0: any that is free; without it there is none", 0, 65535);
  app.add_option("--allow-host", o.hosts,
                 "another name than localhost that clients may use where neither token nor certificate is asked for");
  app.add_option("--token-file", o.token_file, "a file with the bearer token that requests must carry");
  CLI::Option* cert = app.add_option("--tls-cert", o.tls_cert, "the server's certificate, PEM: speaks TLS");
  CLI::Option* key = app.add_option("--tls-key", o.tls_key, "its key, PEM")->needs(cert);
  cert->needs(key);
  app.add_option("--tls-client-ca", o.tls_client_ca, "whose certificates clients must show, PEM")->needs(cert);
  number("--threads", o.scheduler.threads, "that compute; 0: one for each CPU", 0, 256);
  number("--batch", o.scheduler.batch, "images run together at most", 1, 256);
  number("--batch-delay-us", o.batch_delay_us, "how long a request may wait for others to be run with", 0, 1'000'000);
  number("--queue", o.scheduler.queue, "requests that may wait; more are refused with 503", 1, 100'000);
  number("--timeout-ms", o.timeout_ms, "after which a request that still waits is refused with 504", 1, 3'600'000);
  number("--max-body-mb", o.max_body_mb, "of a request", 1, 1024);
  number("--max-photos", o.max_photos, "of a request", 1, 1024);
  number("--max-connections", o.server.max_connections, "at a time", 1, 65536);
  number("--drain-seconds", o.drain_seconds, "between not being ready any more and taking no more connections", 0,
         3600);
  number("--shutdown-seconds", o.shutdown_seconds, "after which what still runs is left", 1, 3600);
  app.add_flag("--model-control", o.model_control, "clients may have models loaded anew from their files");
  app.add_flag("--no-monitor", o.no_monitor, "models are not watched: no latencies, no drift, no alarms");
  app.add_option("--p95-ms", o.p95_ms, "an alarm where the 95th percentile of the last 5 minutes is above")
      ->capture_default_str()
      ->check(CLI::Range(0.1, 3.6e6));
  app.add_option("--error-rate", o.error_rate, "an alarm where more of the requests of the last 5 minutes fail")
      ->capture_default_str()
      ->check(CLI::Range(0.001, 1.0));
  app.add_option("--webhook", o.webhook, "where alarms are POSTed to as JSON, http:// or https://");
  auto* store = app.add_option("--store", o.store,
                               "a file that answers, feedback and alarms are recorded in (frond report reads it)");
  app.add_flag("--store-photos", o.store_photos, "photos too")->needs(store);
  number("--store-max-mb", o.store_max_mb, "of the store; the oldest records go", 1, 1'000'000);
  number("--store-max-days", o.store_max_days, "after which records go", 1, 36'500);
  app.add_option("--otlp", o.otlp, "an OpenTelemetry collector's OTLP/HTTP receiver, as http://HOST:4318");
  app.add_flag("--log-requests", o.log_requests, "a line of JSON for each request on standard error");
  app.add_flag("--json", o.json, "where it listens, as JSON on standard output")->configurable(false);
  app.set_config("--config", "", "a file of these options")->check(CLI::ExistingFile);
}

Result<std::string> ReadAll(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  if (!file.is_open() || text.empty()) {
    return Error{ErrorCode::kIo, StrCat("nothing can be read from ", Quote(path)),
                 "check the path and its permissions"};
  }
  return text;
}

Result<std::string> ReadToken(const std::string& path) {
  FROND_ASSIGN(const std::string text, ReadAll(path));
  const size_t begin = text.find_first_not_of(" \t\r\n");
  const size_t end = text.find_last_not_of(" \t\r\n");
  if (begin == std::string::npos || text.find_first_of(" \t\r\n", begin) < end) {
    return Error{ErrorCode::kBadFormat, StrCat(Quote(path), " holds no token"), "write one word into it"};
  }
  return text.substr(begin, end - begin + 1);
}

Result<serve::TlsOptions> ReadTls(const ServeOptions& options) {
  serve::TlsOptions tls;
  if (options.tls_cert.empty()) return tls;
  FROND_ASSIGN(tls.certificate, ReadAll(options.tls_cert));
  FROND_ASSIGN(tls.key, ReadAll(options.tls_key));
  if (!options.tls_client_ca.empty()) {
    FROND_ASSIGN(tls.client_ca, ReadAll(options.tls_client_ca));
  }
  return tls;
}

bool IsLoopback(const std::string& host) { return host == "::1" || host.starts_with("127."); }

Result<std::vector<ModelEntry>> Entries(const ServeOptions& options) {
  std::vector<ModelEntry> entries;
  for (size_t i = 0; i < options.models.size(); ++i) {
    const std::string named =
        i < options.names.size() ? StrCat(options.names[i], "=", options.models[i]) : options.models[i];
    FROND_ASSIGN(const ModelEntry entry, serve::ParseModelEntry(named));
    if (std::ranges::find(entries, entry.FullName(), &ModelEntry::FullName) != entries.end()) {
      return Error{ErrorCode::kInvalidArgument, StrCat("two models are called ", Quote(entry.FullName())),
                   "give each a name or a version of its own: NAME/VERSION=FILE"};
    }
    entries.push_back(entry);
  }
  return entries;
}

void Say(const std::string& text) { std::fputs(StrCat("frond serve: ", text, "\n").c_str(), stderr); }

// All models anew; one that cannot be loaded leaves what was there.
void Reload(serve::Repository& models, const std::vector<ModelEntry>& entries) {
  for (const ModelEntry& entry : entries) {
    const Status status = models.Load(entry);
    Say(status.ok() ? StrCat("loaded ", Clean(entry.name), " ", Clean(entry.version), " again")
                    : StrCat(Clean(entry.name), " stays as it was: ", Clean(status.error().ToString())));
  }
}

// Until nothing is open or running any more.
void Drain(serve::Service& service, serve::Server& server, serve::GrpcServer* grpc, const ServeOptions& options) {
  service.ready = false;
  std::this_thread::sleep_for(std::chrono::seconds(options.drain_seconds));
  server.Drain();
  const std::chrono::seconds limit(options.shutdown_seconds);
  const auto end = serve::Clock::now() + limit;
  if (grpc != nullptr) grpc->Shutdown(limit);
  while ((server.connections() > 0 || service.models->pending() > 0) && serve::Clock::now() < end) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

// As a line of JSON.
std::string EventJson(const AlarmEvent& event) {
  const nlohmann::ordered_json json = {
      {"status", event.raised ? "raised" : "cleared"},
      {"model", event.model},
      {"kind", event.kind},
      {"message", event.message},
      {"value", event.value},
      {"p_value", event.p_value ? nlohmann::ordered_json(*event.p_value) : nlohmann::ordered_json()},
      {"facts", FactsToJson(event.facts)},
      {"time_ms", UnixMs(event.time)}};
  return DumpJson(json);
}

std::string RequestJson(const serve::EndedRequest& request) {
  const nlohmann::ordered_json json = {
      {"time_ms", UnixMsNow()},      {"request_id", request.note.id}, {"trace_id", request.note.trace.trace_id},
      {"method", request.method},    {"path", request.path},          {"status", request.status},
      {"ms", RoundedMs(request.ms)}, {"model", request.note.model},   {"photos", request.note.photos}};
  return DumpJson(json);
}

std::optional<WatchOptions> WatchOf(const ServeOptions& options) {
  if (options.no_monitor) return std::nullopt;
  WatchOptions watch;
  watch.SetLimits(options.p95_ms, options.error_rate);
  return watch;
}

// Where alarms, spans and metrics go.
struct Outlets {
  std::optional<serve::Url> webhook, otlp;
};

Result<Outlets> OutletsOf(const ServeOptions& options) {
  Outlets outlets;
  if (!options.webhook.empty()) {
    FROND_ASSIGN(outlets.webhook, serve::ParseUrl(options.webhook));
  }
  if (!options.otlp.empty()) {
    FROND_ASSIGN(outlets.otlp, serve::ParseUrl(options.otlp));
  }
  return outlets;
}

Status Serve(ServeOptions& options) {
  // Before any thread, so that all have it: signals come to this one alone.
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&signals, signal);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGXFSZ, SIG_IGN);  // a store that may not grow is an error of writing

  FROND_ASSIGN(options.server.tls, ReadTls(options));
  if (!options.token_file.empty()) {
    FROND_ASSIGN(options.server.token, ReadToken(options.token_file));
  } else if (!IsLoopback(options.server.address) && options.server.tls.client_ca.empty()) {
    return Error{ErrorCode::kInvalidArgument,
                 StrCat("--host ", Quote(options.server.address),
                        " is reachable from elsewhere, and nobody is asked for a token"),
                 "give --token-file or --tls-client-ca, or listen at 127.0.0.1"};
  }
  if (options.server.token.empty() && options.server.tls.client_ca.empty()) {
    options.server.hosts = options.hosts;
    for (const char* name : {"localhost", "127.0.0.1", "[::1]"}) options.server.hosts.emplace_back(name);
    if (options.server.address.find(':') == std::string::npos) options.server.hosts.push_back(options.server.address);
  }
  options.server.open_paths = serve::OpenPaths();
  options.server.max_body_bytes = static_cast<size_t>(options.max_body_mb) << 20;
  options.scheduler.batch_delay = std::chrono::microseconds(options.batch_delay_us);
  if (std::cmp_greater(options.max_photos, options.scheduler.queue)) {
    return Error{ErrorCode::kInvalidArgument,
                 StrCat("--max-photos ", options.max_photos, " of one request do not fit into --queue ",
                        options.scheduler.queue),
                 "lower --max-photos, or give a longer --queue"};
  }
  FROND_ASSIGN(const std::vector<ModelEntry> entries, Entries(options));

  FROND_ASSIGN(const Outlets outlets, OutletsOf(options));

  // In this order: the models' last answers go to all that stands before them. Of outboxes one each: a collector that
  // does not answer keeps no alarm waiting.
  serve::Outbox alarms(Say);
  serve::Outbox telemetry(Say);
  serve::Service service;
  std::unique_ptr<serve::Server> server;
  std::optional<serve::OtlpExporter> exporter;
  std::unique_ptr<serve::Monitoring> monitoring;
  serve::Repository models(options.scheduler, WatchOf(options));
  // However this ends: nobody asks the models any more when they go.
  struct Ending {
    ~Ending() {
      if (server) server->Stop();
      service.loader.Join();
      if (exporter) exporter->Stop();
      if (monitoring) monitoring->Stop();
    }
    serve::Service& service;
    std::unique_ptr<serve::Server>& server;
    std::optional<serve::OtlpExporter>& exporter;
    std::unique_ptr<serve::Monitoring>& monitoring;
  } const ending{service, server, exporter, monitoring};
  service.models = &models;
  service.model_control = options.model_control;
  service.max_photos = static_cast<size_t>(options.max_photos);
  service.timeout = std::chrono::milliseconds(options.timeout_ms);
  for (const ModelEntry& entry : entries) {
    const Status status = models.Load(entry);
    if (!status.ok()) return status.error();
  }
  if (!options.no_monitor || !options.store.empty()) {
    serve::MonitoringOptions given;
    given.store = options.store;
    given.store_options.max_bytes = options.store_max_mb << 20;
    given.store_options.max_age_days = options.store_max_days;
    given.store_options.keep_photos = options.store_photos;
    given.tell = [&](const AlarmEvent& event) {
      Say(StrCat("alarm ", event.raised ? "raised" : "cleared", ": ", Clean(event.model), " ", Clean(event.kind), ": ",
                 Clean(event.message)));
      if (outlets.webhook) alarms.Send(*outlets.webhook, EventJson(event));
    };
    given.store_changed = [](const std::string& error) {
      Say(error.empty() ? "records are written again" : StrCat("nothing is recorded: ", Clean(error)));
    };
    FROND_ASSIGN(monitoring, serve::Monitoring::Start(models, std::move(given)));
    service.monitoring = monitoring.get();
  }
  if (outlets.otlp) exporter.emplace(*outlets.otlp, models, telemetry);
  if (exporter || options.log_requests) {
    service.ended = [&](const serve::EndedRequest& request) {
      if (exporter) exporter->Add(request);
      if (options.log_requests) std::fputs((RequestJson(request) + "\n").c_str(), stderr);
    };
  }
  FROND_ASSIGN(server,
               serve::Server::Listen(options.server, [&](serve::Request request, const serve::Respond& respond) {
                 serve::Route(service, std::move(request), respond);
               }));
  std::unique_ptr<serve::GrpcServer> grpc;
  if (options.grpc_port >= 0) {
    const serve::GrpcOptions grpc_options{options.server.address, options.grpc_port, options.server.token,
                                          options.server.tls, options.server.max_body_bytes};
    FROND_ASSIGN(grpc, serve::GrpcServer::Listen(grpc_options, service));
  }
  service.ready = true;
  const bool v6 = options.server.address.find(':') != std::string::npos;
  const std::string url = StrCat(options.tls_cert.empty() ? "http://" : "https://", v6 ? "[" : "",
                                 options.server.address, v6 ? "]" : "", ":", server->port());
  Say(StrCat(entries.size() == 1 ? "1 model" : StrCat(entries.size(), " models"), " at ", url));
  if (grpc) Say(StrCat("gRPC at ", options.server.address, ":", grpc->port()));
  nlohmann::json listening = {{"url", url}, {"port", server->port()}};
  if (grpc) listening["grpc_port"] = grpc->port();
  if (options.json) Print(listening.dump() + "\n");
  std::fflush(stdout);

  for (int signal = 0; sigwait(&signals, &signal) == 0 && signal == SIGHUP;) Reload(models, entries);
  Drain(service, *server, grpc.get(), options);
  return {};
}

}  // namespace
}  // namespace frond::cli

int main(int argc, char** argv) {
  using namespace frond::cli;
  CLI::App app("frond-serve: models as a service, over HTTP");
  app.name("frond serve");
  ServeOptions options;
  AddOptions(app, options);
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp& help) {
    return app.exit(help);
  } catch (const CLI::ParseError& error) {
    return FailUsage(error.what(), options.json);
  }
  frond::Status status;
  try {
    status = Serve(options);
  } catch (const std::exception& error) {  // memory, threads
    status = frond::Error{frond::ErrorCode::kLimit, error.what(), "free memory, or raise the limit on threads"};
  }
  return status.ok() ? kExitOk : Fail(status.error(), options.json);
}
