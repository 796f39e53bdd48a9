#ifndef FROND_SRC_CLASSIFY_ANSWER_JSON_H_
#define FROND_SRC_CLASSIFY_ANSWER_JSON_H_

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "frond/classify.h"
#include "frond/result.h"

namespace frond {

// What `frond predict --json` and the service answer about a photo. Texts that are not UTF-8 are written with
// replacement characters.

// Into `result`: "labels": [{"index", "label", "score"}], or where the model's tasks have names "tasks": [{"task",
// "top": [...]}]. "label" is null where the model has no labels.
void AddScores(const Model& model, const std::vector<TaskScores>& scores, nlohmann::ordered_json& result);

// {"code", "message", "remedy"}
nlohmann::ordered_json ErrorToJson(const Error& error);

// Milliseconds to the microsecond: what a clock tells apart.
double RoundedMs(double ms);

std::string DumpJson(const nlohmann::ordered_json& json);

}  // namespace frond

#endif  // FROND_SRC_CLASSIFY_ANSWER_JSON_H_
