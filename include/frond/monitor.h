#ifndef FROND_MONITOR_H_
#define FROND_MONITOR_H_

#include <chrono>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "frond/model.h"
#include "frond/result.h"

namespace frond {

// What happened to an alarm.
struct MonitorAlarm {
  bool raised = false;  // else cleared
  std::string model;    // the monitor's name
  std::string kind;     // "latency.p95", "errors", "drift.input.brightness"
  std::string message;  // in words
  double value = 0;     // of the figure that is watched; of drift 0 or 1
  std::chrono::system_clock::time_point time = {};
};

struct MonitorOptions {
  // An alarm where, of the Runs of the last five minutes and 20 of them at least, the 95th percentile of their times is
  // above `p95_ms`, or a larger share than `error_rate` failed though nothing was wrong with what they were given: for
  // ten seconds. It is cleared where they are below nine, or four, tenths of that for a minute. Infinity: never.
  double p95_ms = 200;
  double error_rate = 0.05;
  // Hears of each alarm that is raised or cleared, from the thread that called Run or ToJson, which may be two at once.
  // It may call ToJson; what it throws comes out of that call.
  std::function<void(const MonitorAlarm&)> on_alarm = nullptr;
};

// Watches a session at work: how long it takes, what it calls the images, and whether these still are what the model
// was trained on, as `frond serve` watches its own. Keeps no image: some figures of each, a few megabytes in all.
// One caller at a time may Run; any number of threads may call ToJson meanwhile. Nothing but std::bad_alloc is thrown.
class Monitor {
 public:
  // `session` is not owned: it outlives the monitor and is not moved meanwhile. `name` is what documents and alarms
  // call the model. Takes some 20 ms where the model says what training saw (Model::reference); where it does
  // not, drift is not watched, and ToJson says so.
  Monitor(Session& session, std::string name, MonitorOptions options = {});

  Monitor(Monitor&&) noexcept;
  Monitor& operator=(Monitor&&) noexcept;
  ~Monitor();

  // Session::Run, with its errors and the same bits. Times are of the whole call, by all of the batch (total), and
  // each image's share of the session's (inference); a session's first Run at a size plans it, and takes longer. Images
  // of the model's own size are observed, of others drift would be told by that alone: some 50 us an image of 224 px,
  // now and then a millisecond. An image that is not finite, or for which there is no memory, is answered and not
  // observed. Looks at the alarms at most once a second.
  Status Run(const ImageBatch& batch, std::span<float> out, std::span<float> features = {});

  // What is known, as one JSON object, the part of the service's GET /v1/monitor that every program has:
  //   {"model", "latency_ms": {"count", "p50", "p90", "p95", "p99", "p99.9", "max"}, "p95_limit_ms",
  //    "stages_ms": {"inference": {...}, ...}, "requests": {"answered", "bad_request", "failed", ...},
  //    "requests_per_s", "recent": [{"seconds_ago", "answered", "failed", "p50", "p95"}],
  //    "photos", "tasks": [{"task", "estimated_accuracy", "classes": [{"index", "label", "photos", "share",
  //    "expected"}]}], "drift_watched", "drift_unwatched_why",
  //    "drift_unwatched_code",
  //    "drift": [{"kind", "alarm", "p_value", "statistic", "photos", "message", "facts"}],
  //    "alarms": [{"kind", "model", "since_ms", "value", "message", "facts"}]}
  // "facts" are what an alarm's message says in parts: {"of", "against", "direction", "label", "here", "there",
  // "count"}. A request is a Run, a photo an image. Percentiles are of the last five minutes, within 1 %; null where
  // there is none. `alarms` are those that are raised; all are looked at first. Keys stay; more may come. Some 0.1 ms.
  std::string ToJson() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace frond

#endif  // FROND_MONITOR_H_
