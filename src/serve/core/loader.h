#ifndef FROND_SRC_SERVE_CORE_LOADER_H_
#define FROND_SRC_SERVE_CORE_LOADER_H_

#include <atomic>
#include <functional>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

namespace frond::serve {

// A thread for what takes too long for those that read and write: one task at a time.
class Loader {
 public:
  Loader() = default;
  ~Loader() { Join(); }
  Loader(const Loader&) = delete;
  Loader& operator=(const Loader&) = delete;

  // False, and nothing is done, while another task runs or no thread is to be had. `task` must not throw.
  bool Start(std::function<void()> task) {
    const std::lock_guard lock(mutex_);
    if (busy_.exchange(true)) return false;
    if (thread_.joinable()) thread_.join();
    try {
      thread_ = std::thread([this, task = std::move(task)] {
        task();
        busy_ = false;
      });
    } catch (const std::system_error&) {  // no thread is to be had
      busy_ = false;
      return false;
    }
    return true;
  }
  void Join() {
    const std::lock_guard lock(mutex_);
    if (thread_.joinable()) thread_.join();
  }

 private:
  std::mutex mutex_;
  std::thread thread_;
  std::atomic<bool> busy_{false};
};

}  // namespace frond::serve

#endif  // FROND_SRC_SERVE_CORE_LOADER_H_
