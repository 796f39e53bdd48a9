// A request's target and form: the first line is the target, the second the Content-Type, what follows the body.

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "src/serve/http/multipart.h"
#include "src/serve/http/url.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  constexpr size_t kMost = 8;
  std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto line = [&] {
    const std::string_view taken = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), taken.size() + 1));
    return taken;
  };
  std::string path;
  std::string query;
  if (frond::serve::SplitTarget(line(), path, query)) {
    (void)frond::serve::QueryValue(query, "top");
    (void)frond::serve::PathParts(path);
  }
  const auto parts = frond::serve::ParseForm(line(), text, kMost);
  if (!parts.ok()) return 0;
  if (parts->size() > kMost) std::abort();
  for (const frond::serve::FormPart& part : *parts) {
    const char* begin = part.value.data();
    if (part.name.empty() || begin < text.data() || begin + part.value.size() > text.data() + text.size()) std::abort();
  }
  return 0;
}
