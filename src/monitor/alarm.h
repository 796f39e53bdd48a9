#ifndef FROND_SRC_MONITOR_ALARM_H_
#define FROND_SRC_MONITOR_ALARM_H_

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "src/monitor/facts.h"

namespace frond {

using WallTime = std::chrono::system_clock::time_point;    // to be shown; may jump
using SteadyTime = std::chrono::steady_clock::time_point;  // how long something lasts

// When a figure is too high, and when it no longer is: between the two, and for a while on either side, an alarm stays
// what it was, lest it flutter.
struct AlarmLimits {
  double raise_above = 0;
  double clear_below = 0;
  std::chrono::seconds raise_after{0};  // for so long above
  std::chrono::seconds clear_after{0};  // for so long below
};

// Whether a model, "name/version", is what was asked for: the same, or a name and thus any version of it, or empty and
// thus any.
inline bool IsOfModel(std::string_view model, std::string_view asked) {
  return asked.empty() || model == asked || (model.starts_with(asked) && model[asked.size()] == '/');
}

// What happened to an alarm, for the log, the webhook and the store.
struct AlarmEvent {
  bool raised = false;  // else cleared
  std::string model;    // "name/version"
  std::string kind;     // "latency.p95", "errors", "drift.input.brightness"
  std::string message;  // in words
  double value = 0;
  WallTime time = {};
  std::optional<Facts> facts = std::nullopt;  // what the message says
  std::vector<std::string> examples = {};     // of drift that is raised: DriftFinding::examples
  std::optional<double> p_value = {};         // of drift
};

// One figure of one model that is watched.
class Alarm {
 public:
  Alarm(std::string model, std::string kind, const AlarmLimits& limits)
      : model_(std::move(model)), kind_(std::move(kind)), limits_(limits) {}

  const std::string& model() const { return model_; }
  const std::string& kind() const { return kind_; }
  bool raised() const { return raised_; }
  WallTime since() const { return since_; }  // of its present state
  double value() const { return value_; }    // the last one known
  const std::string& message() const { return message_; }
  const std::optional<Facts>& facts() const { return facts_; }
  // Of photos that showed it when it was raised.
  const std::vector<std::string>& examples() const { return examples_; }
  void set_examples(std::vector<std::string> examples) { examples_ = std::move(examples); }

  // Takes what the figure is now, none where it cannot be told (too few requests), which changes nothing. What
  // happened, if anything, at `wall`.
  std::optional<AlarmEvent> Watch(std::optional<double> value, const std::string& message,
                                  const std::optional<Facts>& facts, SteadyTime now, WallTime wall);

 private:
  std::string model_;
  std::string kind_;
  AlarmLimits limits_;
  bool raised_ = false;
  WallTime since_ = {};
  double value_ = 0;
  std::string message_;
  std::optional<Facts> facts_;
  std::vector<std::string> examples_;
  std::optional<SteadyTime> beyond_;  // since when the figure has spoken for the other state
};

// Alarms that are not to be told of for a while: they are still raised, shown and recorded.
struct Silence {
  std::string model;  // as IsOfModel takes it
  std::string kind;   // empty: any
  std::string comment;
  WallTime until = {};

  bool Covers(const AlarmEvent& event) const {
    return event.time < until && IsOfModel(event.model, model) && (kind.empty() || kind == event.kind);
  }
};

}  // namespace frond

#endif  // FROND_SRC_MONITOR_ALARM_H_
