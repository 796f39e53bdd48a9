#ifndef FROND_SRC_SERVE_CORE_SERVICE_H_
#define FROND_SRC_SERVE_CORE_SERVICE_H_

#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "src/serve/core/loader.h"
#include "src/serve/core/monitoring.h"
#include "src/serve/core/repository.h"
#include "src/serve/core/request_note.h"

namespace frond::serve {

// A request that was answered.
struct EndedRequest {
  const RequestNote& note;
  const std::string& method;
  const std::string& path;
  unsigned status = 0;
  double ms = 0;
};

// What the edges share: the models, and what holds for every request.
struct Service {
  Repository* models = nullptr;
  std::atomic<bool> ready{false};
  size_t max_photos = 64;                               // of a request
  std::chrono::milliseconds timeout{10'000};            // in the queue, where a request says nothing else
  Monitoring* monitoring = nullptr;                     // null: nothing is watched beyond the models' own figures
  bool model_control = false;                           // whether clients may have models loaded anew
  std::function<void(const EndedRequest&)> ended = {};  // told of every HTTP request that was routed; null: nobody is
  Loader loader;
};

// Whether an Authorization header bears the token; an empty token asks for none. Takes the same time however much of it
// is right.
inline bool BearsToken(std::string_view authorization, std::string_view token) {
  if (token.empty()) return true;
  constexpr std::string_view kScheme = "Bearer ";
  if (!authorization.starts_with(kScheme)) return false;
  authorization.remove_prefix(kScheme.size());
  size_t difference = authorization.size() ^ token.size();
  for (size_t i = 0; i < authorization.size(); ++i) {
    difference |= static_cast<unsigned char>(authorization[i]) ^ static_cast<unsigned char>(token[i % token.size()]);
  }
  return difference == 0;
}

}  // namespace frond::serve

#endif  // FROND_SRC_SERVE_CORE_SERVICE_H_
