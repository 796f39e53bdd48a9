#ifndef FROND_SRC_SERVE_CORE_SCHEDULER_H_
#define FROND_SRC_SERVE_CORE_SCHEDULER_H_

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "frond/model.h"
#include "frond/result.h"
#include "src/monitor/model_watch.h"

namespace frond::serve {

using Clock = std::chrono::steady_clock;

// What a request wants of a model: a photo, or a tensor.
struct Work {
  std::optional<std::string> photo;  // the bytes of a JPEG, PNG or WebP file; or
  std::vector<float> tensor;         // count x 3 x height x width, normalised as the model's preprocessing says
  int count = 0;
  int height = 0;
  int width = 0;
  std::optional<Clock::time_point> deadline;  // after which nobody wants the answer
  // Set from any thread once nobody waits any more; null: never.
  std::shared_ptr<const std::atomic<bool>> cancelled;
  std::string kept_as = {};  // what the photo is found by afterwards, where it is kept
};

struct WorkTiming {
  double queue_ms = 0;
  double decode_ms = 0;
  double preprocess_ms = 0;
  double inference_ms = 0;  // a share of the batch's, by images
};

struct Answer {
  std::vector<float> logits;  // images x the model's outputs
  WorkTiming timing;
  // Of a photo, where the model is watched.
  std::optional<PhotoStatistics> statistics;
};

// Why there is no answer.
struct Refusal {
  enum class Reason {
    kInput,      // the photo or the tensor is at fault
    kFull,       // as many requests wait as may
    kStopping,   // no new work is taken
    kLate,       // the deadline passed in the queue
    kCancelled,  // the client has gone
    kFailed,     // ours
  };
  Reason reason = Reason::kInput;
  Error error;
};

// Exactly one of the two.
struct Outcome {
  std::optional<Answer> answer;
  Refusal refusal;
};

struct SchedulerOptions {
  int threads = 0;     // 0: one for each CPU the process may use
  size_t queue = 256;  // requests that may wait
  int batch = 2;       // images run together at most: more are no faster on a CPU, and answer later
  // How long a request may wait for others to be run together with. 0: a batch is what waits already.
  std::chrono::microseconds batch_delay{0};
};

// Runs one model for many requests: they wait in a bounded queue, and a fixed set of threads takes them, several
// together where several wait. Each thread has a session of its own, for throughput; a request that is alone is run by
// a session of all threads, for latency. Sessions share the weights.
class Scheduler {
 public:
  // Called exactly once for each submitted work, on a thread of the scheduler or the caller's; it must not block or
  // throw.
  using Done = std::function<void(Outcome)>;

  // `watch`, where there is one, is told of what was run. Errors: those of Session::Create.
  static Result<std::unique_ptr<Scheduler>> Create(const Model& model, const SchedulerOptions& options,
                                                   std::shared_ptr<ModelWatch> watch = nullptr);
  // Answers what waits, then ends the threads.
  ~Scheduler();
  Scheduler(const Scheduler&) = delete;
  Scheduler& operator=(const Scheduler&) = delete;

  void Submit(Work work, Done done);
  // No more work is taken; what waits is still answered.
  void Stop();
  // Requests that wait or run.
  size_t pending() const;
  // What a client that found the queue full may expect to wait, from the pace of late.
  std::chrono::seconds RetryAfter() const;

 private:
  struct Item {
    Work work;
    Done done;  // null once it was called
    Clock::time_point arrived;
    Answer answer;
    int photo_width = 0;  // px, before it was brought to the model's input
    int photo_height = 0;
  };

  Scheduler(const Model& model, const SchedulerOptions& options, std::shared_ptr<ModelWatch> watch,
            std::vector<Session> narrow, Session wide);

  void Start();
  static void Refuse(Item& item, Refusal::Reason reason, Error error);
  // Whether a thread has something to do, or to end; with the lock held.
  bool IsDue() const;
  // Why no more work can be taken now; with the lock held.
  std::optional<Refusal> WhyNot() const;
  void Run(Session& narrow);
  // Waits for work; empty at the end. Sets `alone` where nothing else waits or runs.
  std::vector<Item> Take(bool& alone);
  bool Fits(const Item& item, const std::vector<Item>& batch) const;
  int ImagesOf(const Work& work) const;
  // Brings photos to tensors; those that cannot be are answered and removed. Returns what of `inputs` is the batch's:
  // it only grows, since what is taken out of a vector and in again is set to 0 each time.
  std::span<const float> Prepare(std::vector<Item>& batch, std::vector<float>& inputs);
  void Infer(std::vector<Item>& batch, std::span<const float> inputs, Session& session);

  const Model model_;
  const SchedulerOptions options_;
  const std::shared_ptr<ModelWatch> watch_;
  std::vector<Session> narrow_;
  Session wide_;
  std::mutex wide_mutex_;

  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Item> queue_;
  size_t running_ = 0;  // requests
  int idle_ = 0;        // threads
  bool stopping_ = false;
  double seconds_each_ = 0.01;  // between two answers while work waited, a moving average
  std::vector<std::thread> threads_;
};

}  // namespace frond::serve

#endif  // FROND_SRC_SERVE_CORE_SCHEDULER_H_
