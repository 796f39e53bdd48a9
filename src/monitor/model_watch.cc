#include "src/monitor/model_watch.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "frond/classify.h"
#include "src/base/format.h"
#include "src/base/text.h"
#include "src/monitor/traffic_key.h"

namespace frond {
namespace {

constexpr std::chrono::seconds kRateWindow(60);

// What alarms are of.
constexpr const char* kLatencyKind = "latency.p95";
constexpr const char* kErrorsKind = "errors";
constexpr const char* kDriftKinds = "drift.";  // and which

std::string Ms(double ms) { return StrCat(Fixed(ms, ms < 10 ? 1 : 0), " ms"); }

// A figure that has a limit, of `count` requests.
Facts BesideLimit(const Alarm& alarm, double value, double limit, uint64_t count) {
  return {.of = alarm.kind(),
          .against = "limit",
          .direction = value > limit ? "more" : "less",
          .label = {},
          .here = value,
          .there = limit,
          .count = count};
}

}  // namespace

std::string_view RequestOutcomeName(RequestOutcome outcome) {
  switch (outcome) {
    case RequestOutcome::kAnswered: return "answered";
    case RequestOutcome::kBadRequest: return "bad_request";
    case RequestOutcome::kFull: return "full";
    case RequestOutcome::kLate: return "late";
    case RequestOutcome::kCancelled: return "cancelled";
    case RequestOutcome::kFailed: break;
  }
  return "failed";
}

std::string_view StageName(Stage stage) {
  switch (stage) {
    case Stage::kTotal: return "total";
    case Stage::kQueue: return "queue";
    case Stage::kDecode: return "decode";
    case Stage::kPreprocess: return "preprocess";
    case Stage::kInference: break;
  }
  return "inference";
}

void LatencyCounts::Add(double ms) {
  const double seconds = ms / 1e3;
  // A bound is in its bucket ("le").
  const auto bucket = std::ranges::lower_bound(kBoundsSeconds, seconds) - kBoundsSeconds.begin();
  ++counts[static_cast<size_t>(bucket)];
  sum_seconds += seconds;
}

// What is known of the photos of one loaded model.
struct ModelWatch::Seen {
  explicit Seen(const Model& watched) : model(watched) {
    Result<DriftBasis> made = DriftBasis::Create(model.reference(), model.tasks(), model.labels());
    if (!made.ok()) {
      why = made.error();
      return;
    }
    basis.emplace(std::move(made).value());
    traffic.emplace(*basis);
    class_photos.resize(basis->labels());
    confidences.resize(basis->tasks().size());
    if (model.reference() == nullptr) {
      why = {ErrorCode::kNotFound, "the model file does not say what training saw: train it with this version of frond",
             ""};
      return;
    }
    const auto reference = DriftReference::FromTraining(*model.reference(), *basis);
    if (reference.ok()) {
      detector.emplace(*reference);
    } else {
      why = reference.error();
    }
  }

  const Model model;
  Error why;  // drift is not watched
  std::optional<DriftBasis> basis;
  std::optional<DriftDetector> detector;
  std::optional<TrafficSummary> traffic;  // since it was last taken
  ObservedPhoto photo;
  uint64_t photos = 0;
  std::vector<uint64_t> class_photos;
  std::vector<double> confidences;  // sums, of each task
};

ModelWatch::ModelWatch(std::string name, const WatchOptions& options)
    : name_(std::move(name)),
      options_(options),
      p95_(name_, kLatencyKind, options.p95_ms),
      errors_(name_, kErrorsKind, options.error_rate) {}

bool ModelWatch::Observes(const Model& model, int height, int width) {
  const Preprocessing& own = model.spec().preprocessing;
  return model.spec().num_classes > 0 && height == own.height && width == own.width;
}

void ModelWatch::Begin(const Model& model) {
  auto seen = std::make_shared<Seen>(model);  // without the lock: it takes a while
  const std::lock_guard lock(mutex_);
  seen_ = std::move(seen);
  ++generation_;
}

void ModelWatch::RequestEnded(RequestOutcome outcome, double ms, std::chrono::steady_clock::time_point now) {
  const bool answered = outcome == RequestOutcome::kAnswered;
  const bool failed =
      outcome == RequestOutcome::kFull || outcome == RequestOutcome::kLate || outcome == RequestOutcome::kFailed;
  const std::lock_guard lock(mutex_);
  ++requests_[static_cast<size_t>(outcome)];
  RequestTally& tally = ended_.At(now);
  tally.answered += answered ? 1 : 0;
  tally.failed += failed ? 1 : 0;
  if (!answered) return;
  latency_[static_cast<size_t>(Stage::kTotal)].At(now).Add(ms);
  counts_[static_cast<size_t>(Stage::kTotal)].Add(ms);
}

void ModelWatch::PhotoRun(const StageTimes& times, std::chrono::steady_clock::time_point now) {
  const std::lock_guard lock(mutex_);
  for (size_t stage = 1; stage < kStages; ++stage) {
    if (std::isnan(times[stage])) continue;
    latency_[stage].At(now).Add(times[stage]);
    counts_[stage].Add(times[stage]);
  }
}

void ModelWatch::Observe(const Model& model, const PhotoStatistics& statistics, std::span<const float> features,
                         std::span<const float> logits, std::string_view id) {
  const Result<std::vector<TaskScores>> scores = TopScoresByTask(model, logits, 1);
  if (!scores.ok()) return;
  std::vector<ObservedClass> classes;
  for (const TaskScores& task : *scores) classes.push_back({task.scores[0].index, task.scores[0].score});
  const std::lock_guard lock(mutex_);
  if (!seen_ || !seen_->basis) return;
  Seen& seen = *seen_;
  if (&model.labels() != &seen.model.labels()) return;  // a photo of the model that was there before
  const bool watched = seen.basis->dimensions() > 0;
  if (!seen.basis->Observe(statistics, watched ? features : std::span<const float>(), classes, seen.photo).ok()) return;
  ++seen.photos;
  for (size_t t = 0; t < classes.size(); ++t) {
    ++seen.class_photos[static_cast<size_t>(classes[t].label)];
    seen.confidences[t] += classes[t].confidence;
  }
  seen.traffic->Add(seen.photo);
  if (seen.detector) seen.detector->Add(seen.photo, id);
}

std::vector<AlarmEvent> ModelWatch::Judge(SteadyTime now, WallTime wall) {
  std::vector<AlarmEvent> events;
  const auto watch = [&](Alarm& alarm, bool enough, const std::string& message, const Facts& facts) {
    auto event = alarm.Watch(enough ? std::optional(facts.here) : std::nullopt, message, facts, now, wall);
    if (event) events.push_back(std::move(*event));
  };
  const std::lock_guard lock(mutex_);
  const LatencySketch total = latency_[0].Last(kWindow, now);
  const double p95 = total.Quantile(0.95);
  const double limit_ms = options_.p95_ms.raise_above;
  watch(p95_, total.count() >= kLeastRequests,
        StrCat("95 of 100 requests of the last 5 minutes took up to ", Ms(p95),
               p95 > limit_ms ? ", beyond the limit of " : "; the limit is ", Ms(limit_ms)),
        BesideLimit(p95_, p95, limit_ms, total.count()));
  const RequestTally tally = ended_.Last(kWindow, now);
  const uint64_t all = tally.answered + tally.failed;
  const double share = all == 0 ? 0 : static_cast<double>(tally.failed) / static_cast<double>(all);
  watch(errors_, all >= kLeastRequests,
        StrCat(tally.failed, " of ", all, " requests of the last 5 minutes were refused or failed"),
        BesideLimit(errors_, share, options_.error_rate.raise_above, all));
  JudgeDrift(seen_ && seen_->detector ? seen_->detector->Findings() : std::vector<DriftFinding>(), now, wall, drift_,
             events);
  return events;
}

bool ModelWatch::IsAlarmKind(std::string_view kind) {
  return kind == kLatencyKind || kind == kErrorsKind || kind.starts_with(kDriftKinds);
}

// Whoever made the findings has a hysteresis of its own. What is not found any more, of another model perhaps, is no
// alarm.
void ModelWatch::JudgeDrift(const std::vector<DriftFinding>& findings, SteadyTime now, WallTime wall,
                            std::vector<Alarm>& alarms, std::vector<AlarmEvent>& events) {
  const auto watch = [&](Alarm& alarm, bool on, const std::string& message, const std::optional<Facts>& facts) {
    if (auto event = alarm.Watch(on ? 1 : 0, message, facts, now, wall)) events.push_back(std::move(*event));
  };
  for (Alarm& alarm : alarms) {
    const bool found =
        std::ranges::any_of(findings, [&](const DriftFinding& f) { return alarm.kind() == kDriftKinds + f.kind; });
    if (!found) watch(alarm, false, "not watched any more", std::nullopt);
  }
  for (const DriftFinding& finding : findings) {
    const std::string kind = kDriftKinds + finding.kind;
    auto alarm = std::ranges::find(alarms, kind, &Alarm::kind);
    if (alarm == alarms.end()) {
      alarms.emplace_back(name_, kind, AlarmLimits{.raise_above = 0.5, .clear_below = 0.5});
      alarm = alarms.end() - 1;
    }
    const size_t before = events.size();
    watch(*alarm, finding.alarm, finding.message, finding.facts);
    if (events.size() == before) continue;
    events.back().p_value = finding.p_value;
    if (!events.back().raised) continue;
    events.back().examples = finding.examples;
    alarm->set_examples(finding.examples);
  }
}

std::vector<AlarmEvent> ModelWatch::JudgeFindings(const std::vector<DriftFinding>& findings, SteadyTime now,
                                                  WallTime wall) {
  std::vector<AlarmEvent> events;
  const std::lock_guard lock(mutex_);
  JudgeDrift(findings, now, wall, traffic_, events);
  return events;
}

WatchSnapshot ModelWatch::Snapshot(std::chrono::steady_clock::time_point now) const {
  WatchSnapshot snapshot;
  snapshot.model = name_;
  const std::lock_guard lock(mutex_);
  snapshot.requests = requests_;
  snapshot.requests_per_s =
      static_cast<double>(ended_.Last(kRateWindow, now).answered) / static_cast<double>(kRateWindow.count());
  for (size_t stage = 0; stage < kStages; ++stage) {
    const LatencySketch sketch = latency_[stage].Last(kWindow, now);
    snapshot.latency[stage] = {sketch.count(),        sketch.Quantile(0.5),  sketch.Quantile(0.9),
                               sketch.Quantile(0.95), sketch.Quantile(0.99), sketch.Quantile(0.999),
                               sketch.Quantile(1)};
  }
  for (int ago = ended_.slices() - 1; ago >= 0; --ago) {
    const RequestTally tally = ended_.Ago(ago, now);
    const LatencySketch total = latency_[0].Ago(ago, now);
    snapshot.recent.push_back({static_cast<int>(ended_.slice().count()) * ago, tally.answered, tally.failed,
                               total.Quantile(0.5), total.Quantile(0.95)});
  }
  snapshot.alarms = {p95_, errors_};
  snapshot.alarms.insert(snapshot.alarms.end(), drift_.begin(), drift_.end());
  snapshot.alarms.insert(snapshot.alarms.end(), traffic_.begin(), traffic_.end());
  snapshot.p95_limit_ms = options_.p95_ms.raise_above;
  if (!seen_) return snapshot;
  const Seen& seen = *seen_;
  snapshot.seen = seen.model;
  snapshot.photos = seen.photos;
  snapshot.drift_unwatched_why = seen.why;
  snapshot.drift_watched = seen.detector.has_value();
  if (seen.detector) snapshot.drift = seen.detector->Findings();
  if (seen.photos == 0) return snapshot;
  const auto photos = static_cast<double>(seen.photos);
  for (const double sum : seen.confidences) snapshot.estimated_accuracy.push_back(sum / photos);
  const TrainingReference* reference = seen.model.reference();
  for (size_t c = 0; c < seen.class_photos.size(); ++c) {
    WatchSnapshot::Class one{seen.class_photos[c], static_cast<double>(seen.class_photos[c]) / photos};
    if (reference != nullptr && c < reference->class_shares.size()) one.expected = reference->class_shares[c];
    snapshot.classes.push_back(one);
  }
  return snapshot;
}

std::array<LatencyCounts, kStages> ModelWatch::Counts() const {
  const std::lock_guard lock(mutex_);
  return counts_;
}

uint64_t ModelWatch::Generation() const {
  const std::lock_guard lock(mutex_);
  return generation_;
}

std::optional<DriftBasis> ModelWatch::Basis() const {
  const std::lock_guard lock(mutex_);
  return seen_ ? seen_->basis : std::nullopt;
}

std::string ModelWatch::KeyOfTraffic() const {
  const std::lock_guard lock(mutex_);
  if (!seen_ || !seen_->basis) return {};
  return TrafficKeyToJson(*seen_->basis, seen_->detector ? &seen_->detector->reference() : nullptr);
}

std::optional<TrafficSummary> ModelWatch::Traffic() const {
  const std::lock_guard lock(mutex_);
  if (!seen_ || !seen_->traffic || seen_->traffic->photos() == 0) return std::nullopt;
  return seen_->traffic;
}

std::optional<TrafficSummary> ModelWatch::TakeTraffic(uint64_t seed) {
  const std::lock_guard lock(mutex_);
  if (!seen_ || !seen_->traffic || seen_->traffic->photos() == 0) return std::nullopt;
  return std::exchange(seen_->traffic, TrafficSummary(*seen_->basis, seed));
}

}  // namespace frond
