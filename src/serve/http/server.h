#ifndef FROND_SRC_SERVE_HTTP_SERVER_H_
#define FROND_SRC_SERVE_HTTP_SERVER_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "frond/result.h"
#include "src/serve/core/tls.h"
#include "src/serve/http/message.h"

namespace frond::serve {

struct ServerOptions {
  std::string address = "127.0.0.1";
  int port = 8080;         // 0: any that is free
  std::string token = {};  // every request must bear it, but for GETs of the open paths; empty: none must
  std::vector<std::string> open_paths = {};
  // What clients may call the server (Host, without the port); empty: anything. Without a token it keeps out pages
  // whose own name was made to lead here (DNS rebinding).
  std::vector<std::string> hosts = {};
  TlsOptions tls = {};
  size_t max_body_bytes = size_t{32} << 20;
  size_t max_header_bytes = size_t{16} << 10;
  int max_connections = 512;
  std::chrono::seconds read_timeout{
      30};                              // for headers to come whole, for the next request to begin, for more of a body
  size_t slowest_bytes_per_s = 16'000;  // that a body may come at on the whole, beyond the read time-out
  std::chrono::seconds write_timeout{30};
};

// HTTP/1.1 over TCP, on Boost.Beast (docs/decisions/0005). One request of a connection at a time. What is wrong with a
// request as such (its size, its framing, its token, its slowness) is answered here; the rest is the handler's.
class Server {
 public:
  // Listens. Errors: kInvalidArgument for an address that is none, and for what TLS cannot be spoken with; kIo where it
  // cannot be listened at.
  static Result<std::unique_ptr<Server>> Listen(const ServerOptions& options, Handler handler);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  int port() const;
  // No more connections are taken; those that are idle are closed, the others after their next answer.
  void Drain();
  int connections() const;
  // Whatever is open is left; the handler is not called any more. Answers that come still are thrown away, as long as
  // this lives.
  void Stop();

 private:
  struct Impl;
  explicit Server(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace frond::serve

#endif  // FROND_SRC_SERVE_HTTP_SERVER_H_
