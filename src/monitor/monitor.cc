#include "frond/monitor.h"

#include <cmath>
#include <new>
#include <utility>
#include <vector>

#include "src/base/milliseconds.h"
#include "src/classify/answer_json.h"
#include "src/monitor/model_watch.h"
#include "src/monitor/photo_statistics.h"
#include "src/monitor/watch_json.h"

namespace frond {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kBetweenJudgements(1);

WatchOptions WatchOptionsOf(const MonitorOptions& options) {
  WatchOptions watch;
  watch.SetLimits(options.p95_ms, options.error_rate);
  return watch;
}

RequestOutcome OutcomeOf(const Status& status) {
  if (status.ok()) return RequestOutcome::kAnswered;
  return status.error().code == ErrorCode::kInvalidArgument ? RequestOutcome::kBadRequest : RequestOutcome::kFailed;
}

}  // namespace

struct Monitor::Impl {
  Impl(Session& watched, std::string name, MonitorOptions&& options)
      : session(&watched),
        model(watched.model()),
        watch(std::move(name), WatchOptionsOf(options)),
        on_alarm(std::move(options.on_alarm)) {
    watch.Begin(model);
  }

  std::span<float> OwnFeatures(size_t floats);
  void Observe(const ImageBatch& batch, std::span<const float> logits, std::span<const float> features);
  void Judge(Clock::time_point now);

  Session* session;
  const Model model;
  ModelWatch watch;
  const std::function<void(const MonitorAlarm&)> on_alarm;
  Clock::time_point judged;     // by Run
  std::vector<float> features;  // of the last batch, where the caller wants none
};

// None where there is no memory for them.
std::span<float> Monitor::Impl::OwnFeatures(size_t floats) {
  try {
    features.resize(floats);
    return features;
  } catch (const std::bad_alloc&) {
    return {};
  }
}

void Monitor::Impl::Observe(const ImageBatch& batch, std::span<const float> logits, std::span<const float> seen) {
  const Preprocessing& preprocessing = model.spec().preprocessing;
  const auto images = static_cast<size_t>(batch.count);
  const size_t floats = batch.values.size() / images;
  const size_t outputs = logits.size() / images;
  const size_t channels = seen.size() / images;
  for (size_t i = 0; i < images; ++i) {
    const auto statistics = MeasurePhoto(batch.values.subspan(i * floats, floats), preprocessing, 0, 0);
    if (!statistics.ok()) continue;
    watch.Observe(model, *statistics, seen.subspan(i * channels, channels), logits.subspan(i * outputs, outputs));
  }
}

void Monitor::Impl::Judge(Clock::time_point now) {
  for (AlarmEvent& event : watch.Judge(now, std::chrono::system_clock::now())) {
    if (!on_alarm) continue;
    on_alarm({event.raised, std::move(event.model), std::move(event.kind), std::move(event.message), event.value,
              event.time});
  }
}

Monitor::Monitor(Session& session, std::string name, MonitorOptions options)
    : impl_(std::make_unique<Impl>(session, std::move(name), std::move(options))) {}
Monitor::Monitor(Monitor&&) noexcept = default;
Monitor& Monitor::operator=(Monitor&&) noexcept = default;
Monitor::~Monitor() = default;

Status Monitor::Run(const ImageBatch& batch, std::span<float> out, std::span<float> features) {
  Impl& self = *impl_;
  const Clock::time_point start = Clock::now();
  const bool watched = ModelWatch::Observes(self.model, batch.height, batch.width) && batch.count > 0;
  // Room is made only for a batch that the session can take.
  const bool possible =
      watched && out.size() == static_cast<size_t>(batch.count) * static_cast<size_t>(self.model.output_size());
  if (possible && features.empty()) {
    const auto channels = static_cast<size_t>(self.model.spec().head_channels);
    features = self.OwnFeatures(static_cast<size_t>(batch.count) * channels);
  }
  const Clock::time_point began = Clock::now();
  const Status status = self.session->Run(batch, out, features);
  const Clock::time_point ended = Clock::now();
  try {
    if (status.ok()) {
      const double each_ms = Milliseconds(ended - began) / batch.count;
      for (int i = 0; i < batch.count; ++i) self.watch.PhotoRun({NAN, NAN, NAN, NAN, each_ms}, ended);
      if (watched && !features.empty()) self.Observe(batch, out, features);
    }
    const Clock::time_point done = Clock::now();
    self.watch.RequestEnded(OutcomeOf(status), Milliseconds(done - start), done);
  } catch (const std::bad_alloc&) {
    return status;  // what there is no memory to tell of was done all the same
  }
  if (ended - self.judged >= kBetweenJudgements) {
    self.judged = ended;
    self.Judge(ended);
  }
  return status;
}

std::string Monitor::ToJson() const {
  const Clock::time_point now = Clock::now();
  impl_->Judge(now);
  return DumpJson(WatchToJson(impl_->watch.Snapshot(now), impl_->model));
}

}  // namespace frond
