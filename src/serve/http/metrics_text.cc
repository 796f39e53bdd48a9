#include "src/serve/http/metrics_text.h"

#include <array>
#include <charconv>
#include <cmath>

#include "src/base/format.h"

namespace frond::serve {
namespace {

constexpr std::string_view kTotal = "_total";

// As a label's value stands between quotes.
std::string Escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\' || c == '"') out += '\\';
    if (c == '\n') {
      out += "\\n";
    } else {
      out += c;
    }
  }
  return out;
}

std::string NumberText(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  std::array<char, 32> text = {};
  const auto [end, error] = std::to_chars(text.data(), text.data() + text.size(), value);
  return {text.data(), end};
}

}  // namespace

void MetricsText::Family(std::string_view name, std::string_view type, std::string_view help, std::string_view unit) {
  name_ = name;
  std::string_view family = name;
  if (open_metrics_ && family.ends_with(kTotal)) family.remove_suffix(kTotal.size());
  text_ += StrCat("# HELP ", family, " ", help, "\n# TYPE ", family, " ", type, "\n");
  if (open_metrics_ && !unit.empty()) text_ += StrCat("# UNIT ", family, " ", unit, "\n");
}

void MetricsText::Sample(const Labels& labels, double value, std::string_view suffix) {
  text_ += StrCat(name_, suffix);
  for (size_t i = 0; i < labels.size(); ++i) {
    text_ += StrCat(i == 0 ? "{" : ",", labels[i].first, "=\"", Escaped(labels[i].second), "\"");
  }
  text_ += StrCat(labels.empty() ? "" : "}", " ", NumberText(value), "\n");
}

std::string_view MetricsText::content_type() const {
  return open_metrics_ ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
                       : "text/plain; version=0.0.4; charset=utf-8";
}

std::string MetricsText::Take() && {
  if (open_metrics_) text_ += "# EOF\n";
  return std::move(text_);
}

}  // namespace frond::serve
