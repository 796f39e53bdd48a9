#include "src/serve/core/monitoring.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <system_error>
#include <utility>

#include "src/base/format.h"
#include "src/monitor/watch_json.h"

namespace frond::serve {
namespace {

constexpr std::chrono::seconds kTick(1);
// A day's summary is written as far as it has come so often; what a crash may lose.
constexpr std::chrono::minutes kKeepTraffic(10);
// Feedback is read so often: while there is more of it, and while there is none, for its oldest falls out of the days.
constexpr std::chrono::seconds kMeasureFeedback(5);
constexpr std::chrono::seconds kMeasure(600);

}  // namespace

Result<std::unique_ptr<Monitoring>> Monitoring::Start(const Repository& models, MonitoringOptions options) {
  std::unique_ptr<Monitoring> monitoring(new Monitoring(models, std::move(options)));
  if (!monitoring->options_.store.empty()) {
    FROND_ASSIGN(monitoring->store_, RecordStore::Open(monitoring->options_.store, monitoring->options_.store_options));
    monitoring->history_.emplace(*monitoring->store_, monitoring->options_.store);
    monitoring->TellOfStore();
  }
  if (!monitoring->options_.by_itself) return monitoring;
  try {
    monitoring->thread_ = std::thread([self = monitoring.get()] { self->Run(); });
  } catch (const std::system_error&) {
    return Error{ErrorCode::kLimit, "the system refuses a thread", "allow this process one more"};
  }
  return monitoring;
}

Monitoring::~Monitoring() { Stop(); }

void Monitoring::Stop() {
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(stopping_, true)) return;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
  if (history_) KeepTraffic(std::chrono::steady_clock::now(), Now());
}

void Monitoring::Run() {
  std::unique_lock lock(mutex_);
  while (!wake_.wait_for(lock, kTick, [this] { return stopping_; })) {
    lock.unlock();
    try {
      Tick(std::chrono::steady_clock::now(), Now());
    } catch (const std::exception& error) {  // no memory: the next second may have some
      std::fputs(StrCat("frond serve: alarms were not looked after: ", error.what(), "\n").c_str(), stderr);
    }
    lock.lock();
  }
}

void Monitoring::Tick(SteadyTime now, WallTime wall) {
  for (const auto& served : models_.All()) {
    if (!served->watch) continue;
    for (const AlarmEvent& event : served->watch->Judge(now, wall)) Handle(event);
  }
  TellWhatIsNotSilenced(wall);
  TellOfStore();
  if (history_ && (!traffic_kept_ || now - *traffic_kept_ >= kKeepTraffic || DayOf(UnixMs(wall)) != day_)) {
    KeepTraffic(now, wall);
  }
  if (store_) Measure(now, wall);
}

void Monitoring::TellOfStore() {
  if (!store_ || !options_.store_changed) return;
  const std::optional<Error> error = store_->state().error;
  const std::string wrong = error ? error->ToString() : "";
  if (wrong != std::exchange(store_error_, wrong)) options_.store_changed(wrong);
}

void Monitoring::Handle(const AlarmEvent& event) {
  {
    const std::lock_guard lock(mutex_);
    events_.push_front(event);
    if (events_.size() > kEventsKept) events_.pop_back();
  }
  if (store_) {
    store_->Append(EventRecord{.unix_ms = UnixMs(event.time),
                               .kind = event.kind,
                               .raised = event.raised,
                               .model = event.model,
                               .message = event.message,
                               .p_value = event.p_value,
                               .examples = event.examples});
  }
  const std::pair key(event.model, event.kind);
  if (event.raised) {
    untold_[key] = event;
    return TellWhatIsNotSilenced(event.time);
  }
  // Who was told of the beginning is told of the end.
  if (untold_.erase(key) == 0 && options_.tell) options_.tell(event);
}

void Monitoring::TellWhatIsNotSilenced(WallTime wall) {
  std::vector<AlarmEvent> due;
  {
    const std::lock_guard lock(mutex_);
    std::erase_if(untold_, [&](const auto& one) {
      AlarmEvent now = one.second;
      now.time = wall;
      if (std::ranges::any_of(silences_, [&](const auto& silence) { return silence.Covers(now); })) return false;
      due.push_back(one.second);
      return true;
    });
  }
  for (const AlarmEvent& event : due) {
    if (options_.tell) options_.tell(event);
  }
}

void Monitoring::KeepTraffic(SteadyTime now, WallTime wall) {
  traffic_kept_ = now;
  day_ = DayOf(UnixMs(wall));
  for (const auto& served : models_.All()) {
    if (!served->watch) continue;
    ModelWatch& watch = *served->watch;
    history_->Keep(watch, day_);
    const TrafficComparison& compared = history_->Of(watch.name());
    for (const AlarmEvent& event : watch.JudgeFindings(compared.findings, now, wall)) Handle(event);
    const std::lock_guard lock(mutex_);
    traffic_[watch.name()] = compared;
  }
}

void Monitoring::Measure(SteadyTime now, WallTime wall) {
  const bool due = !measured_at_ || now - *measured_at_ >= (feedback_came_ ? kMeasureFeedback : kMeasure);
  if (!due) return;
  measured_at_ = now;
  const bool came = feedback_came_.exchange(false);
  const Result<RecordReader> reader = RecordReader::Open(options_.store);
  if (!reader.ok()) {  // the store says itself what is wrong with it
    if (came) feedback_came_ = true;
    return;
  }
  const int64_t since_ms = UnixMs(wall) - MeasuredAccuracy::kDays * kDayMs;
  for (const auto& served : models_.All()) {
    if (!served->watch) continue;
    RecordFilter filter;
    filter.since_ms = since_ms;
    filter.model = served->watch->name();
    Result<std::vector<TaskAccuracy>> tasks = reader->MeasuredAccuracy(filter);
    if (!tasks.ok()) {
      if (came) feedback_came_ = true;
      continue;
    }
    const std::lock_guard lock(mutex_);
    measured_[filter.model] = {since_ms, std::move(*tasks)};
  }
}

Result<std::string> Monitoring::Photo(const std::string& request_id) const {
  FROND_ASSIGN(const RecordReader reader, RecordReader::Open(options_.store));
  return reader.Photo(request_id);
}

Error Monitoring::Nameless(Error error) const {
  static constexpr std::string_view kNameless = "the store";
  const std::string folder = std::filesystem::path(options_.store).parent_path().string();
  const bool telling = !folder.empty() && folder != "." && folder != "/";
  for (std::string* text : {&error.message, &error.remedy}) {
    for (size_t at = 0; at < text->size();) {
      const std::string_view rest = std::string_view(*text).substr(at);
      const size_t named = rest.starts_with(options_.store)      ? options_.store.size()
                           : telling && rest.starts_with(folder) ? folder.size()
                                                                 : 0;
      if (named > 0) text->replace(at, named, kNameless);
      at += named > 0 ? kNameless.size() : 1;
    }
  }
  return error;
}

bool Monitoring::Silence(const frond::Silence& silence) {
  const std::lock_guard lock(mutex_);
  const WallTime now = Now();
  std::erase_if(silences_, [&](const frond::Silence& other) {
    return other.until <= now || (other.model == silence.model && other.kind == silence.kind);
  });
  if (silence.until > now) {
    if (silences_.size() == kMostSilences) return false;
    silences_.push_back(silence);
  }
  return true;
}

std::vector<frond::Silence> Monitoring::Silences() const {
  const WallTime now = Now();
  const std::lock_guard lock(mutex_);
  std::vector<frond::Silence> current;
  std::ranges::copy_if(silences_, std::back_inserter(current),
                       [&](const auto& silence) { return silence.until > now; });
  return current;
}

std::vector<AlarmEvent> Monitoring::Events() const {
  const std::lock_guard lock(mutex_);
  return {events_.begin(), events_.end()};
}

std::optional<MeasuredAccuracy> Monitoring::Measured(const std::string& model) const {
  const std::lock_guard lock(mutex_);
  const auto found = measured_.find(model);
  return found == measured_.end() ? std::nullopt : std::optional(found->second);
}

TrafficComparison Monitoring::Traffic(const std::string& model) const {
  const std::lock_guard lock(mutex_);
  const auto found = traffic_.find(model);
  if (found != traffic_.end()) return found->second;
  TrafficComparison none;
  if (store_) none.earlier[0].why = none.earlier[1].why = EarlierTraffic::Why::kFewNow;  // none was looked at yet
  return none;
}

}  // namespace frond::serve
