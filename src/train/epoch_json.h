#ifndef FROND_SRC_TRAIN_EPOCH_JSON_H_
#define FROND_SRC_TRAIN_EPOCH_JSON_H_

#include <cmath>
#include <nlohmann/json.hpp>

#include "src/evaluate/report.h"

namespace frond {

constexpr const char* kValAccuracyOf = "val_accuracy_of";  // by task, where there are several

// One list of fields serves both directions.
template <class Visitor, class Record>
void VisitEpoch(Visitor visit, Record& record) {
  visit("epoch", record.epoch);
  visit("learning_rate", record.learning_rate);
  visit("train_loss", record.train_loss);
  visit("train_accuracy", record.train_accuracy);
  visit("val_loss", record.val_loss);
  visit("val_accuracy", record.val_accuracy);
  visit("photos_per_s", record.photos_per_s);
}

// Numbers survive exactly; what is no number (without validation) is null.
inline void to_json(nlohmann::json& json, const EpochRecord& record) {  // NOLINT(readability-identifier-naming)
  VisitEpoch([&](const char* field, const auto& value) { json[field] = value; }, record);
  if (!record.val_accuracy_of.empty()) json[kValAccuracyOf] = record.val_accuracy_of;
}
inline void from_json(const nlohmann::json& json, EpochRecord& record) {  // NOLINT(readability-identifier-naming)
  VisitEpoch(
      [&](const char* field, auto& value) {
        const nlohmann::json& found = json.at(field);
        if (found.is_null()) {
          value = static_cast<std::decay_t<decltype(value)>>(NAN);
        } else {
          found.get_to(value);
        }
      },
      record);
  if (json.contains(kValAccuracyOf)) json.at(kValAccuracyOf).get_to(record.val_accuracy_of);
}

}  // namespace frond

#endif  // FROND_SRC_TRAIN_EPOCH_JSON_H_
