#ifndef FROND_SRC_SERVE_HTTP_OUTBOX_H_
#define FROND_SRC_SERVE_HTTP_OUTBOX_H_

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "src/serve/http/post.h"

namespace frond::serve {

// Sends JSON elsewhere, one after the other, on a thread of its own: whoever is told nothing waits for it. What cannot
// be sent is tried three times, then dropped; what is more than may wait is dropped at once.
class Outbox {
 public:
  static constexpr size_t kMostWaiting = 256;
  static constexpr size_t kMostBytes = size_t{16} << 20;

  // `complain` is told of what was dropped, not more often than once a minute; it must not throw.
  explicit Outbox(std::function<void(const std::string&)> complain);
  // What waits is still sent, once each, for two seconds or so.
  ~Outbox();
  Outbox(const Outbox&) = delete;
  Outbox& operator=(const Outbox&) = delete;

  void Send(const Url& url, std::string body);

 private:
  struct Letter {
    Url url;
    std::string body;
  };

  void Run();
  void Complain(const std::string& why);  // with the lock held

  const std::function<void(const std::string&)> complain_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Letter> waiting_;
  size_t bytes_ = 0;  // of those
  bool stopping_ = false;
  std::chrono::steady_clock::time_point end_;  // once it is stopping
  std::optional<std::chrono::steady_clock::time_point> complained_;
  std::thread thread_;
};

}  // namespace frond::serve

#endif  // FROND_SRC_SERVE_HTTP_OUTBOX_H_
