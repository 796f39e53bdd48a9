#include "src/serve/core/monitoring.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <system_error>
#include <utility>

#include "src/base/format.h"
#include "src/monitor/watch_json.h"
#include "src/records/record_reader.h"

namespace frond::serve {
namespace {

constexpr std::chrono::seconds kTick(1);
// A day's summary is written as far as it has come so often; what a crash may lose.
constexpr std::chrono::minutes kKeepTraffic(10);
constexpr int64_t kDaysOfYear = 365;
constexpr int64_t kSeason = 7;  // days on either side of the same day a year ago

}  // namespace

Result<std::unique_ptr<Monitoring>> Monitoring::Start(const Repository& models, MonitoringOptions options) {
  std::unique_ptr<Monitoring> monitoring(new Monitoring(models, std::move(options)));
  if (!monitoring->options_.store.empty()) {
    FROND_ASSIGN(monitoring->store_, RecordStore::Open(monitoring->options_.store, monitoring->options_.store_options));
    monitoring->TellOfStore();
  }
  try {
    monitoring->thread_ = std::thread([self = monitoring.get()] { self->Run(); });
  } catch (const std::system_error&) {
    return Error{ErrorCode::kLimit, "the system refuses a thread", "allow this process one more"};
  }
  return monitoring;
}

Monitoring::~Monitoring() { Stop(); }

void Monitoring::Stop() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  thread_.join();
  if (store_) KeepTraffic(std::chrono::system_clock::now());
}

void Monitoring::Run() {
  std::unique_lock lock(mutex_);
  while (!wake_.wait_for(lock, kTick, [this] { return stopping_; })) {
    lock.unlock();
    try {
      Tick(std::chrono::steady_clock::now(), std::chrono::system_clock::now());
    } catch (const std::exception& error) {  // no memory: the next second may have some
      std::fputs(StrCat("frond serve: alarms were not looked after: ", error.what(), "\n").c_str(), stderr);
    }
    lock.lock();
  }
}

void Monitoring::Tick(std::chrono::steady_clock::time_point now, WallTime wall) {
  for (const auto& served : models_.All()) {
    if (!served->watch) continue;
    for (const AlarmEvent& event : served->watch->Judge(now, wall)) Handle(event);
  }
  TellWhatIsNotSilenced(wall);
  TellOfStore();
  if (store_ && (!traffic_kept_ || wall - *traffic_kept_ >= kKeepTraffic || DayOf(UnixMs(wall)) != day_))
    KeepTraffic(wall);
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
                               .p_value = std::nullopt,
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

void Monitoring::KeepTraffic(WallTime wall) {
  traffic_kept_ = wall;
  const int64_t today = DayOf(UnixMs(wall));
  const bool ended = day_ >= 0 && day_ != today;
  const int64_t day = ended ? day_ : today;  // that what has passed belongs to
  day_ = today;
  for (const auto& served : models_.All()) {
    if (!served->watch) continue;
    ModelWatch& watch = *served->watch;
    const uint64_t generation = watch.Generation();
    const std::optional<DriftBasis> basis = watch.Basis();
    const std::optional<TrafficSummary> passed =
        ended ? watch.TakeTraffic(static_cast<uint64_t>(today)) : watch.Traffic();
    if (!basis || !passed) continue;
    // What of this day an earlier run of the service, or the model before this one, has left. Where that cannot be
    // read, nothing is written over it.
    Before& before = before_[watch.name()];
    if (!before.known || before.generation != generation) {
      store_->Flush();
      auto parts = Summaries(watch.name(), day, day + 1, *basis);
      if (!parts) continue;
      store_->Append(SummaryKey{watch.name(), watch.KeyOfTraffic()});
      before = {true, generation, parts->empty() ? std::nullopt : std::optional(std::move(parts->back()))};
    }
    TrafficSummary whole = *passed;
    if (before.summary) {
      const TrafficSummary parts[] = {*before.summary, *passed};
      if (Result<TrafficSummary> merged = TrafficSummary::Merge(parts); merged.ok()) whole = std::move(*merged);
    }
    store_->Append(DailySummary{day, watch.name(), whole.Serialize()});
    CompareTraffic(watch, day, whole, *basis);
  }
  if (ended) before_.clear();
}

std::optional<std::vector<TrafficSummary>> Monitoring::Summaries(const std::string& model, int64_t first, int64_t end,
                                                                 const DriftBasis& basis) const {
  const Result<RecordReader> reader = RecordReader::Open(options_.store);
  if (!reader.ok()) return std::nullopt;  // the store says itself what is wrong with it
  const auto days = reader->Summaries({first * kDayMs, end * kDayMs, model});
  if (!days.ok()) return std::nullopt;
  std::vector<TrafficSummary> parts;
  for (const DailySummary& one : *days) {
    Result<TrafficSummary> parsed = TrafficSummary::Parse(one.bytes, basis);
    if (parsed.ok()) parts.push_back(std::move(*parsed));  // else of another model of that name
  }
  return parts;
}

void Monitoring::CompareTraffic(ModelWatch& watch, int64_t day, const TrafficSummary& today, const DriftBasis& basis) {
  struct Earlier {
    const char* kind;
    const char* name;
    int64_t first, end;
  };
  const Earlier earlier[] = {
      {"last_week", "last week", day - 7, day},
      {"last_year", "the same season of last year", day - kDaysOfYear - kSeason, day - kDaysOfYear + kSeason + 1}};
  std::vector<DriftFinding> findings;
  for (const Earlier& one : earlier) {
    const auto parts = Summaries(watch.name(), one.first, one.end, basis);
    if (!parts || parts->empty()) continue;
    const Result<TrafficSummary> then = TrafficSummary::Merge(*parts);
    if (!then.ok()) continue;
    auto found = frond::CompareTraffic(today, *then, basis, one.name);
    if (!found.ok()) continue;  // too few photos yet
    for (DriftFinding& finding : *found) {
      finding.kind = StrCat(one.kind, ".", finding.kind);  // "last_week.input.brightness"
      findings.push_back(std::move(finding));
    }
  }
  for (const AlarmEvent& event : watch.JudgeFindings(findings, std::chrono::system_clock::now())) Handle(event);
  const std::lock_guard lock(mutex_);
  traffic_findings_[watch.name()] = std::move(findings);
}

Result<std::string> Monitoring::Photo(const std::string& request_id) const {
  FROND_ASSIGN(const RecordReader reader, RecordReader::Open(options_.store));
  return reader.Photo(request_id);
}

Error Monitoring::Nameless(Error error) const {
  const std::string folder = std::filesystem::path(options_.store).parent_path().string();
  for (const std::string& name : {options_.store, folder}) {
    for (std::string* text : {&error.message, &error.remedy}) {
      for (size_t at = 0; !name.empty() && (at = text->find(name, at)) != std::string::npos;) {
        text->replace(at, name.size(), "the store");
      }
    }
  }
  return error;
}

bool Monitoring::Silence(const frond::Silence& silence) {
  const std::lock_guard lock(mutex_);
  const WallTime now = std::chrono::system_clock::now();
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
  const WallTime now = std::chrono::system_clock::now();
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

std::vector<DriftFinding> Monitoring::TrafficFindings(const std::string& model) const {
  const std::lock_guard lock(mutex_);
  const auto found = traffic_findings_.find(model);
  return found == traffic_findings_.end() ? std::vector<DriftFinding>() : found->second;
}

}  // namespace frond::serve
