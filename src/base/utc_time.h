#ifndef FROND_SRC_BASE_UTC_TIME_H_
#define FROND_SRC_BASE_UTC_TIME_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "frond/result.h"

namespace frond {

// Milliseconds since 1970 in UTC, by the system's clock.
int64_t UnixMsNow();

// "2026-11-29T08:30:00Z", "2026-11-29". Years outside 0000 to 9999 become those.
std::string UtcTimeText(int64_t unix_ms);
std::string UtcDayText(int64_t days_since_1970);

// A moment as people give it: "2026-11-29", "2026-11-29T08:30", "2026-11-29T08:30:15", each with or without a final Z
// and always in UTC, or how long before `now_ms` it was: "7d", "24h", "30m". Errors: kInvalidArgument.
Result<int64_t> ParseMoment(std::string_view text, int64_t now_ms);

}  // namespace frond

#endif  // FROND_SRC_BASE_UTC_TIME_H_
