#include "src/serve/http/post.h"

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>
#include <cctype>
#include <exception>
#include <functional>

#include "src/base/format.h"

namespace frond::serve {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using Tcp = asio::ip::tcp;
using boost::system::error_code;

constexpr uint64_t kMostAnswer = uint64_t{1} << 20;

// One exchange, step after step; `failed` is what stopped it.
template <class Stream>
class Exchange {
 public:
  Exchange(Stream& stream, http::request<http::string_body> request) : stream_(stream), request_(std::move(request)) {
    parser_.body_limit(kMostAnswer);
  }

  void Write() {
    http::async_write(stream_, request_, [this](error_code error, size_t) {
      if (error) return Fail(error);
      http::async_read_header(stream_, buffer_, parser_, [this](error_code read, size_t) {
        if (read) return Fail(read);
        // It was taken, or not, whatever becomes of the rest of the answer.
        status_ = parser_.get().result_int();
        http::async_read(stream_, buffer_, parser_, [](error_code, size_t) {});
      });
    });
  }
  void Fail(error_code error) { error_ = error; }

  Status Result(const Url& url) const {
    if (status_ / 100 == 2) return {};
    const std::string why = error_ ? error_.message() : status_ == 0 ? "no answer in time" : StrCat("status ", status_);
    return Error{ErrorCode::kIo, StrCat("cannot send to ", url.Authority(), ": ", why),
                 "check the address and who listens there"};
  }

 private:
  Stream& stream_;
  http::request<http::string_body> request_;
  beast::flat_buffer buffer_;
  http::response_parser<http::string_body> parser_;
  error_code error_;
  unsigned status_ = 0;
};

http::request<http::string_body> RequestOf(const Url& url, const std::string& body) {
  http::request<http::string_body> request(http::verb::post, url.path, 11);
  request.set(http::field::host, url.Authority());
  request.set(http::field::user_agent, "frond-serve");
  request.set(http::field::content_type, "application/json");
  request.keep_alive(false);
  request.body() = body;
  request.prepare_payload();
  return request;
}

Status Post(const Url& url, const std::string& body, std::chrono::milliseconds limit) {
  asio::io_context context;
  Tcp::resolver resolver(context);
  error_code resolved;
  const auto found = resolver.resolve(url.host, url.port, resolved);
  if (resolved) {
    return Error{ErrorCode::kIo, StrCat("cannot find ", url.Authority(), ": ", resolved.message()),
                 "check the address"};
  }
  if (!url.tls) {
    beast::tcp_stream stream(context);
    stream.expires_after(limit);
    Exchange exchange(stream, RequestOf(url, body));
    stream.async_connect(
        found, [&](error_code error, const Tcp::endpoint&) { error ? exchange.Fail(error) : exchange.Write(); });
    context.run();
    return exchange.Result(url);
  }
  asio::ssl::context tls(asio::ssl::context::tls_client);
  tls.set_default_verify_paths();
  beast::ssl_stream<beast::tcp_stream> stream(context, tls);
  stream.set_verify_mode(asio::ssl::verify_peer);
  stream.set_verify_callback(asio::ssl::host_name_verification(url.host));
  SSL_set_tlsext_host_name(stream.native_handle(), url.host.c_str());
  beast::get_lowest_layer(stream).expires_after(limit);
  Exchange exchange(stream, RequestOf(url, body));
  beast::get_lowest_layer(stream).async_connect(found, [&](error_code error, const Tcp::endpoint&) {
    if (error) return exchange.Fail(error);
    stream.async_handshake(asio::ssl::stream_base::client,
                           [&](error_code shaken) { shaken ? exchange.Fail(shaken) : exchange.Write(); });
  });
  context.run();
  return exchange.Result(url);
}

}  // namespace

std::string Url::Authority() const {
  return host.find(':') == std::string::npos ? StrCat(host, ":", port) : StrCat("[", host, "]:", port);
}

Result<Url> ParseUrl(const std::string& text) {
  const auto wrong = [&] {
    return Error{ErrorCode::kInvalidArgument, StrCat(Quote(text), " is no address to send to"),
                 "give http://HOST[:PORT][/PATH] or https://..., without user and password"};
  };
  Url url;
  std::string_view rest = text;
  if (rest.starts_with("https://")) {
    url.tls = true;
    rest.remove_prefix(8);
  } else if (rest.starts_with("http://")) {
    rest.remove_prefix(7);
  } else {
    return wrong();
  }
  if (std::ranges::any_of(rest, [](unsigned char c) { return c <= 0x20 || c >= 0x7f; })) return wrong();
  const size_t slash = rest.find('/');
  if (slash != std::string_view::npos) url.path = rest.substr(slash);
  std::string_view authority = rest.substr(0, slash);
  url.port = url.tls ? "443" : "80";
  const size_t bracket = authority.rfind(']');
  const size_t colon = authority.rfind(':');
  if (colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket)) {
    url.port = authority.substr(colon + 1);
    authority = authority.substr(0, colon);
  }
  if (authority.starts_with('[') && authority.ends_with(']')) authority = authority.substr(1, authority.size() - 2);
  url.host = authority;
  const bool number = !url.port.empty() && url.port.size() <= 5 &&
                      std::ranges::all_of(url.port, [](unsigned char c) { return std::isdigit(c) != 0; });
  if (url.host.empty() || url.host.find_first_of("@?#[]") != std::string::npos || !number) return wrong();
  return url;
}

Status PostJson(const Url& url, const std::string& body, std::chrono::milliseconds limit) {
  try {
    return Post(url, body, limit);
  } catch (const std::exception& error) {
    return Error{ErrorCode::kIo, StrCat("cannot send to ", url.Authority(), ": ", error.what()), "check the address"};
  }
}

}  // namespace frond::serve
