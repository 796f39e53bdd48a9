#ifndef FROND_SRC_ENGINE_PLAN_ARENA_H_
#define FROND_SRC_ENGINE_PLAN_ARENA_H_

#include <cstddef>
#include <vector>

namespace frond {

// A value that is alive from the step that writes it to the last that reads it. Behind it lie `tail_floats` more that
// are needed at the first step only: what the value is made from, where that is overwritten on the way.
struct Lifetime {
  size_t floats = 0;
  int first_step = 0;
  int last_step = 0;
  size_t tail_floats = 0;
};

struct Placement {
  std::vector<size_t> offsets;  // in floats, one for each lifetime
  size_t total_floats = 0;
};

// Offsets such that values alive at the same step never overlap. Starts lie on cache lines. Finding the least total
// is hard in general: each value goes to the lowest free place, in several orders, and the best is kept; it is the
// least for the networks of the family, or close.
Placement PlaceInArena(const std::vector<Lifetime>& lifetimes);

// The floats alive at the busiest step: no placement needs less.
size_t LeastArenaFloats(const std::vector<Lifetime>& lifetimes);

}  // namespace frond

#endif  // FROND_SRC_ENGINE_PLAN_ARENA_H_
