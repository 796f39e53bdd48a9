#ifndef FROND_SRC_MONITOR_MODEL_WATCH_H_
#define FROND_SRC_MONITOR_MODEL_WATCH_H_

#include <array>
#include <chrono>
#include <cstdint>
#include <limits>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "frond/model.h"
#include "frond/result.h"
#include "src/monitor/alarm.h"
#include "src/monitor/drift_detector.h"
#include "src/monitor/latency_sketch.h"
#include "src/monitor/sliding.h"

namespace frond {

// How a request ended.
enum class RequestOutcome {
  kAnswered,
  kBadRequest,  // the client's fault: no photo, a bad tensor
  kFull,        // refused: too many wait, or the service is ending
  kLate,        // its deadline passed while it waited
  kCancelled,   // the client has gone
  kFailed,      // ours
};
constexpr size_t kRequestOutcomes = 6;
std::string_view RequestOutcomeName(RequestOutcome outcome);  // "answered", "bad_request", ...

// Where a request's time goes. All but the first are of a photo or tensor.
enum class Stage { kTotal, kQueue, kDecode, kPreprocess, kInference };
constexpr size_t kStages = 5;
std::string_view StageName(Stage stage);  // "total", "queue", ...

using StageTimes = std::array<double, kStages>;  // ms; NaN: there was none

struct WatchOptions {
  // Of the 95th percentile of the last five minutes, where there are at least kLeastRequests.
  AlarmLimits p95_ms = {.raise_above = 200,
                        .clear_below = 180,
                        .raise_after = std::chrono::seconds(10),
                        .clear_after = std::chrono::seconds(60)};
  // Of the share of requests, of the last five minutes, that were not answered though nothing was wrong with them.
  AlarmLimits error_rate = {.raise_above = 0.05,
                            .clear_below = 0.02,
                            .raise_after = std::chrono::seconds(10),
                            .clear_after = std::chrono::seconds(60)};

  // Raised above these, cleared some way below.
  void SetLimits(double p95, double share) {
    p95_ms.raise_above = p95;
    p95_ms.clear_below = 0.9 * p95;
    error_rate.raise_above = share;
    error_rate.clear_below = 0.4 * share;
  }
};

// What is known of a model at a moment.
struct WatchSnapshot {
  struct Latency {
    uint64_t count = 0;
    double p50 = 0, p90 = 0, p95 = 0, p99 = 0, p999 = 0, max = 0;  // ms; NaN of none
  };
  struct Class {
    uint64_t photos = 0;                                         // called so
    double share = 0;                                            // of the task's photos
    double expected = std::numeric_limits<double>::quiet_NaN();  // share in training; NaN: unknown
  };
  // One of the stretches that the last five minutes are looked at in.
  struct Slice {
    int seconds_ago = 0;  // its beginning
    uint64_t answered = 0;
    uint64_t failed = 0;
    double p50 = 0, p95 = 0;  // ms; NaN of none
  };
  std::vector<Slice> recent = {};                        // oldest first
  std::string model;                                     // "name/version"
  std::array<uint64_t, kRequestOutcomes> requests = {};  // since it began
  double p95_limit_ms = 0;                               // of the alarm
  double requests_per_s = 0;                             // answered, of the last minute
  std::array<Latency, kStages> latency = {};             // of the last five minutes
  std::optional<Model> seen = std::nullopt;              // the model that photos are observed of
  uint64_t photos = 0;                                   // observed
  std::vector<Class> classes;                            // of all tasks; empty where none was observed
  std::vector<double> estimated_accuracy;                // of each task: the mean confidence; empty likewise
  bool drift_watched = false;
  Error drift_unwatched_why;  // kNotFound: the model file has no reference
  std::vector<DriftFinding> drift;
  std::vector<Alarm> alarms;  // all that are watched, raised or not
};

// A histogram as Prometheus counts: cumulative, in seconds, since it began.
struct LatencyCounts {
  static constexpr std::array<double, 12> kBoundsSeconds = {0.005, 0.01, 0.025, 0.05, 0.1, 0.2,
                                                            0.3,   0.5,  1,     2.5,  5,   10};
  std::array<uint64_t, kBoundsSeconds.size() + 1> counts = {};  // of each bucket alone; the last is beyond all bounds
  double sum_seconds = 0;

  void Add(double ms);
};

// Watches one model at work, over reloads: latencies, how requests end, what photos are called, drift from training.
// Safe for any number of threads; a call takes some microseconds, of which another waits.
class ModelWatch {
 public:
  static constexpr std::chrono::minutes kWindow{5};
  static constexpr uint64_t kLeastRequests = 20;

  ModelWatch(std::string name, const WatchOptions& options);  // "name/version"

  const std::string& name() const { return name_; }

  // Whether images of this size are observed: none of a feature extractor, and none but the model's own size, for
  // others would be told apart from training by that alone.
  static bool Observes(const Model& model, int height, int width);
  // Whether an alarm may be of that kind: of the latency, of errors, or of any kind of drift.
  static bool IsAlarmKind(std::string_view kind);

  // Begins to watch this model's photos; what was known of an earlier one's is forgotten, latencies are not. A model
  // without reference is watched but for drift.
  void Begin(const Model& model);

  // A request's end, `ms` after it came.
  void RequestEnded(RequestOutcome outcome, double ms, std::chrono::steady_clock::time_point now);
  // One photo or tensor that was run; kTotal is not looked at.
  void PhotoRun(const StageTimes& times, std::chrono::steady_clock::time_point now);
  // What was seen in a photo, of the model that Begin was last called with: features and logits of one image. What is
  // not finite is not observed. `id` is what the photo is found by, where it is kept.
  void Observe(const Model& model, const PhotoStatistics& statistics, std::span<const float> features,
               std::span<const float> logits, std::string_view id = {});

  // Looks whether an alarm is to be raised or cleared: to be called every second or so.
  std::vector<AlarmEvent> Judge(SteadyTime now, WallTime wall);

  WatchSnapshot Snapshot(std::chrono::steady_clock::time_point now) const;
  // For /metrics, since it began: of each stage.
  std::array<LatencyCounts, kStages> Counts() const;
  // Of the model that is watched: another after each Begin.
  uint64_t Generation() const;
  // How photos are observed now; none before Begin.
  std::optional<DriftBasis> Basis() const;
  // What its traffic is read with elsewhere (TrafficKeyToJson); empty before Begin.
  std::string KeyOfTraffic() const;
  // What passed since Begin or the last TakeTraffic, to be kept for later comparison; none where nothing did.
  std::optional<TrafficSummary> Traffic() const;
  std::optional<TrafficSummary> TakeTraffic(uint64_t seed);
  // Raises and clears alarms for findings of comparisons with earlier traffic: all that there are now.
  std::vector<AlarmEvent> JudgeFindings(const std::vector<DriftFinding>& findings, SteadyTime now, WallTime wall);

 private:
  struct Seen;  // of the model at hand
  struct RequestTally {
    uint64_t answered = 0;
    uint64_t failed = 0;  // though nothing was wrong with them

    void Merge(const RequestTally& other) {
      answered += other.answered;
      failed += other.failed;
    }
  };

  void JudgeDrift(const std::vector<DriftFinding>& findings, SteadyTime now, WallTime wall, std::vector<Alarm>& alarms,
                  std::vector<AlarmEvent>& events);

  const std::string name_;
  const WatchOptions options_;
  mutable std::mutex mutex_;
  std::array<uint64_t, kRequestOutcomes> requests_ = {};
  std::array<Sliding<LatencySketch>, kStages> latency_;
  std::array<LatencyCounts, kStages> counts_ = {};
  Sliding<RequestTally> ended_;
  Alarm p95_;
  Alarm errors_;
  std::vector<Alarm> drift_;    // one for each kind of finding, beside training
  std::vector<Alarm> traffic_;  // likewise, beside earlier traffic
  std::shared_ptr<Seen> seen_;
  uint64_t generation_ = 0;
};

}  // namespace frond

#endif  // FROND_SRC_MONITOR_MODEL_WATCH_H_
