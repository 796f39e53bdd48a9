#ifndef FROND_SRC_ENGINE_PLAN_ARENA_H_
#define FROND_SRC_ENGINE_PLAN_ARENA_H_

#include <cstddef>
#include <vector>

namespace frond {

// A value that is alive from the step that writes it to the last that reads it.
struct Lifetime {
  size_t floats = 0;
  int first_step = 0;
  int last_step = 0;
};

struct Placement {
  std::vector<size_t> offsets;  // in floats, one for each lifetime
  size_t total_floats = 0;
};

// Offsets such that values alive at the same step never overlap: largest first,
// each at the lowest free place. Starts lie on cache lines.
Placement PlaceInArena(const std::vector<Lifetime>& lifetimes);

}  // namespace frond

#endif  // FROND_SRC_ENGINE_PLAN_ARENA_H_
