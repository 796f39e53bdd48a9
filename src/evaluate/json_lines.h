#ifndef FROND_SRC_EVALUATE_JSON_LINES_H_
#define FROND_SRC_EVALUATE_JSON_LINES_H_

#include <nlohmann/json.hpp>
#include <string>

namespace frond {

// A JSON object with a line for each key, and for each element of an array or object of arrays or objects: a confusion
// matrix keeps its rows, where nlohmann's indentation gives every number a line of its own. Broken UTF-8 becomes
// U+FFFD.
inline std::string JsonLines(const nlohmann::ordered_json& object) {
  using Json = nlohmann::ordered_json;
  const auto dump = [](const Json& value) { return value.dump(-1, ' ', false, Json::error_handler_t::replace); };
  std::string out = "{";
  const char* next = "\n  ";
  for (const auto& [key, value] : object.items()) {
    out += next + dump(Json(key)) + ": ";
    next = ",\n  ";
    if (!value.is_structured() || value.empty() || !value.front().is_structured()) {
      out += dump(value);
      continue;
    }
    const char* next_element = value.is_array() ? "[\n    " : "{\n    ";
    for (const auto& [name, element] : value.items()) {
      out += next_element + (value.is_array() ? "" : dump(Json(name)) + ": ") + dump(element);
      next_element = ",\n    ";
    }
    out += value.is_array() ? "\n  ]" : "\n  }";
  }
  return out + "\n}\n";
}

}  // namespace frond

#endif  // FROND_SRC_EVALUATE_JSON_LINES_H_
