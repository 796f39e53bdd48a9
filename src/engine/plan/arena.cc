#include "src/engine/plan/arena.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace frond {

Placement PlaceInArena(const std::vector<Lifetime>& lifetimes) {
  constexpr size_t kLineFloats = 16;
  Placement placement;
  placement.offsets.resize(lifetimes.size());
  std::vector<size_t> order(lifetimes.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(),
            [&](size_t a, size_t b) { return std::pair(lifetimes[b].floats, a) < std::pair(lifetimes[a].floats, b); });
  std::vector<size_t> placed;
  for (const size_t index : order) {
    const Lifetime& value = lifetimes[index];
    std::vector<std::pair<size_t, size_t>> taken;  // [begin, end) of what is alive at the same time
    for (const size_t other : placed) {
      if (lifetimes[other].first_step <= value.last_step && value.first_step <= lifetimes[other].last_step) {
        taken.emplace_back(placement.offsets[other], placement.offsets[other] + lifetimes[other].floats);
      }
    }
    std::sort(taken.begin(), taken.end());
    size_t offset = 0;
    for (const auto& [begin, end] : taken) {
      if (offset + value.floats <= begin) break;
      offset = std::max(offset, (end + kLineFloats - 1) / kLineFloats * kLineFloats);
    }
    placement.offsets[index] = offset;
    placement.total_floats = std::max(placement.total_floats, offset + value.floats);
    placed.push_back(index);
  }
  return placement;
}

}  // namespace frond
