#ifndef FROND_TESTS_SERVE_HTTP_CLIENT_H_
#define FROND_TESTS_SERVE_HTTP_CLIENT_H_

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <chrono>
#include <cstdlib>
#include <string>
#include <string_view>

#include "src/base/format.h"

namespace frond::serve {

struct Reply {
  int status = 0;  // 0: the connection was closed before an answer
  std::string head;
  std::string body;

  // A header's value, by its name in lower case.
  std::string Header(std::string name) const {
    std::string lower = head;
    std::ranges::transform(lower, lower.begin(), [](unsigned char c) { return std::tolower(c); });
    const size_t at = lower.find("\r\n" + name + ": ");
    if (at == std::string::npos) return {};
    const size_t begin = at + name.size() + 4;
    return head.substr(begin, head.find("\r\n", begin) - begin);
  }
};

// A connection that sends whatever it is told to, as no library would.
class HttpClient {
 public:
  explicit HttpClient(int port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<uint16_t>(port));
    const int now = 1;  // else the kernel holds a second piece back until the first is acknowledged
    setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &now, sizeof(now));
    connected_ = connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0;
  }
  ~HttpClient() { Close(); }
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  bool connected() const { return connected_; }
  void Close() {
    if (socket_ >= 0) close(socket_);
    socket_ = -1;
  }
  void Send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;
      bytes.remove_prefix(static_cast<size_t>(sent));
    }
  }
  // The next answer, for which it waits up to ten seconds.
  Reply Receive() {
    Reply reply;
    size_t end = 0;
    while ((end = received_.find("\r\n\r\n")) == std::string::npos) {
      if (!More()) return reply;
    }
    reply.head = received_.substr(0, end + 2);
    received_.erase(0, end + 4);
    const std::string length = reply.Header("content-length");
    const auto size = static_cast<size_t>(std::strtoul(length.c_str(), nullptr, 10));
    while (received_.size() < size) {
      if (!More()) return reply;
    }
    reply.body = received_.substr(0, size);
    received_.erase(0, size);
    reply.status = std::atoi(reply.head.c_str() + std::string_view("HTTP/1.1 ").size());
    return reply;
  }
  Reply Ask(const std::string& method, const std::string& target, std::string_view body = {},
            const std::string& headers = {}) {
    std::string text = StrCat(method, " ", target, " HTTP/1.1\r\nHost: here\r\n", headers);
    if (!body.empty()) text += StrCat("Content-Length: ", body.size(), "\r\n");
    Send(text + "\r\n");
    Send(body);
    return Receive();
  }
  // Whether the other side has closed it, within ten seconds.
  bool IsClosed() {
    while (More()) {}
    return ended_;
  }

 private:
  bool More() {
    pollfd wait = {socket_, POLLIN, 0};
    if (poll(&wait, 1, 10'000) <= 0) return false;
    char bytes[65536];
    const ssize_t count = recv(socket_, bytes, sizeof(bytes), 0);
    if (count <= 0) {
      ended_ = true;
      return false;
    }
    received_.append(bytes, static_cast<size_t>(count));
    return true;
  }

  int socket_;
  bool connected_ = false;
  bool ended_ = false;
  std::string received_;
};

}  // namespace frond::serve

#endif  // FROND_TESTS_SERVE_HTTP_CLIENT_H_
