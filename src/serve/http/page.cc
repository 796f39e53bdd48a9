#include "src/serve/http/page.h"

#include <algorithm>

namespace frond::serve {
namespace {

constexpr const char* kPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

}  // namespace

const PageFile* FindPageFile(std::string_view path) {
  const auto found = std::ranges::find(kPageFiles, path, &PageFile::path);
  return found == kPageFiles.end() ? nullptr : &*found;
}

Response PageAnswer(const PageFile& file) {
  Response response{200, std::string(file.content_type), std::string(file.content), {}};
  const bool has_digest = file.path.starts_with("/assets/");
  response.headers = {{"Cache-Control", has_digest ? "public, max-age=31536000, immutable" : "no-cache"},
                      {"Content-Security-Policy", kPolicy},
                      {"X-Frame-Options", "DENY"},
                      {"Cross-Origin-Opener-Policy", "same-origin"}};
  return response;
}

std::vector<std::string> OpenPaths() {
  std::vector<std::string> paths = {"/v2/health/live", "/v2/health/ready"};
  for (const PageFile& file : kPageFiles) paths.emplace_back(file.path);
  return paths;
}

}  // namespace frond::serve
