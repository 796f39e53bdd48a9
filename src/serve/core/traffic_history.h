#ifndef FROND_SRC_SERVE_CORE_TRAFFIC_HISTORY_H_
#define FROND_SRC_SERVE_CORE_TRAFFIC_HISTORY_H_

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "src/monitor/model_watch.h"
#include "src/records/record_store.h"

namespace frond::serve {

// Whether today is compared with some earlier days.
struct EarlierTraffic {
  enum class Why { kCompared, kNoStore, kUnreadable, kFewThen, kFewNow };

  std::string against;  // "last_week", "last_year"
  Why why = Why::kNoStore;
  uint64_t photos_now = 0, photos_then = 0;

  std::string code() const;     // "no_store", "few_now"; empty where it is compared
  std::string message() const;  // "not enough to compare with last week: 12 photos today, of the 30 that it takes"
};

struct TrafficComparison {
  TrafficComparison();

  std::array<EarlierTraffic, 2> earlier;    // last week, last year
  std::vector<DriftFinding> findings = {};  // kinds begin with `against`: "last_week.input.brightness"
};

// Keeps each day's traffic of a model in the record store, and compares today's with that of the week before and that
// of the same season of last year. For one thread.
//
// A day is looked at when it has 30 photos, then each time that they have grown by half, and when it is over. Look k of
// a day has 1 / (k (k + 1)) of what false alarms the day may have, one day in a hundred, which adds up to one. An alarm
// stays until 100 photos, or a day that is over, say that its difference has gone.
class TrafficHistory {
 public:
  // `store` writes to the file at `path`, and outlives this.
  TrafficHistory(RecordStore& store, std::string path) : store_(store), path_(std::move(path)) {}

  // Keeps what passed since the day began, or since it was last called where another day has begun meanwhile: that
  // belongs to the day before. For all models before the next Keep with a later day.
  void Keep(ModelWatch& watch, int64_t day);
  // As of the last Keep.
  const TrafficComparison& Of(const std::string& model) const;

 private:
  struct Stretch {  // of earlier days, as they are compared with
    bool known = false;
    std::optional<TrafficSummary> summary;
  };
  struct Past {
    int64_t day = -1;         // that passes now
    uint64_t generation = 0;  // of the model
    uint64_t key = 0;         // of its basis
    Stretch before;           // of this day, from before the model was loaded
    std::array<Stretch, 2> earlier;
    int looks = 0;           // of this day
    uint64_t looked_at = 0;  // photos, at the last of them
    TrafficComparison compared;
  };

  void KeepDay(ModelWatch& watch, Past& past, bool over, int64_t next_day);
  void Compare(const TrafficSummary& today, bool over, const DriftBasis& basis, Past& past) const;
  // The days [first, end) together; not known where the store cannot be read.
  Stretch Read(const std::string& model, int64_t first, int64_t end, const DriftBasis& basis) const;

  RecordStore& store_;
  const std::string path_;
  std::map<std::string, Past> pasts_;
};

}  // namespace frond::serve

#endif  // FROND_SRC_SERVE_CORE_TRAFFIC_HISTORY_H_
