#include "src/base/thread_pool.h"

#include <algorithm>
#include <new>
#include <system_error>

namespace frond {
namespace {

// About 50 microseconds: longer than the gap between two layers, short enough
// that a busy neighbour core is not held up.
constexpr int kSpins = 2000;

constexpr int kClosed = 1 << 30;  // more than there are threads

void Pause() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

}  // namespace

ThreadPool::ThreadPool(int threads, const std::vector<int>& bound_to)
    : bound_to_(bound_to), taken_(static_cast<size_t>(threads)), inside_(kClosed) {
  const int cpus = threads == 1 ? 1 : bound_to.empty() ? AvailableCpus() : static_cast<int>(bound_to.size());
  spins_ = threads <= cpus ? kSpins : 0;
  max_awake_ = std::max(1, cpus - 1);
  workers_.reserve(static_cast<size_t>(std::max(0, threads - 1)));  // nothing may throw once a worker runs
  for (int thread = 1; thread < threads; ++thread) {
    try {
      workers_.emplace_back([this, thread] { Work(thread); });
    } catch (const std::system_error&) {  // a limit on processes
      break;
    } catch (const std::bad_alloc&) {
      break;
    }
  }
}

ThreadPool::~ThreadPool() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
    ++generation_;
  }
  wake_.notify_all();
  for (std::thread& worker : workers_) worker.join();
}

void ThreadPool::RunErased(int tasks, Call call, const void* context) {
  if (workers_.empty() || tasks <= 1) {
    for (int task = 0; task < tasks; ++task) call(context, task, 0);
    return;
  }
  tasks_ = tasks;
  call_ = call;
  context_ = context;
  next_task_.store(0, std::memory_order_relaxed);
  for (std::atomic<bool>& taken : taken_) taken.store(false, std::memory_order_relaxed);
  inside_.store(0, std::memory_order_release);
  {
    const std::lock_guard lock(mutex_);  // a worker about to sleep sees the new generation or gets the signal
    generation_.fetch_add(1, std::memory_order_release);
  }
  if (spins_ > 0) {
    wake_.notify_all();
  } else {
    const int helpers = std::min({tasks - 1, static_cast<int>(workers_.size()), max_awake_});
    for (int i = 0; i < helpers; ++i) wake_.notify_one();
  }
  TakeTasks(0);
  inside_.fetch_or(kClosed, std::memory_order_relaxed);
  for (int spin = 0; inside_.load(std::memory_order_acquire) != kClosed; ++spin) {
    if (spin < spins_) {
      Pause();
    } else {
      std::this_thread::yield();
    }
  }
}

// Enters the loop that is open, if one is.
bool ThreadPool::Join() {
  int inside = inside_.load(std::memory_order_relaxed);
  while ((inside & kClosed) == 0) {
    if (inside_.compare_exchange_weak(inside, inside + 1, std::memory_order_acquire, std::memory_order_relaxed))
      return true;
  }
  return false;
}

void ThreadPool::TakeTasks(int thread) {
  if (tasks_ <= threads()) {
    for (int i = 0; i < tasks_; ++i) {
      const int task = (thread + i) % tasks_;
      if (!taken_[static_cast<size_t>(task)].exchange(true, std::memory_order_relaxed)) call_(context_, task, thread);
    }
    return;
  }
  for (int task = next_task_.fetch_add(1, std::memory_order_relaxed); task < tasks_;
       task = next_task_.fetch_add(1, std::memory_order_relaxed)) {
    call_(context_, task, thread);
  }
}

void ThreadPool::Work(int thread) {
  const BoundToCpus bound(bound_to_);
  unsigned seen = 0;
  for (;;) {
    for (int spin = 0; spin < spins_ && generation_.load(std::memory_order_acquire) == seen; ++spin) Pause();
    if (generation_.load(std::memory_order_acquire) == seen) {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [&] { return generation_.load(std::memory_order_acquire) != seen; });
    }
    seen = generation_.load(std::memory_order_acquire);
    if (stop_.load(std::memory_order_relaxed)) return;
    if (!Join()) continue;
    TakeTasks(thread);
    inside_.fetch_sub(1, std::memory_order_release);
  }
}

}  // namespace frond
