#include "src/serve/http/outbox.h"

#include <chrono>
#include <utility>

#include "src/base/format.h"

namespace frond::serve {
namespace {

constexpr int kAttempts = 3;
constexpr std::chrono::seconds kBetweenAttempts(1);
constexpr std::chrono::milliseconds kPatience(5000);      // for an answer
constexpr std::chrono::milliseconds kLastPatience(2000);  // at the end, for all that waits
constexpr std::chrono::minutes kBetweenComplaints(1);

}  // namespace

Outbox::Outbox(std::function<void(const std::string&)> complain)
    : complain_(std::move(complain)), thread_([this] { Run(); }) {}

Outbox::~Outbox() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    end_ = std::chrono::steady_clock::now() + kLastPatience;
  }
  wake_.notify_all();
  thread_.join();
}

void Outbox::Send(const Url& url, std::string body) {
  {
    const std::lock_guard lock(mutex_);
    if (waiting_.size() == kMostWaiting || bytes_ + body.size() > kMostBytes) {
      return Complain(StrCat(url.Authority(), " takes too little; what is more is dropped"));
    }
    bytes_ += body.size();
    waiting_.push_back({url, std::move(body)});
  }
  wake_.notify_all();
}

void Outbox::Run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    wake_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
    if (waiting_.empty() || (stopping_ && std::chrono::steady_clock::now() > end_)) return;
    const Letter letter = std::move(waiting_.front());
    waiting_.pop_front();
    bytes_ -= letter.body.size();
    for (int attempt = 1;; ++attempt) {
      const auto patience = stopping_ ? kLastPatience : kPatience;
      lock.unlock();
      const Status sent = PostJson(letter.url, letter.body, patience);
      lock.lock();
      if (sent.ok()) break;
      if (attempt == kAttempts || stopping_) {
        Complain(sent.error().message);
        break;
      }
      wake_.wait_for(lock, kBetweenAttempts, [this] { return stopping_; });
    }
  }
}

void Outbox::Complain(const std::string& why) {
  const auto now = std::chrono::steady_clock::now();
  if (complained_ && now - *complained_ < kBetweenComplaints) return;
  complained_ = now;
  complain_(why);
}

}  // namespace frond::serve
