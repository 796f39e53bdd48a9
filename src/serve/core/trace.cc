#include "src/serve/core/trace.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <random>

#include "src/base/format.h"

namespace frond::serve {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";

// Lower case alone (section 3.2.2.1), and not all zero.
bool IsId(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return kHexDigits.find(c) != std::string_view::npos; }) &&
         std::ranges::any_of(text, [](char c) { return c != '0'; });
}

bool IsHex(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return kHexDigits.find(c) != std::string_view::npos; });
}

}  // namespace

std::string TraceContext::ToTraceparent() const {
  return StrCat("00-", trace_id, "-", span_id, sampled ? "-01" : "-00");
}

std::string RandomId() {
  thread_local std::mt19937_64 random(std::random_device{}());
  uint64_t number = 0;
  while (number == 0) number = random();
  std::string text(16, '0');
  for (char& c : text) {
    c = kHexDigits[number & 15];
    number >>= 4;
  }
  return text;
}

TraceContext ContinueTrace(std::string_view traceparent) {
  constexpr size_t kLength = 55;  // of version 00; later ones may append "-..."
  TraceContext context;
  context.span_id = RandomId();
  const bool valid =
      traceparent.size() >= kLength && traceparent[2] == '-' && traceparent[35] == '-' && traceparent[52] == '-' &&
      IsHex(traceparent.substr(0, 2)) && traceparent.substr(0, 2) != "ff" && IsId(traceparent.substr(3, 32)) &&
      IsId(traceparent.substr(36, 16)) && IsHex(traceparent.substr(53, 2)) &&
      (traceparent.size() == kLength || (traceparent.substr(0, 2) != "00" && traceparent[kLength] == '-'));
  if (!valid) {
    context.trace_id = RandomId() + RandomId();
    return context;
  }
  context.trace_id = traceparent.substr(3, 32);
  context.parent_span = traceparent.substr(36, 16);
  context.sampled = kHexDigits.find(traceparent[54]) % 2 == 1;
  return context;
}

std::string RequestIdFrom(std::string_view header) {
  constexpr size_t kMost = 128;
  const auto fits = [](unsigned char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
           c == '-' || c == ':';
  };
  if (header.empty() || header.size() > kMost || !std::ranges::all_of(header, fits)) return RandomId();
  return std::string(header);
}

}  // namespace frond::serve
