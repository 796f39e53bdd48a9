#ifndef FROND_SRC_MONITOR_WATCH_JSON_H_
#define FROND_SRC_MONITOR_WATCH_JSON_H_

#include <nlohmann/json.hpp>
#include <optional>

#include "frond/model.h"
#include "src/monitor/model_watch.h"

namespace frond {

// What is known of `model`, as Monitor::ToJson gives it and the service's GET /v1/monitor begins: frond/monitor.h lists
// the keys. The snapshot is of a watch of that model.
nlohmann::ordered_json WatchToJson(const WatchSnapshot& snapshot, const Model& model);

// {"of", "against", "direction", "label", "here", "there", "count"}: what a message says, in parts; null of none.
nlohmann::ordered_json FactsToJson(const std::optional<Facts>& facts);

// Since 1970, UTC.
int64_t UnixMs(WallTime time);

}  // namespace frond

#endif  // FROND_SRC_MONITOR_WATCH_JSON_H_
