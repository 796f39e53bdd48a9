#ifndef FROND_SRC_BASE_THREAD_POOL_H_
#define FROND_SRC_BASE_THREAD_POOL_H_

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

#include "src/base/cpu_set.h"

namespace frond {

// A fixed set of threads that run one loop at a time. The caller takes part as
// thread 0. Between loops workers spin briefly, since the next layer usually
// follows within microseconds, then sleep. With more threads than CPUs none
// spins, and no more are woken than can run.
class ThreadPool {
 public:
  // At least 1; 1 starts no thread. Where the system refuses a thread the pool
  // goes on with those it has: threads() says how many. The threads started here
  // are bound to the CPUs of `bound_to`, which CheckCpus accepted; empty: to none.
  explicit ThreadPool(int threads, const std::vector<int>& bound_to = {});
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  int threads() const { return static_cast<int>(workers_.size()) + 1; }

  // Calls body(task, thread) for every task in [0, tasks), in any order and on
  // any thread, and returns when all are done. Where there is a thread for each
  // task, task t goes to thread t unless that one comes late: what it left in its
  // core's cache is there in the next loop. `body` must not throw, nor call Run.
  template <class Body>
  void Run(int tasks, const Body& body) {
    RunErased(
        tasks, [](const void* context, int task, int thread) { (*static_cast<const Body*>(context))(task, thread); },
        &body);
  }

 private:
  using Call = void (*)(const void* context, int task, int thread);
  void RunErased(int tasks, Call call, const void* context);
  void Work(int thread);
  bool Join();
  void TakeTasks(int thread);

  const std::vector<int> bound_to_;
  std::vector<std::thread> workers_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::atomic<unsigned> generation_{0};  // a change means a new loop
  std::atomic<bool> stop_{false};
  std::atomic<int> next_task_{0};
  std::vector<std::atomic<bool>> taken_;  // tasks that have a thread of their own; else next_task_ counts
  // Workers inside the loop; kClosed too between loops, when none may enter. A worker that
  // wakes late finds the loop closed, and nobody has waited for it.
  std::atomic<int> inside_;
  int spins_ = 0;      // before a worker sleeps; 0 with more threads than CPUs
  int max_awake_ = 1;  // workers that are then worth waking
  int tasks_ = 0;
  Call call_ = nullptr;
  const void* context_ = nullptr;
};

}  // namespace frond

#endif  // FROND_SRC_BASE_THREAD_POOL_H_
