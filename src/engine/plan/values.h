#ifndef FROND_SRC_ENGINE_PLAN_VALUES_H_
#define FROND_SRC_ENGINE_PLAN_VALUES_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "src/engine/plan/arena.h"
#include "src/engine/plan/plan.h"

namespace frond {

// A value between layers: an index into the list of lifetimes, or the caller's memory.
struct Value {
  Place::Where where = Place::Where::kNone;
  size_t index = 0;
  int height = 0;
  int width = 0;
  int channels = 0;
};

// The values of a plan in the making. Each lives from the operation that was added next when it was made to the last
// that was added next when it was used; in the places given out an index stands for the offset until Resolve.
class PlanValues {
 public:
  // `ops` grows beside this and must outlive it.
  PlanValues(const std::vector<Op>& ops, size_t element_bytes) : ops_(ops), element_bytes_(element_bytes) {}

  Value New(uint64_t floats);
  // A map of elements.
  Value NewMap(int height, int width, int channels);

  // The value's place, and that the next operation uses it.
  Place Use(const Value& value);

  // At its first operation the value is made from what lies in so many floats from its start.
  void StartFrom(const Value& value, size_t floats);

  // Floats that so many elements, or bytes, take the place of.
  uint64_t ElementFloats(uint64_t elements) const { return FloatsOf(elements * element_bytes_); }
  static uint64_t FloatsOf(uint64_t bytes) { return (bytes + sizeof(float) - 1) / sizeof(float); }

  // Where addresses have 32 bits a count of floats may not fit: the plan then asks for more than there is.
  size_t Counted(uint64_t floats);

  // Places all values, writes their offsets into the operations, and returns the arena's floats.
  size_t Resolve(std::vector<Op>& ops) const;

 private:
  int Step() const { return static_cast<int>(ops_.size()); }

  const std::vector<Op>& ops_;
  size_t element_bytes_;
  bool too_large_ = false;
  std::vector<Lifetime> lifetimes_;
};

constexpr size_t kLineFloats = 16;
inline size_t RoundedToLines(size_t floats) { return (floats + kLineFloats - 1) / kLineFloats * kLineFloats; }

}  // namespace frond

#endif  // FROND_SRC_ENGINE_PLAN_VALUES_H_
