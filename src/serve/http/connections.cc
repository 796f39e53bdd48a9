#include "src/serve/http/connections.h"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <cerrno>
#include <optional>
#include <utility>

#include "src/base/format.h"
#include "src/serve/core/service.h"
#include "src/serve/http/stream.h"
#include "src/serve/http/url.h"

namespace frond::serve {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using Tcp = asio::ip::tcp;
using boost::system::error_code;

// Of a connection, beside the body: two reads, and headers of up to --max-header-bytes.
constexpr size_t kMostBuffered = size_t{192} << 10;
// Beast reads what the buffer has room for, and never more than the second: of its own 512 bytes a photo took thirty
// reads, each with a timer and a turn of the event loop. What is read at once grows with what has come.
constexpr size_t kFirstRead = size_t{16} << 10;
constexpr size_t kMostRead = size_t{64} << 10;
// How long what still comes is read, for the last answer to be delivered.
constexpr std::chrono::seconds kLeaveTaking(5);
// Refused connections that may wait to be told so, beyond those that are served.
constexpr size_t kMostRefused = 64;

Response ErrorResponse(unsigned status, const char* code, const std::string& message) {
  return {status, "application/json", StrCat(R"({"error":{"code":")", code, R"(","message":")", message, R"("}})"), {}};
}

}  // namespace

// One client's. Its handlers run one at a time, in the stream's strand.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(Tcp::socket socket, asio::ssl::context* tls, Connections& all)
      : stream_(std::move(socket), tls), all_(all) {}

  void Start(bool refused) {
    asio::dispatch(stream_.get_executor(), [self = shared_from_this(), refused] {
      error_code ignored;
      self->stream_.tcp().socket().set_option(Tcp::no_delay(true), ignored);
      if (refused && self->stream_.is_tls()) return self->End();
      if (refused) return self->Answer(ErrorResponse(503, "limit", "too many connections"), false);
      if (!self->stream_.is_tls()) return self->ReadHeader();
      self->stream_.tcp().expires_after(self->options().read_timeout);
      self->stream_.AsyncHandshake([self](error_code error) {
        if (error) return self->End();
        self->ReadHeader();
      });
    });
  }
  void CloseIfIdle() {
    asio::post(stream_.get_executor(), [self = shared_from_this()] {
      if (self->idle_) self->stream_.tcp().cancel();  // the read that waits ends, and closes it
    });
  }

 private:
  const ServerOptions& options() const { return all_.options(); }

  void ReadHeader() {
    parser_.emplace();
    parser_->header_limit(static_cast<std::uint32_t>(options().max_header_bytes));
    parser_->body_limit(options().max_body_bytes);
    stream_.tcp().expires_after(options().read_timeout);
    if (all_.draining() && !HasBegun()) return Close();
    idle_ = true;
    GoOnReadingHeader();
  }

  void GoOnReadingHeader() {
    http::async_read_header(stream_, buffer_, *parser_,
                            [self = shared_from_this()](error_code error, size_t) { self->OnHeader(error); });
  }

  // Whether of the next request something has come, read or not.
  bool HasBegun() {
    error_code ignored;
    return buffer_.size() > 0 || parser_->got_some() || stream_.tcp().socket().available(ignored) > 0;
  }

  void OnHeader(error_code error) {
    if (error == asio::error::operation_aborted && std::exchange(idle_, false) && HasBegun())
      return GoOnReadingHeader();
    idle_ = false;
    if (error) return OnReadError(error);
    const auto& header = parser_->get();
    head_ = header.method() == http::verb::head;
    // Lengths that others may read otherwise are what request smuggling plays with (RFC 9112, sections 6.1 and 6.3).
    const bool encoded = header.count(http::field::transfer_encoding) > 0;
    if (encoded && (!parser_->chunked() || header.count(http::field::content_length) > 0 || header.version() < 11)) {
      return Answer(ErrorResponse(400, "bad_format", "Transfer-Encoding must be chunked, and alone"), false);
    }
    if (header.version() >= 11 && header.count(http::field::host) != 1) {
      return Answer(ErrorResponse(400, "bad_format", "one Host header is needed"), false);
    }
    if (!IsCalledSo({header[http::field::host].data(), header[http::field::host].size()})) {
      return Answer(ErrorResponse(421, "invalid_argument", "this service is not called so; --allow-host lets it be"),
                    false);
    }
    if (!IsAllowed()) {
      Response response = ErrorResponse(401, "unauthorized", "a bearer token is needed");
      response.headers.emplace_back("WWW-Authenticate", "Bearer");
      return Answer(std::move(response), false);
    }
    if (const auto length = parser_->content_length(); length && *length > options().max_body_bytes) return TooLarge();
    if (beast::iequals(header[http::field::expect], "100-continue")) return Continue();
    ReadBody();
  }

  bool IsCalledSo(std::string_view host) const {
    if (options().hosts.empty()) return true;
    const size_t port = host.rfind(':');
    if (port != std::string_view::npos && host.find(']', port) == std::string_view::npos) host = host.substr(0, port);
    return std::ranges::any_of(options().hosts, [&](const std::string& name) {
      return beast::iequals(beast::string_view(host.data(), host.size()), name);
    });
  }

  bool IsAllowed() const {
    if (options().token.empty()) return true;
    const auto& header = parser_->get();
    std::string_view target(header.target().data(), header.target().size());
    target = target.substr(0, target.find('?'));
    const bool bare = (header.method() == http::verb::get || head_) && !parser_->chunked() &&
                      parser_->content_length().value_or(0) == 0;
    if (bare && std::ranges::find(options().open_paths, target) != options().open_paths.end()) return true;
    const auto value = header[http::field::authorization];
    return BearsToken({value.data(), value.size()}, options().token);
  }

  void Continue() {
    static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
    asio::async_write(stream_, asio::buffer(kContinue), [self = shared_from_this()](error_code error, size_t) {
      if (error) return self->Close();
      self->ReadBody();
    });
  }

  void ReadBody() {
    body_begun_ = std::chrono::steady_clock::now();
    ReadMore();
  }

  // As long as more comes, and on the whole no more slowly than over the slowest network.
  void ReadMore() {
    if (parser_->is_done()) return OnRequest();
    const size_t rest = parser_->content_length_remaining().value_or(kMostRead);
    buffer_.reserve(std::min(rest, std::clamp(parser_->get().body().size(), kFirstRead, kMostRead)));
    const std::chrono::duration<double> earned(static_cast<double>(parser_->get().body().size()) /
                                               static_cast<double>(options().slowest_bytes_per_s));
    stream_.tcp().expires_at(body_begun_ + options().read_timeout +
                             std::chrono::duration_cast<std::chrono::steady_clock::duration>(earned));
    http::async_read_some(stream_, buffer_, *parser_, [self = shared_from_this()](error_code error, size_t) {
      if (error) return self->OnReadError(error);
      self->ReadMore();
    });
  }

  void OnReadError(error_code error) {
    if (error == http::error::end_of_stream || error == asio::error::operation_aborted) return Close();
    if (error == http::error::body_limit) return TooLarge();
    if (error == http::error::header_limit) {
      return Answer(
          ErrorResponse(431, "limit", StrCat("the headers are longer than ", options().max_header_bytes, " bytes")),
          false);
    }
    // Timed out before a byte came: nobody waits for an answer.
    if (error == beast::error::timeout) return Close();
    if (error.category() == http::make_error_code(http::error::bad_method).category()) {
      return Answer(ErrorResponse(400, "bad_format", "not an HTTP/1.1 request"), false);
    }
    Close();
  }

  void TooLarge() {
    Answer(ErrorResponse(413, "limit", StrCat("the body is larger than ", options().max_body_bytes, " bytes")), false);
  }

  void OnRequest() {
    http::request<http::string_body> message = parser_->release();
    keep_alive_ = message.keep_alive() && !all_.draining();
    Request request;
    request.method = std::string(message.method_string());
    if (!SplitTarget({message.target().data(), message.target().size()}, request.path, request.query)) {
      return Answer(ErrorResponse(400, "bad_format", "the request's target is no path"), keep_alive_);
    }
    for (const auto& field : message) {
      std::string name(field.name_string());
      std::ranges::transform(name, name.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
      request.headers.emplace_back(std::move(name), std::string(field.value()));
    }
    request.content_type = request.Header("content-type");
    request.content_encoding = request.Header("content-encoding");
    request.body = std::move(message.body());
    request.begun = std::chrono::steady_clock::now();
    request.cancelled = cancelled_ = std::make_shared<std::atomic<bool>>(false);
    stream_.tcp().expires_never();
    WatchForEnd();
    try {
      all_.handler()(std::move(request), [self = shared_from_this()](Response response) {
        asio::post(self->stream_.get_executor(), [self, response = std::move(response)]() mutable {
          self->Answer(std::move(response), self->keep_alive_);
        });
      });
    } catch (const std::exception&) {  // no memory; whether it was answered is not known
      Close();
    }
  }

  // While the answer is made: a client that closes its connection wants it no more. The socket may be said to be
  // readable for bytes that were read before, so that nothing here may wait for more.
  void WatchForEnd() {
    watching_ = cancelled_;
    stream_.tcp().socket().async_wait(
        Tcp::socket::wait_read, [self = shared_from_this(), of = cancelled_](error_code error) {
          if (error || self->watching_ != of) return;
          char byte = 0;
          const ssize_t count = recv(self->stream_.tcp().socket().native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
          if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return self->WatchForEnd();
          if (count <= 0) of->store(true);
        });
  }

  void Answer(Response response, bool keep_alive) {
    watching_.reset();
    message_ = {};
    message_.version(11);
    message_.result(response.status);
    message_.set(http::field::content_type, response.content_type);
    message_.set("X-Content-Type-Options", "nosniff");
    message_.set("Cross-Origin-Resource-Policy", "same-origin");
    message_.set("Referrer-Policy", "no-referrer");
    message_.set("Cache-Control", "no-store");
    for (const auto& [name, value] : response.headers) message_.set(name, value);
    message_.keep_alive(keep_alive && !all_.draining());
    message_.body() = std::move(response.body);
    message_.prepare_payload();
    if (head_) message_.body().clear();
    head_ = false;
    stream_.tcp().expires_after(options().write_timeout);
    http::async_write(stream_, message_, [self = shared_from_this()](error_code error, size_t) {
      if (error || !self->message_.keep_alive()) return self->Close();
      self->ReadHeader();
    });
  }

  // What was sent is still delivered; what comes is thrown away, lest the answer be lost to a reset.
  void Close() {
    if (std::exchange(closed_, true)) return;
    if (cancelled_) cancelled_->store(true);
    stream_.tcp().expires_after(kLeaveTaking);
    if (stream_.is_tls()) return stream_.AsyncShutdown([self = shared_from_this()](error_code) { self->End(); });
    error_code ignored;
    stream_.tcp().socket().shutdown(Tcp::socket::shutdown_send, ignored);
    DrainInput();
  }
  void DrainInput() {
    stream_.async_read_some(asio::buffer(rest_), [self = shared_from_this()](error_code error, size_t) {
      if (!error) return self->DrainInput();
      self->End();
    });
  }
  void End() {
    stream_.tcp().close();
    all_.Remove(shared_from_this());
  }

  Stream stream_;
  Connections& all_;
  beast::flat_buffer buffer_{kMostBuffered};  // chunks' extensions and trailers too
  std::optional<http::request_parser<http::string_body>> parser_;
  http::response<http::string_body> message_;
  std::shared_ptr<std::atomic<bool>> cancelled_;
  std::shared_ptr<std::atomic<bool>> watching_;
  std::chrono::steady_clock::time_point body_begun_;
  std::array<char, 4096> rest_ = {};
  bool keep_alive_ = true;
  bool head_ = false;
  bool idle_ = false;
  bool closed_ = false;
};

void Connections::Take(Tcp::socket socket, asio::ssl::context* tls) {
  const auto most = static_cast<size_t>(options_.max_connections);
  const size_t count = Count();
  if (count >= most + kMostRefused) return;
  const auto connection = std::make_shared<Connection>(std::move(socket), tls, *this);
  {
    const std::lock_guard lock(mutex_);
    open_.insert(connection);
  }
  connection->Start(count >= most);
}

void Connections::Drain() {
  draining_ = true;
  std::set<std::shared_ptr<Connection>> open;
  {
    const std::lock_guard lock(mutex_);
    open = open_;
  }
  for (const auto& connection : open) connection->CloseIfIdle();
}

size_t Connections::Count() const {
  const std::lock_guard lock(mutex_);
  return open_.size();
}

void Connections::Remove(const std::shared_ptr<Connection>& connection) {
  const std::lock_guard lock(mutex_);
  open_.erase(connection);
}

}  // namespace frond::serve
