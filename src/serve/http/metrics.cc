// GET /metrics: what Prometheus scrapes.

#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>

#include "src/base/format.h"
#include "src/serve/http/metrics_text.h"
#include "src/serve/http/routes.h"

namespace frond::serve {
namespace {

struct Watched {
  std::shared_ptr<const ServedModel> served;
  WatchSnapshot snapshot;

  MetricsText::Labels Labels() const { return {{"model", served->entry.name}, {"version", served->entry.version}}; }
  MetricsText::Labels With(std::string_view name, std::string_view value) const {
    MetricsText::Labels labels = Labels();
    labels.emplace_back(name, value);
    return labels;
  }
};

// Names as the Prometheus client libraries have them.
void AddProcess(MetricsText& text) {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  text.Family("process_cpu_seconds_total", "counter", "User and system time spent.", "seconds");
  text.Sample({}, seconds(usage.ru_utime) + seconds(usage.ru_stime));
  // https://man7.org/linux/man-pages/man5/proc_pid_statm.5.html: pages, the second those in memory.
  std::ifstream statm("/proc/self/statm");
  double pages = 0;
  double resident = 0;
  if (statm >> pages >> resident) {
    text.Family("process_resident_memory_bytes", "gauge", "Resident memory.", "bytes");
    text.Sample({}, resident * static_cast<double>(sysconf(_SC_PAGESIZE)));
  }
  std::error_code error;
  double open = 0;
  for (std::filesystem::directory_iterator files("/proc/self/fd", error), end; !error && files != end;
       files.increment(error)) {
    ++open;
  }
  if (!error) {
    text.Family("process_open_fds", "gauge", "File descriptors that are open.");
    text.Sample({}, open);
  }
}

void AddLatencies(const std::vector<Watched>& all, MetricsText& text) {
  const auto add = [&](std::string_view name, std::string_view help, size_t first, size_t end) {
    text.Family(name, "histogram", help, "seconds");
    for (const Watched& one : all) {
      const auto counts = one.served->watch->Counts();
      for (size_t stage = first; stage < end; ++stage) {
        const LatencyCounts& of = counts[stage];
        MetricsText::Labels labels = one.Labels();
        if (end - first > 1) labels.emplace_back("stage", StageName(static_cast<Stage>(stage)));
        uint64_t below = 0;
        for (size_t b = 0; b < of.counts.size(); ++b) {
          below += of.counts[b];
          MetricsText::Labels bucket = labels;
          const std::string bound =
              b < LatencyCounts::kBoundsSeconds.size() ? StrCat(LatencyCounts::kBoundsSeconds[b]) : "+Inf";
          bucket.emplace_back("le", bound);
          text.Sample(bucket, static_cast<double>(below), "_bucket");
        }
        text.Sample(labels, of.sum_seconds, "_sum");
        text.Sample(labels, static_cast<double>(below), "_count");
      }
    }
  };
  add("frond_request_duration_seconds", "From when a request is there whole to its answer, of those answered.", 0, 1);
  add("frond_stage_duration_seconds", "Of a photo or tensor: waiting, decoding, resizing, the network.", 1, kStages);
}

void AddPredictions(const std::vector<Watched>& all, MetricsText& text) {
  text.Family("frond_predictions_total", "counter", "Photos and tensors that were called so.");
  for (const Watched& one : all) {
    if (!one.snapshot.seen) continue;
    const Model& model = *one.snapshot.seen;
    for (const Task& task : model.tasks()) {
      for (int c = task.first; c < task.first + task.classes; ++c) {
        const auto i = static_cast<size_t>(c);
        if (i >= one.snapshot.classes.size() || one.snapshot.classes[i].photos == 0) continue;
        MetricsText::Labels labels = one.With("task", task.name);
        const std::string label = model.labels().empty() ? StrCat(c) : model.labels()[i];
        const std::string index = StrCat(c);  // several classes may have one name
        labels.emplace_back("index", index);
        labels.emplace_back("label", label);
        text.Sample(labels, static_cast<double>(one.snapshot.classes[i].photos));
      }
    }
  }
  text.Family("frond_confidence_ratio", "gauge",
              "Mean calibrated confidence since the model was loaded: the accuracy to expect without drift.", "ratio");
  for (const Watched& one : all) {
    for (size_t t = 0; t < one.snapshot.estimated_accuracy.size(); ++t) {
      text.Sample(one.With("task", one.snapshot.seen->tasks()[t].name), one.snapshot.estimated_accuracy[t]);
    }
  }
}

void AddMeasured(const std::vector<Watched>& all, const Monitoring& monitoring, MetricsText& text) {
  const auto add = [&](std::string_view name, std::string_view help, std::string_view unit, auto value) {
    text.Family(name, "gauge", help, unit);
    for (const Watched& one : all) {
      const auto measured = monitoring.Measured(one.snapshot.model);
      if (!measured) continue;
      for (const TaskAccuracy& task : measured->tasks) text.Sample(one.With("task", task.task), value(task));
    }
  };
  add("frond_judged_answers", "Answers of the last 7 days of which feedback says what is true.", "",
      [](const TaskAccuracy& task) { return static_cast<double>(task.judged); });
  add("frond_measured_accuracy_ratio", "Share of frond_judged_answers that were right.", "ratio",
      [](const TaskAccuracy& task) { return static_cast<double>(task.right) / static_cast<double>(task.judged); });
}

void AddDrift(const std::vector<Watched>& all, MetricsText& text) {
  text.Family("frond_drift_alarm", "gauge", "1 while photos differ from training in this respect.");
  for (const Watched& one : all) {
    for (const DriftFinding& finding : one.snapshot.drift)
      text.Sample(one.With("kind", finding.kind), finding.alarm ? 1 : 0);
  }
  text.Family("frond_drift_p_value", "gauge", "How often chance alone differs so much, in one look.");
  for (const Watched& one : all) {
    for (const DriftFinding& finding : one.snapshot.drift) text.Sample(one.With("kind", finding.kind), finding.p_value);
  }
  text.Family("frond_alarm", "gauge", "1 while the alarm is raised.");
  for (const Watched& one : all) {
    for (const Alarm& alarm : one.snapshot.alarms) text.Sample(one.With("kind", alarm.kind()), alarm.raised() ? 1 : 0);
  }
}

}  // namespace

Response Metrics(const Service& service, const Request& request) {
  const bool open_metrics = request.Header("accept").find("application/openmetrics-text") != std::string::npos;
  const auto now = std::chrono::steady_clock::now();
  std::vector<Watched> all;
  for (const auto& served : service.models->All()) {
    if (served->watch) all.push_back({served, served->watch->Snapshot(now)});
  }
  MetricsText text(open_metrics);
  text.Family("frond_requests_total", "counter", "Requests to a model, by how they ended.");
  for (const Watched& one : all) {
    for (size_t i = 0; i < kRequestOutcomes; ++i) {
      text.Sample(one.With("outcome", RequestOutcomeName(static_cast<RequestOutcome>(i))),
                  static_cast<double>(one.snapshot.requests[i]));
    }
  }
  text.Family("frond_requests_pending", "gauge", "Requests that wait or run.");
  for (const Watched& one : all) text.Sample(one.Labels(), static_cast<double>(one.served->scheduler->pending()));
  AddLatencies(all, text);
  AddPredictions(all, text);
  if (service.monitoring != nullptr) AddMeasured(all, *service.monitoring, text);
  AddDrift(all, text);
  AddProcess(text);
  Response response{200, std::string(text.content_type()), std::move(text).Take(), {}};
  return response;
}

}  // namespace frond::serve
