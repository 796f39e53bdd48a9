#ifndef FROND_SRC_SERVE_HTTP_STREAM_H_
#define FROND_SRC_SERVE_HTTP_STREAM_H_

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <optional>
#include <utility>

namespace frond::serve {

// A connection, in TLS or not: one type for both, as Beast's algorithms want a stream.
class Stream {
 public:
  using executor_type = boost::beast::tcp_stream::executor_type;  // NOLINT(readability-identifier-naming): Asio's name

  // `tls` is null for a plain one, else outlives it.
  Stream(boost::asio::ip::tcp::socket socket, boost::asio::ssl::context* tls) : tcp_(std::move(socket)) {
    if (tls != nullptr) tls_.emplace(tcp_, *tls);
  }

  // NOLINTBEGIN(readability-identifier-naming): Asio's names
  executor_type get_executor() { return tcp_.get_executor(); }
  template <class Buffers, class Handler>
  void async_read_some(const Buffers& buffers, Handler&& handler) {
    if (tls_) return tls_->async_read_some(buffers, std::forward<Handler>(handler));
    tcp_.async_read_some(buffers, std::forward<Handler>(handler));
  }
  template <class Buffers, class Handler>
  void async_write_some(const Buffers& buffers, Handler&& handler) {
    if (tls_) return tls_->async_write_some(buffers, std::forward<Handler>(handler));
    tcp_.async_write_some(buffers, std::forward<Handler>(handler));
  }
  // NOLINTEND(readability-identifier-naming)

  // What time-outs are set on, and the socket below.
  boost::beast::tcp_stream& tcp() { return tcp_; }
  bool is_tls() const { return tls_.has_value(); }
  // Of TLS; its beginning and its end.
  template <class Handler>
  void AsyncHandshake(Handler&& handler) {
    tls_->async_handshake(boost::asio::ssl::stream_base::server, std::forward<Handler>(handler));
  }
  template <class Handler>
  void AsyncShutdown(Handler&& handler) {
    tls_->async_shutdown(std::forward<Handler>(handler));
  }

 private:
  boost::beast::tcp_stream tcp_;
  std::optional<boost::asio::ssl::stream<boost::beast::tcp_stream&>> tls_;
};

}  // namespace frond::serve

#endif  // FROND_SRC_SERVE_HTTP_STREAM_H_
