#include "src/serve/http/server.h"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <cerrno>
#include <cstdio>
#include <mutex>
#include <optional>
#include <set>
#include <thread>
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

// Threads that read and write; what computes has its own.
constexpr int kThreads = 2;

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
// Where the system has no more descriptors.
constexpr std::chrono::milliseconds kAcceptAgain(100);

Response ErrorResponse(unsigned status, const char* code, const std::string& message) {
  return {status, "application/json", StrCat(R"({"error":{"code":")", code, R"(","message":")", message, R"("}})"), {}};
}

}  // namespace

struct Server::Impl {
  Impl(const ServerOptions& given, Handler handle)
      : options(given),
        handler(std::move(handle)),
        context(kThreads),
        accepting(asio::make_strand(context)),
        acceptor(accepting),
        later(accepting) {}

  void Accept();
  void Add(const std::shared_ptr<Connection>& connection) {
    const std::lock_guard lock(mutex);
    open.insert(connection);
  }
  void Remove(const std::shared_ptr<Connection>& connection) {
    const std::lock_guard lock(mutex);
    open.erase(connection);
  }
  size_t Count() const {
    const std::lock_guard lock(mutex);
    return open.size();
  }
  std::set<std::shared_ptr<Connection>> Open() const {
    const std::lock_guard lock(mutex);
    return open;
  }

  const ServerOptions options;
  const Handler handler;
  asio::io_context context;
  asio::strand<asio::io_context::executor_type> accepting;  // the acceptor's and its timer's
  Tcp::acceptor acceptor;
  asio::steady_timer later;
  std::unique_ptr<asio::ssl::context> tls;
  int port = 0;
  std::atomic<bool> draining{false};
  mutable std::mutex mutex;
  std::set<std::shared_ptr<Connection>> open;
  std::vector<std::thread> threads;
};

// One client's. Its handlers run one at a time, in the stream's strand.
class Server::Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(Tcp::socket socket, Server::Impl& server)
      : stream_(std::move(socket), server.tls.get()), server_(server) {}

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
  const ServerOptions& options() const { return server_.options; }

  void ReadHeader() {
    parser_.emplace();
    parser_->header_limit(static_cast<std::uint32_t>(options().max_header_bytes));
    parser_->body_limit(options().max_body_bytes);
    stream_.tcp().expires_after(options().read_timeout);
    if (server_.draining && !HasBegun()) return Close();
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
    keep_alive_ = message.keep_alive() && !server_.draining;
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
      server_.handler(std::move(request), [self = shared_from_this()](Response response) {
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
    message_.keep_alive(keep_alive && !server_.draining);
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
    server_.Remove(shared_from_this());
  }

  Stream stream_;
  Server::Impl& server_;
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

void Server::Impl::Accept() {
  acceptor.async_accept(asio::make_strand(context), [this](error_code error, Tcp::socket socket) {
    if (!acceptor.is_open()) return;
    if (error) {
      later.expires_after(kAcceptAgain);
      return later.async_wait([this](error_code ended) {
        if (!ended && acceptor.is_open()) Accept();
      });
    }
    const size_t count = Count();
    const auto most = static_cast<size_t>(options.max_connections);
    if (count < most + kMostRefused) {
      try {
        auto connection = std::make_shared<Connection>(std::move(socket), *this);
        Add(connection);
        connection->Start(count >= most);
      } catch (const std::exception& thrown) {  // no memory: this one is closed, the next is waited for
        std::fputs(StrCat("frond serve: a connection was refused: ", thrown.what(), "\n").c_str(), stderr);
      }
    }
    Accept();
  });
}

namespace {

Result<std::unique_ptr<asio::ssl::context>> TlsContext(const TlsOptions& options) {
  auto context = std::make_unique<asio::ssl::context>(asio::ssl::context::tls_server);
  const auto failed = [](const char* what, const error_code& error) {
    return Error{ErrorCode::kInvalidArgument, StrCat(what, " cannot be used: ", error.message()), "give it as PEM"};
  };
  error_code error;
  context->set_options(asio::ssl::context::default_workarounds | asio::ssl::context::no_tlsv1 |
                           asio::ssl::context::no_tlsv1_1 | asio::ssl::context::no_compression,
                       error);
  context->use_certificate_chain(asio::buffer(options.certificate), error);
  if (error) return failed("the certificate (--tls-cert)", error);
  context->use_private_key(asio::buffer(options.key), asio::ssl::context::pem, error);
  if (error) return failed("the key (--tls-key)", error);
  // Sessions that are taken up again belong to this service.
  static constexpr unsigned char kSessions[] = {'f', 'r', 'o', 'n', 'd'};
  SSL_CTX_set_session_id_context(context->native_handle(), kSessions, sizeof(kSessions));
  if (!options.client_ca.empty()) {
    context->add_certificate_authority(asio::buffer(options.client_ca), error);
    if (error) return failed("the authority of clients (--tls-client-ca)", error);
    context->set_verify_mode(asio::ssl::verify_peer | asio::ssl::verify_fail_if_no_peer_cert, error);
  }
  return context;
}

}  // namespace

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Result<std::unique_ptr<Server>> Server::Listen(const ServerOptions& options, Handler handler) {
  error_code error;
  const asio::ip::address address = asio::ip::make_address(options.address, error);
  if (error) {
    return Error{ErrorCode::kInvalidArgument, StrCat("--host ", Quote(options.address), " is no IP address"),
                 "give one, as 127.0.0.1 or 0.0.0.0"};
  }
  auto impl = std::make_unique<Impl>(options, std::move(handler));
  if (!options.tls.certificate.empty()) {
    FROND_ASSIGN(impl->tls, TlsContext(options.tls));
  }
  const Tcp::endpoint endpoint(address, static_cast<uint16_t>(options.port));
  impl->acceptor.open(endpoint.protocol(), error);
  if (!error) impl->acceptor.set_option(Tcp::acceptor::reuse_address(true), error);
  if (!error) impl->acceptor.bind(endpoint, error);
  if (!error) impl->acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error) {
    return Error{ErrorCode::kIo, StrCat("cannot listen at ", options.address, ":", options.port, ": ", error.message()),
                 "choose another --port, or stop what listens there"};
  }
  impl->port = impl->acceptor.local_endpoint(error).port();
  impl->Accept();
  for (int i = 0; i < kThreads; ++i)
    impl->threads.emplace_back([context = &impl->context] {
      for (;;) {
        try {
          context->run();
          return;
        } catch (const std::exception& thrown) {  // no memory: what was read or written there is lost, no more
          std::fputs(StrCat("frond serve: a connection was lost: ", thrown.what(), "\n").c_str(), stderr);
        }
      }
    });
  return std::unique_ptr<Server>(new Server(std::move(impl)));
}

Server::~Server() { Stop(); }

int Server::port() const { return impl_->port; }

void Server::Drain() {
  if (impl_->draining.exchange(true)) return;
  asio::post(impl_->accepting, [impl = impl_.get()] {
    error_code ignored;
    impl->acceptor.close(ignored);
    for (const auto& connection : impl->Open()) connection->CloseIfIdle();
  });
}

void Server::Stop() {
  impl_->context.stop();
  for (std::thread& thread : impl_->threads) thread.join();
  impl_->threads.clear();
}

int Server::connections() const { return static_cast<int>(impl_->Count()); }

}  // namespace frond::serve
