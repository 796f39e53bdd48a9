#include "src/image/work_budget.h"

#include <algorithm>

namespace frond {
namespace {

constexpr int64_t kMinPixels = 10'000'000;
constexpr int64_t kMaxPixels = 65535LL * 65535;  // no picture is larger; keeps the products in range
constexpr int64_t kTimePerPixel_ns = 40;         // 2 s at 50 million pixels
constexpr int64_t kMemoryPerFivePixels = 48;     // 480 MB at 50 million pixels

}  // namespace

WorkBudget::WorkBudget(const DecodeOptions& options) {
  const int64_t pixels = std::clamp(options.max_pixels, kMinPixels, kMaxPixels);
  time_ns_ = pixels * kTimePerPixel_ns;
  memory_bytes_ = pixels * kMemoryPerFivePixels / 5;
}

Error TooMuchTime() {
  return {ErrorCode::kLimit, "decoding it would take longer than any photo of the allowed size",
          "save it anew with common settings, or raise the limit on pixels"};
}

Error TooMuchMemory() {
  return {ErrorCode::kLimit, "decoding it would take more memory than any photo of the allowed size",
          "save it anew with common settings, or raise the limit on pixels"};
}

}  // namespace frond
