#ifndef FROND_SRC_EVALUATE_REPORT_SECTIONS_H_
#define FROND_SRC_EVALUATE_REPORT_SECTIONS_H_

#include <string>
#include <vector>

#include "src/evaluate/report.h"
#include "src/html/html.h"

namespace frond {

// The parts of a report as HTML; empty where there is nothing to show.

std::string CurvesHtml(const std::vector<EpochRecord>& epochs, int best_epoch);  // report_curves.cc

std::string ConfusionHtml(const Evaluation& evaluation);  // report_confusion.cc

// Precision and recall of each class with their intervals: a chart and a table.
// `id_suffix` tells the ids of a task's charts from those of the tasks before it.
std::string ClassesHtml(const Evaluation& evaluation, const std::string& id_suffix);      // report_classes.cc
std::string ReliabilityHtml(const Evaluation& evaluation, const std::string& id_suffix);  // report_reliability.cc

// Reads the photos it shows; one that cannot be read any more leaves an empty place.
std::string GalleryHtml(const Predictions& predictions, double temperature);  // report_gallery.cc

std::string AuditHtml(const Audit& audit, const Dataset* dataset);  // report_audit.cc

}  // namespace frond

#endif  // FROND_SRC_EVALUATE_REPORT_SECTIONS_H_
