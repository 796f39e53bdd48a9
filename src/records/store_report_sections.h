#ifndef FROND_SRC_RECORDS_STORE_REPORT_SECTIONS_H_
#define FROND_SRC_RECORDS_STORE_REPORT_SECTIONS_H_

#include <string>

#include "src/records/store_report.h"

namespace frond {

// The parts of the page as HTML; empty where there is nothing to show.

std::string LatencyHtml(const StoreReport& report);     // store_report_use.cc
std::string ThroughputHtml(const StoreReport& report);  // store_report_use.cc
std::string StatusesHtml(const StoreReport& report);    // store_report_use.cc

std::string ClassMixHtml(const StoreReport& report);     // store_report_quality.cc
std::string ConfidencesHtml(const StoreReport& report);  // store_report_quality.cc
std::string AccuracyHtml(const StoreReport& report);     // store_report_quality.cc

std::string ExamplesHtml(const StoreReport& report);     // store_report_photos.cc
std::string DriftHtml(const StoreReport& report);        // store_report_photos.cc
std::string TrafficDaysHtml(const StoreReport& report);  // store_report_photos.cc

std::string AlarmsHtml(const StoreReport& report);  // store_report_page.cc

}  // namespace frond

#endif  // FROND_SRC_RECORDS_STORE_REPORT_SECTIONS_H_
