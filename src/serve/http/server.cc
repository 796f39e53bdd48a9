#include "src/serve/http/server.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <cstdio>
#include <thread>
#include <utility>

#include "src/base/format.h"
#include "src/serve/http/connections.h"

namespace frond::serve {
namespace {

namespace asio = boost::asio;
using Tcp = asio::ip::tcp;
using boost::system::error_code;

// Threads that read and write; what computes has its own.
constexpr int kThreads = 2;
// Where the system has no more descriptors.
constexpr std::chrono::milliseconds kAcceptAgain(100);

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

struct Server::Impl {
  Impl(const ServerOptions& options, Handler handler)
      : context(kThreads),
        accepting(asio::make_strand(context)),
        acceptor(accepting),
        later(accepting),
        connections(options, std::move(handler)) {}

  void Accept();

  asio::io_context context;
  asio::strand<asio::io_context::executor_type> accepting;  // the acceptor's and its timer's
  Tcp::acceptor acceptor;
  asio::steady_timer later;
  std::unique_ptr<asio::ssl::context> tls;
  int port = 0;
  Connections connections;  // whose sockets are the context's
  std::vector<std::thread> threads;
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
    try {
      connections.Take(std::move(socket), tls.get());
    } catch (const std::exception& thrown) {  // no memory: this one is closed, the next is waited for
      std::fputs(StrCat("frond serve: a connection was refused: ", thrown.what(), "\n").c_str(), stderr);
    }
    Accept();
  });
}

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
  asio::post(impl_->accepting, [impl = impl_.get()] {
    error_code ignored;
    impl->acceptor.close(ignored);
  });
  impl_->connections.Drain();
}

void Server::Stop() {
  impl_->context.stop();
  for (std::thread& thread : impl_->threads) thread.join();
  impl_->threads.clear();
}

int Server::connections() const { return static_cast<int>(impl_->connections.Count()); }

}  // namespace frond::serve
