#ifndef FROND_SRC_RECORDS_STORE_REPORT_H_
#define FROND_SRC_RECORDS_STORE_REPORT_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "frond/result.h"
#include "src/records/record_reader.h"
#include "src/records/traffic_days.h"

namespace frond {

// Under which an answer is wanted on a cheap tablet; the report's charts have a line there.
constexpr double kWantedMs = 200;

// What a record store says of a stretch of time, for people and for programs.
struct StoreReport {
  std::string store;  // its path
  RecordFilter filter;
  RecordTotals totals;
  std::vector<ModelCount> models;
  std::vector<StatusCount> statuses;
  StageLatencies stages;
  int64_t stretch_ms = kHourMs;  // of `over_time`: such that there are at most some hundred
  std::vector<LatencyStretch> over_time;
  std::vector<ClassCount> classes;
  std::vector<ConfidenceHistogram> confidences;
  std::vector<TaskAccuracy> accuracy;
  std::vector<TaskAccuracy> accuracy_by_day;
  std::vector<Correction> corrections;
  std::vector<PhotoDay> photos;
  std::vector<EventRecord> events;  // newest first
  std::vector<TrafficDays> traffic;
  // Of the photos that the latest alarms name, by request id: ThumbnailAttributes; what is no photo has none.
  std::map<std::string, std::string> thumbnails;
};

// Alarms, the latest of those with photos, whose photos are shown: 6 kB a photo.
constexpr size_t kShownWithPhotos = 20;

// Errors: kNotFound where the filter leaves nothing, with what there is; those of the reader.
Result<StoreReport> GatherStoreReport(const RecordReader& reader, const std::string& store, const RecordFilter& filter);

std::string StoreReportToText(const StoreReport& report);
std::string StoreReportToJson(const StoreReport& report);  // store_report_json.cc; docs/monitor.md has its keys
std::string StoreReportToHtml(const StoreReport& report);  // store_report_page.cc; one page that loads and runs nothing

}  // namespace frond

#endif  // FROND_SRC_RECORDS_STORE_REPORT_H_
