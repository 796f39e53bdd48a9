#ifndef FROND_SRC_SERVE_CORE_MONITORING_H_
#define FROND_SRC_SERVE_CORE_MONITORING_H_

#include <atomic>
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
#include "src/records/record_reader.h"
#include "src/records/record_store.h"
#include "src/serve/core/repository.h"
#include "src/serve/core/traffic_history.h"

namespace frond::serve {

struct MonitoringOptions {
  std::string store;  // path; empty: nothing is recorded
  RecordStoreOptions store_options = {};
  // Told of each alarm that is raised or cleared and not silenced; may take its time, must not throw.
  std::function<void(const AlarmEvent&)> tell = {};
  // Told why nothing is recorded any more, and "" once it is again; likewise.
  std::function<void(const std::string&)> store_changed = {};
  // For tests: the clock that is shown and that days are told by; none: the system's. Whether a thread looks after
  // alarms; else Tick is its owner's.
  std::function<WallTime()> wall = {};
  bool by_itself = true;
};

// How often a model's answers of the last days were right, as feedback says.
struct MeasuredAccuracy {
  static constexpr int kDays = 7;

  int64_t since_ms = 0;
  std::vector<TaskAccuracy> tasks;  // those with feedback
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
  // How a model's traffic of today differs from last week's and last year's, as it was last looked at.
  TrafficComparison Traffic(const std::string& model) const;

  // Of the model that clients know so, as it was last read: some seconds after FeedbackCame. None without a store, or
  // where it was not read yet.
  std::optional<MeasuredAccuracy> Measured(const std::string& model) const;
  // There is feedback in the store that was not there before. From any thread, at once.
  void FeedbackCame() { feedback_came_ = true; }

  // What the thread does every second.
  void Tick(SteadyTime now, WallTime wall);

 private:
  Monitoring(const Repository& models, MonitoringOptions options) : models_(models), options_(std::move(options)) {}

  void Run();
  void Handle(const AlarmEvent& event);
  void TellWhatIsNotSilenced(WallTime wall);
  void TellOfStore();
  void KeepTraffic(SteadyTime now, WallTime wall);
  // Reads what feedback says of all models.
  void Measure(SteadyTime now, WallTime wall);
  WallTime Now() const { return options_.wall ? options_.wall() : std::chrono::system_clock::now(); }

  const Repository& models_;
  const MonitoringOptions options_;
  std::atomic<bool> feedback_came_ = false;  // set from the store's thread too
  std::unique_ptr<RecordStore> store_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  std::vector<frond::Silence> silences_;
  std::deque<AlarmEvent> events_;
  std::map<std::string, TrafficComparison> traffic_;  // by model
  std::map<std::string, MeasuredAccuracy> measured_;  // likewise
  // The thread's own.
  std::string store_error_;                // last told
  std::optional<TrafficHistory> history_;  // where there is a store
  std::optional<SteadyTime> traffic_kept_, measured_at_;
  int64_t day_ = -1;
  std::map<std::pair<std::string, std::string>, AlarmEvent> untold_;  // raised while they were silenced; by model, kind
  std::thread thread_;
};

}  // namespace frond::serve

#endif  // FROND_SRC_SERVE_CORE_MONITORING_H_
