#ifndef FROND_SRC_SERVE_HTTP_CONNECTIONS_H_
#define FROND_SRC_SERVE_HTTP_CONNECTIONS_H_

#include <atomic>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <cstddef>
#include <memory>
#include <mutex>
#include <set>
#include <utility>

#include "src/serve/http/message.h"
#include "src/serve/http/server.h"

namespace frond::serve {

class Connection;

// A server's connections: HTTP/1.1 on each, one request at a time. For any thread.
class Connections {
 public:
  Connections(const ServerOptions& options, Handler handler) : options_(options), handler_(std::move(handler)) {}

  // Speaks with the client of `socket`, whose executor is a strand; in TLS unless `tls` is null. One too many is told
  // so, and closed. Throws std::bad_alloc, and has closed it then.
  void Take(boost::asio::ip::tcp::socket socket, boost::asio::ssl::context* tls);
  // Those that are idle are closed, the others, and those that still come, after their next answer.
  void Drain();

  const ServerOptions& options() const { return options_; }
  const Handler& handler() const { return handler_; }
  bool draining() const { return draining_; }
  size_t Count() const;
  // By a connection, once it has ended.
  void Remove(const std::shared_ptr<Connection>& connection);

 private:
  const ServerOptions options_;
  const Handler handler_;
  std::atomic<bool> draining_{false};
  mutable std::mutex mutex_;
  std::set<std::shared_ptr<Connection>> open_;
};

}  // namespace frond::serve

#endif  // FROND_SRC_SERVE_HTTP_CONNECTIONS_H_
