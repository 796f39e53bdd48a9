#ifndef FROND_SRC_SERVE_CORE_LOADER_H_
#define FROND_SRC_SERVE_CORE_LOADER_H_

#include <atomic>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>

namespace frond::serve {

// A thread for what takes too long for those that read and write: one task at a time.
class Loader {
 public:
  Loader() = default;
  ~Loader() {
    if (thread_.joinable()) thread_.join();
  }
  Loader(const Loader&) = delete;
  Loader& operator=(const Loader&) = delete;

  // False, and nothing is done, while another task runs. `task` must not throw.
  bool Start(std::function<void()> task) {
    const std::lock_guard lock(mutex_);
    if (busy_) return false;
    if (thread_.joinable()) thread_.join();
    busy_ = true;
    thread_ = std::thread([this, task = std::move(task)] {
      task();
      busy_ = false;
    });
    return true;
  }

 private:
  std::mutex mutex_;
  std::thread thread_;
  std::atomic<bool> busy_{false};
};

}  // namespace frond::serve

#endif  // FROND_SRC_SERVE_CORE_LOADER_H_
