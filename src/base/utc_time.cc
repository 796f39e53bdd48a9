#include "src/base/utc_time.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdio>

#include "src/base/format.h"

namespace frond {
namespace {

using std::chrono::sys_days;
using std::chrono::year_month_day;

constexpr int64_t kSecondMs = 1000;
constexpr int64_t kMinuteMs = 60 * kSecondMs;
constexpr int64_t kHourMs = 60 * kMinuteMs;
constexpr int64_t kDayMs = 24 * kHourMs;
constexpr int64_t kFirstDay = -719528;  // 0000-01-01
constexpr int64_t kLastDay = 2932896;   // 9999-12-31

int64_t DayAt(int64_t unix_ms) { return unix_ms / kDayMs - (unix_ms % kDayMs < 0 ? 1 : 0); }

// All of `text` as a number without sign.
bool Number(std::string_view text, int64_t& value) {
  if (text.empty() || text.front() < '0' || text.front() > '9') return false;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

// "7d" as milliseconds; 0 where it is not such a text.
int64_t AgeMs(std::string_view text) {
  constexpr int64_t kMost = 1'000'000;  // of any unit: nearly 3000 years at most
  const char unit = text.empty() ? ' ' : text.back();
  const int64_t unit_ms = unit == 'd' ? kDayMs : unit == 'h' ? kHourMs : unit == 'm' ? kMinuteMs : 0;
  int64_t count = 0;
  if (unit_ms == 0 || !Number(text.substr(0, text.size() - 1), count) || count > kMost) return 0;
  return count * unit_ms;
}

// Digits of `form` ('0') and its other characters, in this order.
bool HasForm(std::string_view text, std::string_view form) {
  return text.size() == form.size() && std::equal(text.begin(), text.end(), form.begin(), [](char c, char want) {
           return want == '0' ? c >= '0' && c <= '9' : c == want;
         });
}

bool CalendarMs(std::string_view text, int64_t& unix_ms) {
  if (text.ends_with('Z') && text.size() > 10) text.remove_suffix(1);
  if (!HasForm(text, "0000-00-00") && !HasForm(text, "0000-00-00T00:00") && !HasForm(text, "0000-00-00T00:00:00")) {
    return false;
  }
  const auto part = [&](size_t at, size_t length) {
    int64_t value = 0;
    if (at < text.size()) Number(text.substr(at, length), value);
    return value;
  };
  const year_month_day date(std::chrono::year(static_cast<int>(part(0, 4))),
                            std::chrono::month(static_cast<unsigned>(part(5, 2))),
                            std::chrono::day(static_cast<unsigned>(part(8, 2))));
  const int64_t hour = part(11, 2);
  const int64_t minute = part(14, 2);
  const int64_t second = part(17, 2);
  if (!date.ok() || hour > 23 || minute > 59 || second > 59) return false;
  unix_ms =
      sys_days(date).time_since_epoch().count() * kDayMs + hour * kHourMs + minute * kMinuteMs + second * kSecondMs;
  return true;
}

}  // namespace

int64_t UnixMsNow() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

std::string UtcDayText(int64_t days_since_1970) {
  const int64_t day = std::clamp(days_since_1970, kFirstDay, kLastDay);
  const year_month_day date{sys_days(std::chrono::days(day))};
  char text[32];
  std::snprintf(text, sizeof(text), "%04d-%02u-%02u", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
  return text;
}

std::string UtcTimeText(int64_t unix_ms) {
  const int64_t clamped = std::clamp(unix_ms, kFirstDay * kDayMs, kLastDay * kDayMs + kDayMs - 1);
  const int64_t day = DayAt(clamped);
  const auto second = static_cast<int>((clamped - day * kDayMs) / kSecondMs);
  char text[32];
  std::snprintf(text, sizeof(text), "T%02d:%02d:%02dZ", second / 3600, second / 60 % 60, second % 60);
  return UtcDayText(day) + text;
}

Result<int64_t> ParseMoment(std::string_view text, int64_t now_ms) {
  if (const int64_t age_ms = AgeMs(text); age_ms > 0) return now_ms - age_ms;
  int64_t unix_ms = 0;
  if (CalendarMs(text, unix_ms)) return unix_ms;
  return Error{ErrorCode::kInvalidArgument, StrCat(Quote(text), " is no moment"),
               "give a date (2026-11-01), a time in UTC (2026-11-01T08:30) or how long ago (7d, 24h, 30m)"};
}

}  // namespace frond
