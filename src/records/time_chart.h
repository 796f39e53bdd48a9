#ifndef FROND_SRC_RECORDS_TIME_CHART_H_
#define FROND_SRC_RECORDS_TIME_CHART_H_

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "src/base/wilson.h"

namespace frond {

struct TimePoint {
  int64_t unix_ms = 0;
  double value = 0;
  std::optional<Interval> whiskers = {};
};

struct TimeSeries {
  std::string name;
  int style = 1;  // 1 to 3: html_style.h's lines and dots
  std::vector<TimePoint> points;
};

// Values over time as a figure of SVG, times in UTC.
struct TimeChart {
  std::string id;     // unique in the page
  std::string title;  // with the unit
  std::vector<TimeSeries> series;
  int64_t gap_ms = 0;                // points further apart than this are not joined
  bool share = false;                // 0 to 1, shown as 0 to 100
  bool logarithmic = false;          // of values above 0
  bool bars = false;                 // the first series as bars of gap_ms / 2
  std::optional<double> guide = {};  // a level to compare with
  std::string guide_text = {};

  std::string ToHtml() const;  // empty where there is no finite value
};

}  // namespace frond

#endif  // FROND_SRC_RECORDS_TIME_CHART_H_
