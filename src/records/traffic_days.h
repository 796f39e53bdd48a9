#ifndef FROND_SRC_RECORDS_TRAFFIC_DAYS_H_
#define FROND_SRC_RECORDS_TRAFFIC_DAYS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "src/monitor/drift_detector.h"
#include "src/records/record_reader.h"

namespace frond {

// How a model's photos moved from day to day, from its daily summaries.
struct TrafficDays {
  // Of what is measured of each photo: "input.brightness", "predictions.confidence" (DriftColumn::kind).
  struct Measure {
    std::string kind;
    std::optional<double> training;  // the mean there, where it is known
  };
  struct Figure {
    double mean = 0;  // NaN where no photo has one
    double deviation = 0;
  };
  struct Day {
    int64_t day = 0;
    uint64_t photos = 0;
    std::vector<Figure> figures;  // one for each measure, of the summary's sample
    // Whether it was set beside the seven days before it: both need 30 photos. How it differs from them.
    bool compared = false;
    std::vector<DriftFinding> differs;
  };
  std::string model;
  std::vector<Measure> measures;
  std::vector<Day> days;
};

// Of each model that has summaries and what they are read with. Days that another model of its name saw are left out.
// Some 60 ms a day. Errors: those of the reader.
Result<std::vector<TrafficDays>> GatherTrafficDays(const RecordReader& reader, const RecordFilter& filter);

}  // namespace frond

#endif  // FROND_SRC_RECORDS_TRAFFIC_DAYS_H_
