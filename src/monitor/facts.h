#ifndef FROND_SRC_MONITOR_FACTS_H_
#define FROND_SRC_MONITOR_FACTS_H_

#include <cstddef>
#include <limits>
#include <string>
#include <string_view>

namespace frond {

// What a finding or an alarm says, in parts, for whoever puts it into words of another language.
struct Facts {
  std::string of;         // whose figures these are, a kind: of "input.together" that which differs most
  std::string against;    // what `there` is of: "training", "last_week", "last_year", "week_before"; or "limit"
  std::string direction;  // of `here` beside `there`: "more", "less", or empty where they are unknown
  std::string label;      // of shares of classes the class
  // Means of what is seen in photos (of "input.size" in megapixels), shares of classes, confidences; "latency.p95" in
  // ms, "errors" as a share of the requests. NaN: this kind has none.
  double here = std::numeric_limits<double>::quiet_NaN();
  double there = std::numeric_limits<double>::quiet_NaN();
  size_t count = 0;  // photos, or requests
};

// "photos are darker than in training: brightness 0.31, there 0.52 (last 30 photos)"; of drift alone.
std::string InWords(std::string_view kind, const Facts& facts);
// "as in training": nothing to tell.
std::string AsIn(const std::string& against);

}  // namespace frond

#endif  // FROND_SRC_MONITOR_FACTS_H_
