#ifndef FROND_SRC_MONITOR_TRAFFIC_KEY_H_
#define FROND_SRC_MONITOR_TRAFFIC_KEY_H_

#include <map>
#include <string>

#include "frond/result.h"
#include "src/monitor/drift_reference.h"

namespace frond {

// What summaries of a model's traffic are read with where the model is not at hand, and what they are set beside.
struct TrafficKey {
  DriftBasis basis;                        // which observes nothing
  std::map<std::string, double> training;  // means in training by kind, "input.brightness"; empty where unknown
};

// `training` is null where the model's file does not say what training saw.
std::string TrafficKeyToJson(const DriftBasis& basis, const DriftReference* training);
// Errors: kBadFormat.
Result<TrafficKey> ParseTrafficKey(const std::string& json);

}  // namespace frond

#endif  // FROND_SRC_MONITOR_TRAFFIC_KEY_H_
