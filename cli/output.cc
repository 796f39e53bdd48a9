#include "cli/output.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <nlohmann/json.hpp>

namespace frond::cli {
namespace {

using Json = nlohmann::ordered_json;

// Control characters are the bytes below space, DEL and, as UTF-8, U+0080 to
// U+009F, among which terminals look for the start of a command too.
std::string WithoutControls(std::string_view text, bool keep_line_ends) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    const bool c1 = c == 0xc2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xa0;
    const bool control = (c < 0x20 && !(keep_line_ends && c == '\n')) || c == 0x7f || c1;
    out += control ? '?' : text[i];
    if (c1) ++i;
  }
  return out;
}

void PrintToStderr(std::string_view text) {
  const std::string clean = WithoutControls(text, true);
  std::fwrite(clean.data(), 1, clean.size(), stderr);
}

void PrintError(std::string_view code, std::string_view message, std::string_view remedy, bool json) {
  if (json) {
    const Json document = {{"error", {{"code", code}, {"message", message}, {"remedy", remedy}}}};
    const std::string text = document.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
    std::fwrite(text.data(), 1, text.size(), stdout);
    return;
  }
  std::string text = "frond: " + std::string(message) + "\n";
  if (!remedy.empty()) text += "  " + std::string(remedy) + "\n";
  PrintToStderr(text);
}

std::string Scaled(int64_t value, std::string_view unit) {
  constexpr std::array<const char*, 5> kPrefixes = {"", "k", "M", "G", "T"};
  double scaled = static_cast<double>(value);
  size_t prefix = 0;
  while (scaled >= 999.5 && prefix + 1 < kPrefixes.size()) scaled /= 1000, ++prefix;
  const int decimals = prefix == 0 || scaled >= 99.95 ? 0 : scaled >= 9.995 ? 1 : 2;
  char text[32];
  std::snprintf(text, sizeof(text), "%.*f", decimals, scaled);
  std::string out = text;
  if (prefix > 0 || !unit.empty()) out += " ";
  return out + kPrefixes[prefix] + std::string(unit);
}

}  // namespace

int Fail(const Error& error, bool json) {
  PrintError(ErrorCodeName(error.code), error.message, error.remedy, json);
  return kExitInput;
}

int FailUsage(std::string_view message, bool json) {
  PrintError("usage", message, "`frond --help` and `frond VERB --help` say what is understood", json);
  return kExitUsage;
}

void Warn(std::string_view message) { PrintToStderr("frond: warning: " + std::string(message) + "\n"); }

std::string Clean(std::string_view text) { return WithoutControls(text, false); }

int Print(std::string_view text) {
  const bool good = std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0;
  if (good) return kExitOk;
  return Fail(
      Error{ErrorCode::kIo, "cannot write to standard output", "check that the disk has room and the pipe is open"},
      false);
}

std::string Count(int64_t value) { return Scaled(value, ""); }
std::string Bytes(int64_t value) { return Scaled(value, "B"); }

std::string Table(const std::vector<std::vector<std::string>>& rows, size_t left_columns) {
  std::vector<size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (size_t c = 0; c < row.size(); ++c) widths[c] = std::max(widths[c], row[c].size());
  }
  std::string out;
  for (const auto& row : rows) {
    std::string line;
    for (size_t c = 0; c < row.size(); ++c) {
      const std::string pad(widths[c] - row[c].size(), ' ');
      line += (c == 0 ? "" : "  ") + (c < left_columns ? row[c] + pad : pad + row[c]);
    }
    out += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
  }
  return out;
}

}  // namespace frond::cli
