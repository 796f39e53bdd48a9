#include <nlohmann/json.hpp>

#include "src/data/audit.h"
#include "src/data/audit_terms.h"

namespace frond {
namespace {

using Json = nlohmann::ordered_json;

Json ClassJson(const AuditedClass& one) {
  Json json = {{"label", one.label}};
  for (const Split split : kSplits) json[SplitName(split)] = one.photos[static_cast<size_t>(split)];
  return json;
}

Json SampleJson(const Dataset& dataset, size_t index) {
  const Sample& sample = dataset.samples[index];
  Json json = {{"path", sample.path}};
  for (size_t t = 0; t < dataset.tasks.size(); ++t) {
    const int label = sample.labels[t];
    const std::string& task = dataset.tasks[t].name;
    Json& place = task.empty() ? json["label"] : json["labels"][task];
    if (label != kNoLabel) place = dataset.labels[static_cast<size_t>(label)];
  }
  json["split"] = SplitName(sample.split);
  return json;
}

}  // namespace

std::string AuditToJson(const Audit& audit, const Dataset& dataset) {
  Json json;
  json["form"] = dataset.form;
  json["photos"] = audit.photos;
  json["classes"] = Json::array();
  for (const AuditedClass& one : audit.classes) json["classes"].push_back(ClassJson(one));
  json["imbalance"] = audit.imbalance;
  json["unreadable"] = Json::array();
  for (const UnreadablePhoto& photo : audit.unreadable) {
    Json entry = SampleJson(dataset, photo.sample);
    entry["error"] = {
        {"code", ErrorCodeName(photo.error.code)}, {"message", photo.error.message}, {"remedy", photo.error.remedy}};
    json["unreadable"].push_back(std::move(entry));
  }
  json["duplicates"] = {{"across_splits", audit.across_splits}, {"across_labels", audit.across_labels}};
  Json& pairs = json["duplicates"]["pairs"] = Json::array();
  for (const DuplicatePair& pair : audit.duplicates) {
    pairs.push_back({{"first", SampleJson(dataset, pair.first)},
                     {"second", SampleJson(dataset, pair.second)},
                     {"distance", pair.distance},
                     {"exact", pair.exact}});
  }
  json["border"] = {{"accuracy", audit.border_accuracy}, {"majority", audit.majority_accuracy}};
  if (!audit.border_task.empty()) json["border"]["task"] = audit.border_task;
  json["proportions"] = audit.proportions;
  json["photo_pixels"] = audit.photo_pixels;
  json["resize"] = {
      {"mode", ResizeModeName(audit.resize_mode)}, {"input_shape", audit.input_shape}, {"reason", audit.resize_reason}};
  json["warnings"] = audit.warnings;
  json["reading"] = dataset.warnings;
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace frond
