#include "src/monitor/alarm.h"

#include <cmath>

namespace frond {

std::optional<AlarmEvent> Alarm::Watch(std::optional<double> value, const std::string& message,
                                       const std::optional<Facts>& facts, SteadyTime now, WallTime wall) {
  if (!value || std::isnan(*value)) {
    beyond_.reset();
    return std::nullopt;
  }
  value_ = *value;
  message_ = message;
  facts_ = facts;
  const bool other = raised_ ? *value < limits_.clear_below : *value > limits_.raise_above;
  if (!other) {
    beyond_.reset();
    return std::nullopt;
  }
  if (!beyond_) beyond_ = now;
  if (now - *beyond_ < (raised_ ? limits_.clear_after : limits_.raise_after)) return std::nullopt;
  raised_ = !raised_;
  since_ = wall;
  beyond_.reset();
  return AlarmEvent{raised_, model_, kind_, message_, value_, wall, facts_};
}

}  // namespace frond
