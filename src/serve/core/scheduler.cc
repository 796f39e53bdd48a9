#include "src/serve/core/scheduler.h"

#include <algorithm>
#include <cmath>
#include <new>
#include <span>
#include <system_error>
#include <utility>

#include "frond/image.h"
#include "src/base/cpu_set.h"
#include "src/base/format.h"
#include "src/base/milliseconds.h"

namespace frond::serve {
namespace {

bool IsCancelled(const Work& work) { return work.cancelled && work.cancelled->load(std::memory_order_relaxed); }

size_t FloatsOf(const Preprocessing& size) {
  return size_t{3} * static_cast<size_t>(size.height) * static_cast<size_t>(size.width);
}

// The first run at a size plans it, which takes several times as long as the next.
Status WarmUp(const Model& model, Session& session) {
  const Preprocessing& size = model.spec().preprocessing;
  const std::vector<float> input(FloatsOf(size));
  std::vector<float> output(static_cast<size_t>(model.output_size()));
  return session.Run({input, 1, size.height, size.width}, output);
}

}  // namespace

Result<std::unique_ptr<Scheduler>> Scheduler::Create(const Model& model, const SchedulerOptions& options,
                                                     std::shared_ptr<ModelWatch> watch) {
  SchedulerOptions chosen = options;
  if (chosen.threads == 0) chosen.threads = AvailableCpus();
  std::vector<Session> narrow;
  for (int i = 0; i < chosen.threads; ++i) {
    FROND_ASSIGN(Session session, Session::Create(model, {.threads = 1}));
    narrow.push_back(std::move(session));
  }
  FROND_ASSIGN(Session wide, Session::Create(model, {.threads = chosen.threads}));
  FROND_RETURN_IF_ERROR(WarmUp(model, wide));
  std::unique_ptr<Scheduler> scheduler(
      new Scheduler(model, chosen, std::move(watch), std::move(narrow), std::move(wide)));
  try {
    scheduler->Start();
  } catch (const std::system_error&) {
    return Error{ErrorCode::kLimit, "the system refuses a thread", "give fewer --threads, or a higher limit"};
  }
  return scheduler;
}

Scheduler::Scheduler(const Model& model, const SchedulerOptions& options, std::shared_ptr<ModelWatch> watch,
                     std::vector<Session> narrow, Session wide)
    : model_(model), options_(options), watch_(std::move(watch)), narrow_(std::move(narrow)), wide_(std::move(wide)) {}

void Scheduler::Start() {
  for (Session& session : narrow_) threads_.emplace_back([this, &session] { Run(session); });
}

Scheduler::~Scheduler() {
  Stop();
  for (std::thread& thread : threads_) thread.join();
}

void Scheduler::Stop() {
  const std::lock_guard lock(mutex_);
  stopping_ = true;
  wake_.notify_all();
}

size_t Scheduler::pending() const {
  const std::lock_guard lock(mutex_);
  return queue_.size() + running_;
}

std::chrono::seconds Scheduler::RetryAfter() const {
  const std::lock_guard lock(mutex_);
  const double wait = seconds_each_ * static_cast<double>(queue_.size());
  return std::chrono::seconds(std::clamp<int64_t>(std::llround(std::ceil(wait)), 1, 60));
}

std::optional<Refusal> Scheduler::WhyNot() const {
  if (stopping_) return Refusal{Refusal::Reason::kStopping, {ErrorCode::kLimit, "the server is shutting down", ""}};
  if (queue_.size() < options_.queue) return std::nullopt;
  return Refusal{Refusal::Reason::kFull,
                 {ErrorCode::kLimit, StrCat("as many requests wait as may, ", options_.queue), "try again later"}};
}

void Scheduler::Submit(Work work, Done done) {
  std::unique_lock lock(mutex_);
  if (std::optional<Refusal> refusal = WhyNot()) {
    lock.unlock();
    return done({std::nullopt, std::move(*refusal)});
  }
  queue_.push_back({std::move(work), std::move(done), Clock::now(), {}});
  lock.unlock();
  wake_.notify_one();
}

int Scheduler::ImagesOf(const Work& work) const { return work.photo ? 1 : work.count; }

// Whether it can be run with those: images of one size, no more than a batch.
bool Scheduler::Fits(const Item& item, const std::vector<Item>& batch) const {
  const Preprocessing& size = model_.spec().preprocessing;
  const auto height = [&](const Work& work) { return work.photo ? size.height : work.height; };
  const auto width = [&](const Work& work) { return work.photo ? size.width : work.width; };
  int images = ImagesOf(item.work);
  for (const Item& other : batch) images += ImagesOf(other.work);
  const Work& first = batch.front().work;
  return images <= options_.batch && height(item.work) == height(first) && width(item.work) == width(first);
}

// Answers it, once.
void Scheduler::Refuse(Item& item, Refusal::Reason reason, Error error) {
  std::exchange(item.done, nullptr)({std::nullopt, {reason, std::move(error)}});
}

bool Scheduler::IsDue() const {
  if (queue_.empty()) return stopping_;
  return stopping_ || queue_.size() >= static_cast<size_t>(options_.batch) ||
         queue_.front().arrived + options_.batch_delay <= Clock::now();
}

std::vector<Scheduler::Item> Scheduler::Take(bool& alone) {
  std::vector<Item> batch;
  std::unique_lock lock(mutex_);
  ++idle_;
  while (!IsDue()) {
    if (queue_.empty()) {
      wake_.wait(lock);
    } else {
      wake_.wait_until(lock, queue_.front().arrived + options_.batch_delay);
    }
  }
  --idle_;
  if (queue_.empty()) return batch;
  // What waits is shared out among the threads that are free.
  const size_t share = (queue_.size() + static_cast<size_t>(idle_)) / static_cast<size_t>(idle_ + 1);
  alone = queue_.size() == 1 && running_ == 0;
  while (!queue_.empty() && (batch.empty() || (batch.size() < share && Fits(queue_.front(), batch)))) {
    batch.push_back(std::move(queue_.front()));
    queue_.pop_front();
  }
  running_ += batch.size();
  if (!queue_.empty() && idle_ > 0) wake_.notify_one();
  return batch;
}

void Scheduler::Run(Session& narrow) {
  (void)WarmUp(model_, narrow);  // what fails now will fail, and be told, when it is asked for
  std::vector<float> inputs;
  for (;;) {
    bool alone = false;
    std::vector<Item> batch = Take(alone);
    if (batch.empty()) return;
    const size_t taken = batch.size();
    const Clock::time_point start = Clock::now();
    for (Item& item : batch) item.answer.timing.queue_ms = Milliseconds(start - item.arrived);
    try {
      const std::span<const float> prepared = Prepare(batch, inputs);
      if (!batch.empty() && alone && wide_mutex_.try_lock()) {
        const std::lock_guard wide(wide_mutex_, std::adopt_lock);
        Infer(batch, prepared, wide_);
      } else if (!batch.empty()) {
        Infer(batch, prepared, narrow);
      }
    } catch (const std::bad_alloc&) {
      for (Item& item : batch) {
        if (item.done) Refuse(item, Refusal::Reason::kFull, {ErrorCode::kLimit, "no memory", "try again later"});
      }
    }
    const double each = std::chrono::duration<double>(Clock::now() - start).count() / static_cast<double>(taken);
    const std::lock_guard lock(mutex_);
    running_ -= taken;
    seconds_each_ += 0.05 * (each / static_cast<double>(threads_.size()) - seconds_each_);
  }
}

std::span<const float> Scheduler::Prepare(std::vector<Item>& batch, std::vector<float>& inputs) {
  const Clock::time_point now = Clock::now();
  const Preprocessing& preprocessing = model_.spec().preprocessing;
  const size_t floats = FloatsOf(preprocessing);
  const bool copied = batch.size() > 1 || batch.front().work.photo.has_value();
  size_t used = 0;
  const auto room = [&](size_t count) {
    if (inputs.size() < used + count) inputs.resize(used + count);
    return std::span(inputs).subspan(used, count);
  };
  for (Item& item : batch) {
    if (IsCancelled(item.work)) {
      Refuse(item, Refusal::Reason::kCancelled, {ErrorCode::kIo, "the client has gone", ""});
      continue;
    }
    if (item.work.deadline && *item.work.deadline < now) {
      Refuse(
          item, Refusal::Reason::kLate,
          {ErrorCode::kLimit, "the deadline passed while the request waited", "allow more time, or try again later"});
      continue;
    }
    if (item.work.photo) {
      const Result<PhotoInput> photo =
          DecodeToInput(std::as_bytes(std::span(*item.work.photo)), preprocessing, room(floats));
      if (!photo.ok()) {
        Refuse(item, Refusal::Reason::kInput, photo.error());
        continue;
      }
      item.photo_width = photo->width;
      item.photo_height = photo->height;
      item.answer.timing.decode_ms = photo->decode_ms;
      item.answer.timing.preprocess_ms = photo->preprocess_ms;
      used += floats;
    } else if (copied) {
      const std::span<float> target = room(item.work.tensor.size());
      std::copy(item.work.tensor.begin(), item.work.tensor.end(), target.begin());
      used += target.size();
    }
  }
  std::erase_if(batch, [](const Item& item) { return !item.done; });
  return std::span<const float>(inputs).first(used);
}

void Scheduler::Infer(std::vector<Item>& batch, std::span<const float> inputs, Session& session) {
  const Work& first = batch.front().work;
  const Preprocessing& preprocessing = model_.spec().preprocessing;
  const bool photo = first.photo.has_value();
  const bool own = batch.size() == 1 && !photo;
  // Held on to while its item is answered.
  const std::vector<float> tensor = own ? std::move(batch.front().work.tensor) : std::vector<float>();
  const int height = photo ? preprocessing.height : first.height;
  const int width = photo ? preprocessing.width : first.width;
  int images = 0;
  for (const Item& item : batch) images += ImagesOf(item.work);
  const std::span<const float> values = own ? std::span<const float>(tensor) : inputs;
  const auto outputs = static_cast<size_t>(model_.output_size());
  const bool watched = watch_ && ModelWatch::Observes(model_, height, width);
  const size_t channels = watched ? static_cast<size_t>(model_.spec().head_channels) : 0;
  std::vector<float> logits(static_cast<size_t>(images) * outputs);
  std::vector<float> features(static_cast<size_t>(images) * channels);
  const Clock::time_point start = Clock::now();
  const Status status = session.Run({values, images, height, width}, logits, features);
  const Clock::time_point end = Clock::now();
  const double each_ms = Milliseconds(end - start) / images;
  const size_t floats = size_t{3} * static_cast<size_t>(height) * static_cast<size_t>(width);
  size_t row = 0;
  for (Item& item : batch) {
    const auto count = static_cast<size_t>(ImagesOf(item.work));
    if (!status.ok()) {
      // A tensor's size is its client's; a photo is brought to the model's own.
      Refuse(item, item.work.photo ? Refusal::Reason::kFailed : Refusal::Reason::kInput, status.error());
      continue;
    }
    const bool from_photo = item.work.photo.has_value();
    WorkTiming& timing = item.answer.timing;
    timing.inference_ms = each_ms;
    if (watch_) {
      watch_->PhotoRun(
          {NAN, timing.queue_ms, from_photo ? timing.decode_ms : NAN, from_photo ? timing.preprocess_ms : NAN, each_ms},
          end);
    }
    std::vector<PhotoStatistics> seen;
    for (size_t i = row; watched && i < row + count; ++i) {
      const auto statistics =
          MeasurePhoto(values.subspan(i * floats, floats), preprocessing, item.photo_width, item.photo_height);
      if (statistics.ok()) seen.push_back(*statistics);
    }
    if (from_photo && seen.size() == 1) item.answer.statistics = seen.front();
    item.answer.logits.assign(logits.begin() + static_cast<std::ptrdiff_t>(row * outputs),
                              logits.begin() + static_cast<std::ptrdiff_t>((row + count) * outputs));
    std::exchange(item.done, nullptr)({std::move(item.answer), {}});
    for (size_t i = 0; i < seen.size() && seen.size() == count; ++i) {
      watch_->Observe(model_, seen[i], std::span(features).subspan((row + i) * channels, channels),
                      std::span(logits).subspan((row + i) * outputs, outputs), item.work.kept_as);
    }
    row += count;
  }
}

}  // namespace frond::serve
