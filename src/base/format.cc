#include "src/base/format.h"

namespace frond {

std::string Quote(std::string_view text) {
  constexpr size_t kMaxBytes = 120;
  std::string out = "'";
  for (const char c : text.substr(0, kMaxBytes)) out += (c >= 0x20 && c < 0x7f) ? c : '?';
  if (text.size() > kMaxBytes) out += "...";
  return out + "'";
}

}  // namespace frond
