#include "src/engine/plan/values.h"

#include <limits>
#include <variant>

namespace frond {
namespace {

template <class F>
void ForEachPlace(ConvOp& op, F f) {
  f(op.src), f(op.dst), f(op.residual);
}
template <class F>
void ForEachPlace(PointwiseOp& op, F f) {
  f(op.src), f(op.dst), f(op.residual);
}
template <class F>
void ForEachPlace(NormStep& step, F f) {
  f(step.moments), f(step.centre), f(step.scale), f(step.row_sums);
}
template <class F>
void ForEachPlace(GroupNormOp& op, F f) {
  f(op.map), f(op.residual), f(op.mean);
  ForEachPlace(op.step, f);
}
template <class F>
void ForEachPlace(HeadOp& op, F f) {
  f(op.src), f(op.dst);
}
template <class F>
void ForEachPlace(LinearOp& op, F f) {
  f(op.src), f(op.dst);
}
template <class F>
void ForEachPlace(OutputOp& op, F f) {
  f(op.src);
}
template <class F>
void ForEachPlace(SqueezeExciteOp& op, F f) {
  f(op.row_sums), f(op.mean), f(op.partial), f(op.squeezed), f(op.scale), f(op.scaled_weights);
}
template <class F>
void ForEachPlace(MBConvOp& op, F f) {
  f(op.src), f(op.dst), f(op.mid);
  if (op.norm) ForEachPlace(*op.norm, f);
  if (op.se) ForEachPlace(*op.se, f);
}

}  // namespace

// The bound leaves room for the sum of all that live at once.
size_t PlanValues::Counted(uint64_t floats) {
  constexpr uint64_t kMostFloats = std::numeric_limits<size_t>::max() / 32;
  if (floats <= kMostFloats) return static_cast<size_t>(floats);
  too_large_ = true;
  return 0;
}

Value PlanValues::New(uint64_t floats) {
  lifetimes_.push_back({Counted(floats), Step(), Step(), 0});
  return {Place::Where::kArena, lifetimes_.size() - 1, 0, 0, 0};
}

Value PlanValues::NewMap(int height, int width, int channels) {
  Value value = New(ElementFloats(static_cast<uint64_t>(height) * width * channels));
  value.height = height;
  value.width = width;
  value.channels = channels;
  return value;
}

Place PlanValues::Use(const Value& value) {
  if (value.where == Place::Where::kArena) lifetimes_[value.index].last_step = Step();
  return {value.where, value.index};
}

void PlanValues::StartFrom(const Value& value, size_t floats) {
  lifetimes_[value.index].tail_floats = floats - lifetimes_[value.index].floats;
}

size_t PlanValues::Resolve(std::vector<Op>& ops) const {
  const Placement placement = PlaceInArena(lifetimes_);
  const auto resolve = [&](Place& place) {
    if (place.where == Place::Where::kArena) place.offset = placement.offsets[place.offset];
  };
  for (Op& op : ops) {
    std::visit([&](auto& what) { ForEachPlace(what, resolve); }, op.what);
    if (auto* block = std::get_if<MBConvOp>(&op.what)) block->mid.offset += block->mid_gap;
  }
  return too_large_ ? std::numeric_limits<size_t>::max() : RoundedToLines(placement.total_floats);
}

}  // namespace frond
