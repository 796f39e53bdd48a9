// What becomes of a letter whose receiver answers it oddly.

#include "src/serve/http/outbox.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "src/base/format.h"

namespace frond::serve {
namespace {

// Answers the n-th connection with the n-th of `answers`, the last ones with the last, as they are, and closes it.
class Receiver {
 public:
  explicit Receiver(std::vector<std::string> answers) : answers_(std::move(answers)) {
    socket_ = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof(address);
    EXPECT_EQ(bind(socket_, reinterpret_cast<sockaddr*>(&address), length), 0);
    EXPECT_EQ(listen(socket_, 8), 0);
    EXPECT_EQ(getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &length), 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { Run(); });
  }
  ~Receiver() {
    shutdown(socket_, SHUT_RDWR);
    thread_.join();
    close(socket_);
  }
  Receiver(const Receiver&) = delete;
  Receiver& operator=(const Receiver&) = delete;

  Url url() const { return ParseUrl(StrCat("http://127.0.0.1:", port_, "/alarm")).value(); }
  int letters() const { return letters_; }

 private:
  void Run() {
    for (int peer = 0; (peer = accept(socket_, nullptr, nullptr)) >= 0; close(peer)) {
      std::string got;
      char bytes[4096];
      while (!got.ends_with("{}")) {
        const ssize_t more = recv(peer, bytes, sizeof(bytes), 0);
        if (more <= 0) break;
        got.append(bytes, static_cast<size_t>(more));
      }
      const std::string& answer = answers_[std::min(answers_.size() - 1, static_cast<size_t>(letters_))];
      send(peer, answer.data(), answer.size(), MSG_NOSIGNAL);
      ++letters_;
    }
  }

  const std::vector<std::string> answers_;
  int socket_ = -1;
  int port_ = 0;
  std::atomic<int> letters_ = 0;
  std::thread thread_;
};

int LettersOf(const Receiver& receiver, int wanted, std::vector<std::string>& complaints) {
  Outbox outbox([&](const std::string& why) { complaints.push_back(why); });
  outbox.Send(receiver.url(), "{}");
  for (int i = 0; i < 500 && receiver.letters() < wanted; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  std::this_thread::sleep_for(std::chrono::milliseconds(1300));  // another attempt would be made after a second
  return receiver.letters();
}

TEST(Outbox, AnAnswerThatBreaksOffHasBeenGivenAllTheSame) {
  std::vector<std::string> complaints;
  const Receiver receiver({"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nnot a hundred"});
  EXPECT_EQ(LettersOf(receiver, 1, complaints), 1);
  const Receiver garbled({"HTTP/1.1 202 Accepted\r\nTransfer-Encoding: chunked\r\n\r\nno chunk\r\n"});
  EXPECT_EQ(LettersOf(garbled, 1, complaints), 1);
  EXPECT_TRUE(complaints.empty()) << complaints[0];
}

TEST(Outbox, WhatIsRefusedIsSentAgain) {
  std::vector<std::string> complaints;
  const Receiver receiver(
      {"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n", "", "HTTP/1.1 204 No Content\r\n\r\n"});
  EXPECT_EQ(LettersOf(receiver, 3, complaints), 3);
  EXPECT_TRUE(complaints.empty()) << complaints[0];
}

}  // namespace
}  // namespace frond::serve
