#ifndef FROND_SRC_SERVE_CORE_MONITORING_H_
#define FROND_SRC_SERVE_CORE_MONITORING_H_

#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "frond/result.h"
#include "src/records/record_store.h"
#include "src/serve/core/repository.h"

namespace frond::serve {

struct MonitoringOptions {
  std::string store;  // path; empty: nothing is recorded
  RecordStoreOptions store_options = {};
  // Told of each alarm that is raised or cleared and not silenced; may take its time, must not throw.
  std::function<void(const AlarmEvent&)> tell = {};
  // Told why nothing is recorded any more, and "" once it is again; likewise.
  std::function<void(const std::string&)> store_changed = {};
};

// What all models' watches share: a thread that looks after alarms, the record store, silences. Safe for any number of
// threads.
class Monitoring {
 public:
  static constexpr size_t kEventsKept = 200;
  static constexpr size_t kMostSilences = 1000;

  // `models` must be there until Stop. Errors: those of RecordStore::Open.
  static Result<std::unique_ptr<Monitoring>> Start(const Repository& models, MonitoringOptions options);
  ~Monitoring();
  Monitoring(const Monitoring&) = delete;
  Monitoring& operator=(const Monitoring&) = delete;

  // Keeps the day's traffic; alarms are not looked after any more. What is still answered is recorded until the end.
  void Stop();

  // Null where nothing is recorded.
  RecordStore* store() const { return store_.get(); }
  bool keeps_photos() const { return options_.store_options.keep_photos; }

  // Of the last answer with this id; empty where it is not in the store. Errors: those of RecordReader.
  Result<std::string> Photo(const std::string& request_id) const;
  // An error of the store as clients may see it: without the file's path, which is nobody's business.
  Error Nameless(Error error) const;

  // In place of one with the same model and kind; one that has ended only removes that. False where there are too many.
  bool Silence(const frond::Silence& silence);
  std::vector<frond::Silence> Silences() const;
  // Newest first.
  std::vector<AlarmEvent> Events() const;
  // How a model's traffic of today differs from last week's and last year's, as it was last looked at; empty where
  // the store knows none.
  std::vector<DriftFinding> TrafficFindings(const std::string& model) const;

  // What the thread does every second.
  void Tick(std::chrono::steady_clock::time_point now, WallTime wall);

 private:
  Monitoring(const Repository& models, MonitoringOptions options) : models_(models), options_(std::move(options)) {}

  void Run();
  void Handle(const AlarmEvent& event);
  void TellWhatIsNotSilenced(WallTime wall);
  void TellOfStore();
  // Keeps what passed since it was last called, for the day that it belongs to, and compares it with earlier days.
  void KeepTraffic(WallTime wall);
  void CompareTraffic(ModelWatch& watch, int64_t day, const TrafficSummary& today, const DriftBasis& basis);
  // Of the days [first, end), those that the basis can read.
  // None where the store cannot be read.
  std::optional<std::vector<TrafficSummary>> Summaries(const std::string& model, int64_t first, int64_t end,
                                                       const DriftBasis& basis) const;

  const Repository& models_;
  const MonitoringOptions options_;
  std::unique_ptr<RecordStore> store_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  std::vector<frond::Silence> silences_;
  std::deque<AlarmEvent> events_;
  std::map<std::string, std::vector<DriftFinding>> traffic_findings_;
  // The thread's own.
  std::string store_error_;  // last told
  std::optional<WallTime> traffic_kept_;
  int64_t day_ = -1;
  struct Before {
    bool known = false;
    uint64_t generation = 0;
    std::optional<TrafficSummary> summary = std::nullopt;
  };
  std::map<std::string, Before> before_;                              // of today, from before the model was loaded
  std::map<std::pair<std::string, std::string>, AlarmEvent> untold_;  // raised while they were silenced; by model, kind
  std::thread thread_;
};

}  // namespace frond::serve

#endif  // FROND_SRC_SERVE_CORE_MONITORING_H_
