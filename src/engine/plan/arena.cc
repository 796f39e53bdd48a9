#include "src/engine/plan/arena.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <numeric>
#include <random>
#include <utility>

namespace frond {
namespace {

constexpr size_t kLineFloats = 16;

size_t RoundUp(size_t floats) { return (floats + kLineFloats - 1) / kLineFloats * kLineFloats; }

// Floats [begin, end) of a value, counted from its start, taken at steps [first, last].
struct Piece {
  int64_t begin, end;
  int first, last;
};

std::array<Piece, 2> PiecesOf(const Lifetime& value) {
  const auto floats = static_cast<int64_t>(value.floats);
  const auto tail = static_cast<int64_t>(value.tail_floats);
  return {Piece{0, floats, value.first_step, value.last_step},
          Piece{floats, floats + tail, value.first_step, value.first_step}};
}

// The lowest start at which `value` meets none of those placed before.
size_t LowestFreeOffset(const std::vector<Lifetime>& lifetimes, size_t value, const std::vector<size_t>& placed,
                        const std::vector<size_t>& offsets) {
  std::vector<std::pair<int64_t, int64_t>> forbidden;  // starts strictly between these collide
  for (const Piece& mine : PiecesOf(lifetimes[value])) {
    for (const size_t other : placed) {
      for (const Piece& theirs : PiecesOf(lifetimes[other])) {
        if (mine.begin == mine.end || theirs.begin == theirs.end) continue;
        if (theirs.first > mine.last || mine.first > theirs.last) continue;
        const auto at = static_cast<int64_t>(offsets[other]);
        forbidden.emplace_back(at + theirs.begin - mine.end, at + theirs.end - mine.begin);
      }
    }
  }
  std::sort(forbidden.begin(), forbidden.end());
  int64_t offset = 0;
  for (const auto& [after, before] : forbidden) {
    if (offset <= after) break;
    if (offset < before) offset = static_cast<int64_t>(RoundUp(static_cast<size_t>(before)));
  }
  return static_cast<size_t>(offset);
}

Placement PlaceInOrder(const std::vector<Lifetime>& lifetimes, const std::vector<size_t>& order) {
  Placement placement;
  placement.offsets.resize(lifetimes.size());
  std::vector<size_t> placed;
  for (const size_t index : order) {
    const size_t offset = LowestFreeOffset(lifetimes, index, placed, placement.offsets);
    placement.offsets[index] = offset;
    placement.total_floats =
        std::max(placement.total_floats, offset + lifetimes[index].floats + lifetimes[index].tail_floats);
    placed.push_back(index);
  }
  return placement;
}

}  // namespace

size_t LeastArenaFloats(const std::vector<Lifetime>& lifetimes) {
  size_t most = 0;
  for (const Lifetime& at : lifetimes) {
    size_t alive = 0;
    for (const Lifetime& value : lifetimes) {
      if (value.first_step > at.first_step || value.last_step < at.first_step) continue;
      alive += value.floats + (value.first_step == at.first_step ? value.tail_floats : 0);
    }
    most = std::max(most, alive);
  }
  return most;
}

Placement PlaceInArena(const std::vector<Lifetime>& lifetimes) {
  std::vector<size_t> order(lifetimes.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    const size_t a_floats = lifetimes[a].floats + lifetimes[a].tail_floats;
    const size_t b_floats = lifetimes[b].floats + lifetimes[b].tail_floats;
    return std::pair(b_floats, a) < std::pair(a_floats, b);
  });
  Placement best = PlaceInOrder(lifetimes, order);
  // Largest first is mostly best; else two values change places in the order while that does no harm.
  constexpr int kTries = 200;
  const size_t least = LeastArenaFloats(lifetimes);
  std::mt19937 random(1);
  for (int i = 0; i < kTries && best.total_floats > least + least / 100 && order.size() > 1; ++i) {
    // Most of the total is in the largest values: only those are moved.
    const size_t moved = std::min<size_t>(order.size(), 12);
    const size_t a = random() % moved;
    const size_t b = random() % moved;
    std::swap(order[a], order[b]);
    Placement other = PlaceInOrder(lifetimes, order);
    if (other.total_floats <= best.total_floats) {
      best = std::move(other);
    } else {
      std::swap(order[a], order[b]);
    }
  }
  return best;
}

}  // namespace frond
