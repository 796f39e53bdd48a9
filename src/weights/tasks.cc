#include "src/weights/tasks.h"

#include <cmath>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <set>

#include "src/base/format.h"
#include "src/weights/convert_bytes.h"

namespace frond {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kMaxNameBytes = 256;
constexpr size_t kMaxJsonBytes = 1 << 20;
constexpr const char* kDamaged = "the file is damaged: import, train or copy it again";

Error Bad(std::string message) { return Error{ErrorCode::kBadFormat, std::move(message), kDamaged}; }
Error Refused(std::string message) {
  return Error{ErrorCode::kInvalidArgument, std::move(message), "give each task a name of its own and its classes"};
}

// A discarded value for what is no JSON. The parser takes a zero byte for the end, and would not see what hides behind
// it.
Json Parse(std::string_view text) {
  if (text.size() > kMaxJsonBytes || text.find('\0') != std::string_view::npos) return Json(Json::value_t::discarded);
  return Json::parse(text, nullptr, /*allow_exceptions=*/false);
}

}  // namespace

std::vector<Task> UnnamedTask(int classes) {
  if (classes == 0) return {};
  return {Task{"", 0, classes}};
}

Status CheckTasks(const std::vector<Task>& tasks, int num_classes) {
  std::set<std::string_view> names;
  int64_t classes = 0;
  for (const Task& task : tasks) {
    const std::string& name = task.name;
    if (name.empty() || name.size() > kMaxNameBytes || !IsCleanUtf8(name)) {
      return Refused(StrCat(Quote(name), " is no name of a task"));
    }
    if (!names.insert(name).second) return Refused(StrCat("two tasks are called ", Quote(name)));
    if (task.classes < 1 || task.first != classes) {
      return Refused(StrCat("the task ", Quote(name), " has ", task.classes, " classes from ", task.first,
                            ", where those before it have ", classes));
    }
    classes += task.classes;
    if (classes > num_classes) break;
  }
  if (classes == num_classes) return {};
  return Refused(StrCat("tasks of ", classes, " classes, where the network has ", num_classes));
}

Result<std::vector<Task>> ParseTasksJson(std::string_view json, int num_classes) {
  const Json list = Parse(json);
  if (!list.is_array() || list.empty()) return Bad(StrCat("tasks are ", Quote(json.substr(0, 80))));
  std::vector<Task> tasks;
  int first = 0;
  for (const Json& entry : list) {
    const auto name = entry.is_object() ? entry.find("name") : entry.end();
    const auto classes = entry.is_object() ? entry.find("classes") : entry.end();
    const bool whole = entry.is_object() && entry.size() == 2 && name != entry.end() && classes != entry.end() &&
                       name->is_string() && classes->is_number_integer();
    if (!whole) return Bad(StrCat("task ", tasks.size(), " is no object of a name and a number of classes"));
    // A number that does not fit into an int must not become one that does.
    const bool fits = classes->is_number_unsigned() && classes->get<uint64_t>() <= static_cast<uint64_t>(num_classes);
    if (!fits) return Bad(StrCat("task ", tasks.size(), " has more classes than the network's ", num_classes));
    tasks.push_back({name->get<std::string>(), first, classes->get<int>()});
    if (tasks.back().classes > num_classes - first) break;  // CheckTasks refuses it
    first += tasks.back().classes;
  }
  if (const Status status = CheckTasks(tasks, num_classes); !status.ok()) return Bad(status.error().message);
  return tasks;
}

std::string TasksToJson(const std::vector<Task>& tasks) {
  Json list = Json::array();
  for (const Task& task : tasks) list.push_back({{"name", task.name}, {"classes", task.classes}});
  return list.dump();
}

Result<std::vector<double>> ParseCalibrationJson(std::string_view json, const std::vector<Task>& tasks) {
  const Error bad = Bad(StrCat("it is ", Quote(json.substr(0, 80))));
  const Json object = Parse(json);
  if (!object.is_object()) return bad;
  const bool named = !tasks.empty() && !tasks.front().name.empty();
  const auto found = object.find(named ? "temperatures" : "temperature");
  if (found == object.end()) return bad;
  const Json list = named ? *found : Json::array({*found});
  if (!list.is_array() || list.size() != std::max<size_t>(1, tasks.size())) return bad;
  std::vector<double> temperatures;
  for (const Json& value : list) {
    if (!value.is_number() || !IsTemperature(value.get<double>())) return bad;
    temperatures.push_back(value.get<double>());
  }
  return temperatures;
}

std::string CalibrationToJson(const std::vector<double>& temperatures, const std::vector<Task>& tasks) {
  const bool named = !tasks.empty() && !tasks.front().name.empty();
  return named ? Json{{"temperatures", temperatures}}.dump() : Json{{"temperature", temperatures.at(0)}}.dump();
}

bool IsTemperature(double value) { return value > 0 && std::isfinite(value); }

}  // namespace frond
