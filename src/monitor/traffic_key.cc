#include "src/monitor/traffic_key.h"

#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

#include "src/base/format.h"

namespace frond {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kMostDirections = 1024;
constexpr int kMostClasses = 1'000'000;

Error Bad() {
  return {ErrorCode::kBadFormat, "what summaries of traffic are read with is damaged", "leave this model's out"};
}

}  // namespace

std::string TrafficKeyToJson(const DriftBasis& basis, const DriftReference* training) {
  Json tasks = Json::array();
  for (const Task& task : basis.tasks()) tasks.push_back({{"task", task.name}, {"classes", task.classes}});
  Json means = Json::object();
  if (training != nullptr) {
    for (const DriftColumn& column : training->columns()) {
      if (column.count > 0 && std::isfinite(column.mean)) means[column.kind] = column.mean;
    }
  }
  // As text: JSON's numbers are others' doubles.
  const Json json = {{"key", StrCat(basis.key())},
                     {"directions", basis.directions()},
                     {"tasks", std::move(tasks)},
                     {"labels", basis.names()},
                     {"training", std::move(means)}};
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Result<TrafficKey> ParseTrafficKey(const std::string& text) {
  const Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  try {
    const std::string digits = json.at("key").get<std::string>();
    uint64_t key = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), key);
    const auto directions = json.at("directions").get<size_t>();
    if (error != std::errc() || end != digits.data() + digits.size() || directions > kMostDirections) return Bad();
    std::vector<Task> tasks;
    int first = 0;
    for (const Json& one : json.at("tasks")) {
      const auto classes = one.at("classes").get<int>();
      if (classes < 1 || classes > kMostClasses - first) return Bad();
      tasks.push_back({one.at("task").get<std::string>(), first, classes});
      first += classes;
    }
    const auto labels = json.at("labels").get<std::vector<std::string>>();
    FROND_ASSIGN(DriftBasis basis, DriftBasis::OfTraffic(key, directions, tasks, labels));
    return TrafficKey{std::move(basis), json.at("training").get<std::map<std::string, double>>()};
  } catch (const Json::exception&) {
    return Bad();
  }
}

}  // namespace frond
