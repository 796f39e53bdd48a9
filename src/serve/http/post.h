#ifndef FROND_SRC_SERVE_HTTP_POST_H_
#define FROND_SRC_SERVE_HTTP_POST_H_

#include <chrono>
#include <string>

#include "frond/result.h"

namespace frond::serve {

// An address that something is sent to.
struct Url {
  bool tls = false;
  std::string host;        // a name or an IP address, without brackets
  std::string port;        // a number
  std::string path = "/";  // with the query

  std::string Authority() const;  // "host:port", as Host has it
};

// "http://HOST[:PORT][/PATH]" or https. Errors: kInvalidArgument for anything else, a user's name and password among
// it, which logs would show.
Result<Url> ParseUrl(const std::string& text);

// POSTs JSON and waits for the answer, for `limit` at most in all. TLS is verified with the system's authorities.
// Errors: kIo where there was no answer, or one with another status than 2xx; an answer that breaks off behind its
// headers is one.
Status PostJson(const Url& url, const std::string& body, std::chrono::milliseconds limit);

}  // namespace frond::serve

#endif  // FROND_SRC_SERVE_HTTP_POST_H_
