#include "src/classify/answer_json.h"

#include <cmath>
#include <utility>

namespace frond {

using Json = nlohmann::ordered_json;

void AddScores(const Model& model, const std::vector<TaskScores>& scores, Json& result) {
  for (const TaskScores& task : scores) {
    Json top = Json::array();
    for (const Score& score : task.scores) {
      Json label = {{"index", score.index}, {"label", nullptr}, {"score", score.score}};
      if (!model.labels().empty()) label["label"] = model.labels()[static_cast<size_t>(score.index)];
      top.push_back(std::move(label));
    }
    if (task.task.empty()) {
      result["labels"] = std::move(top);
    } else {
      result["tasks"].push_back({{"task", task.task}, {"top", std::move(top)}});
    }
  }
}

Json ErrorToJson(const Error& error) {
  return {{"code", ErrorCodeName(error.code)}, {"message", error.message}, {"remedy", error.remedy}};
}

double RoundedMs(double ms) { return std::round(ms * 1000) / 1000; }

std::string DumpJson(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

}  // namespace frond
