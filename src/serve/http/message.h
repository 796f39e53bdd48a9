#ifndef FROND_SRC_SERVE_HTTP_MESSAGE_H_
#define FROND_SRC_SERVE_HTTP_MESSAGE_H_

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace frond::serve {

// What is told of a request once it has been answered: to its model's watch, the log and the trace.
struct RequestNote;

// A request, whole.
struct Request {
  std::string method;        // GET, POST, ...
  std::string path;          // decoded, without the query
  std::string query;         // as it came
  std::string content_type;  // as it came
  std::string content_encoding;
  // Of the headers that handlers ask for, names in lower case.
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  std::shared_ptr<std::atomic<bool>> cancelled;  // set once the client has gone
  std::chrono::steady_clock::time_point begun;   // when the whole of it was there
  std::shared_ptr<RequestNote> note;             // what becomes known of it while it is answered

  // A header's value; empty where it is absent.
  std::string Header(const std::string& name) const {
    for (const auto& [key, value] : headers) {
      if (key == name) return value;
    }
    return {};
  }
};

struct Response {
  unsigned status = 200;
  std::string content_type = "application/json";
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;
};

// Answers a request by calling `respond` exactly once, from any thread.
using Respond = std::function<void(Response)>;
using Handler = std::function<void(Request, Respond)>;

}  // namespace frond::serve

#endif  // FROND_SRC_SERVE_HTTP_MESSAGE_H_
