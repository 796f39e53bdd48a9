#ifndef FROND_SRC_EVALUATE_REPORT_H_
#define FROND_SRC_EVALUATE_REPORT_H_

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "frond/result.h"
#include "src/data/audit.h"
#include "src/data/dataset.h"
#include "src/evaluate/evaluation.h"

namespace frond {

// One line of a training's curves.
struct EpochRecord {
  int epoch = 0;  // from 1
  double learning_rate = 0;
  double train_loss = 0;
  double train_accuracy = 0;
  double val_loss = 0;
  double val_accuracy = 0;  // of several tasks their mean, as the losses
  double photos_per_s = 0;
  std::map<std::string, double> val_accuracy_of = {};  // by task, where they have names and photos in val
};

// What was measured of one task, and the photos for its gallery of those most wrongly and least certainly classified.
struct ReportedTask {
  std::optional<Evaluation> evaluation;
  std::optional<Predictions> predictions;
};

// A report's contents; what is absent has no section.
struct Report {
  std::string title;
  std::vector<std::pair<std::string, std::string>> facts;  // name and value, shown as a table at the top
  std::vector<EpochRecord> epochs;
  int best_epoch = 0;
  std::string split;  // what was evaluated: "test"
  std::vector<ReportedTask> tasks;
  std::optional<Audit> audit;
  std::optional<Dataset> audited;
  std::vector<std::string> log;  // what happened on the way: unreadable photos, resumed runs
};

// Each task that was evaluated, with those of `predictions` that are its own.
std::vector<ReportedTask> ReportedTasks(std::vector<Evaluation> evaluations, std::vector<Predictions> predictions);

// Writes one HTML file that needs nothing else: styles, charts (SVG) and thumbnails lie in it. Written beside, then
// renamed. Errors: kIo.
Status WriteReport(const std::string& path, const Report& report);

}  // namespace frond

#endif  // FROND_SRC_EVALUATE_REPORT_H_
