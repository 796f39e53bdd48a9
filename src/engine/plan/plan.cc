#include "src/engine/plan/plan.h"

#include <algorithm>

#include "src/base/format.h"
#include "src/engine/plan/arena.h"

namespace frond {
namespace {

Epilogue EpilogueOf(Activation activation) {
  switch (activation) {
    case Activation::kSwish: return Epilogue::kSwish;
    case Activation::kRelu6: return Epilogue::kRelu6;
    case Activation::kNone: break;
  }
  return Epilogue::kNone;
}

// A value between layers: an index into the list of lifetimes, or the caller's memory.
struct Value {
  Place::Where where = Place::Where::kNone;
  size_t index = 0;
  int height = 0;
  int width = 0;
  int channels = 0;
};

class Planner {
 public:
  Planner(const Spec& spec, const PackedModel& model) : spec_(spec), model_(model) {}

  Plan Build(int height, int width) {
    const Network network = BuildNetwork(spec_);
    Value value{Place::Where::kInput, 0, height, width, 3};
    value = Conv(network.stem, model_.stem, value, {});
    for (size_t b = 0; b < network.blocks.size(); ++b) {
      value = AddBlock(network.blocks[b], model_.blocks[b], value);
    }
    value = Conv(network.head, model_.head, value, {});
    AddPoolAndClassifier(network, value);
    return Finish();
  }

 private:
  // One more value, written by the next op.
  Value NewValue(int height, int width, int channels) {
    const size_t floats = static_cast<size_t>(height) * width * channels;
    lifetimes_.push_back({floats, Step(), Step()});
    return {Place::Where::kArena, lifetimes_.size() - 1, height, width, channels};
  }
  int Step() const { return static_cast<int>(plan_.ops.size()); }

  // The value's place, and that the next op uses it. Offsets are indices until Finish().
  Place Use(const Value& value) {
    if (value.where == Place::Where::kArena) lifetimes_[value.index].last_step = Step();
    return {value.where, value.index};
  }

  Value Conv(const ConvLayer& conv, const PackedMatrix& weights, const Value& src, const Value& residual) {
    if (conv.kernel == 1 && conv.stride == 1 && src.where == Place::Where::kArena)
      return Pointwise(conv, weights, src, residual, {});
    const ConvExtent y = ConvolvedExtent(src.height, conv.kernel, conv.stride, spec_.padding);
    const ConvExtent x = ConvolvedExtent(src.width, conv.kernel, conv.stride, spec_.padding);
    const Value dst = NewValue(y.out, x.out, conv.out_channels);
    plan_.scratch_floats = std::max(plan_.scratch_floats, static_cast<size_t>(x.out) * weights.depth);
    const ConvOp op = {weights,
                       Use(src),
                       Use(dst),
                       Use(residual),
                       src.height,
                       src.width,
                       src.channels,
                       y.out,
                       x.out,
                       conv.kernel,
                       conv.stride,
                       y.pad_before,
                       x.pad_before,
                       src.where == Place::Where::kInput,
                       EpilogueOf(conv.activation)};
    plan_.ops.emplace_back(op);
    return dst;
  }

  Value Pointwise(const ConvLayer& conv, const PackedMatrix& weights, const Value& src, const Value& residual,
                  const Value& scale) {
    const int rows = src.height * src.width;
    const Value dst = NewValue(src.height, src.width, conv.out_channels);
    // Squeeze-and-excite goes into whichever is smaller: the weights (K x N) or the rows (M x K).
    Value scaled;
    if (scale.where == Place::Where::kArena && conv.out_channels < rows) {
      scaled = NewValue(1, PaddedColumns(conv.out_channels, model_.kernels->lanes), weights.depth);
    }
    const PointwiseOp op = {weights,    Use(src),    Use(dst), Use(residual),
                            Use(scale), Use(scaled), rows,     EpilogueOf(conv.activation)};
    plan_.ops.emplace_back(op);
    return dst;
  }

  Value AddBlock(const Block& block, const PackedBlock& packed, const Value& input) {
    const Value residual = block.residual ? input : Value{};
    Value value = input;
    if (block.expand) {
      value = Conv(*block.expand, *packed.expand, value, {});
    }
    if (!block.depthwise) return Conv(block.project, packed.project, value, residual);
    Value scale;
    value = AddDepthwise(block, packed, value, scale);
    return Pointwise(block.project, packed.project, value, residual, scale);
  }

  Value AddDepthwise(const Block& block, const PackedBlock& packed, const Value& src, Value& scale) {
    const ConvLayer& conv = *block.depthwise;
    const ConvExtent y = ConvolvedExtent(src.height, conv.kernel, conv.stride, spec_.padding);
    const ConvExtent x = ConvolvedExtent(src.width, conv.kernel, conv.stride, spec_.padding);
    // Bands large enough to be worth a task, small enough to share among threads.
    constexpr int kBandFloats = 32 * 1024;
    const int band_rows = std::clamp(kBandFloats / (x.out * conv.out_channels) + 1, 1, y.out);
    const int bands = (y.out + band_rows - 1) / band_rows;
    const Value dst = NewValue(y.out, x.out, conv.out_channels);
    Value sums;
    if (block.se) sums = NewValue(1, bands, conv.out_channels);
    DepthwiseOp op;
    op.args = {nullptr,
               nullptr,
               packed.depthwise->weights,
               packed.depthwise->bias,
               src.height,
               src.width,
               conv.out_channels,
               x.out,
               conv.kernel,
               conv.stride,
               y.pad_before,
               x.pad_before,
               EpilogueOf(conv.activation)};
    op.out_height = y.out;
    op.band_rows = band_rows;
    op.src = Use(src);
    op.dst = Use(dst);
    op.sums = Use(sums);
    plan_.ops.emplace_back(op);
    if (block.se) {
      const Value mean = NewValue(1, 1, block.se->channels);
      const Value squeezed = NewValue(1, 1, block.se->squeezed);
      scale = NewValue(1, 1, block.se->channels);
      plan_.ops.emplace_back(SqueezeExciteOp{*packed.se_reduce, *packed.se_expand, Use(sums), bands, y.out * x.out,
                                             Use(mean), Use(squeezed), Use(scale), EpilogueOf(spec_.activation)});
    }
    return dst;
  }

  void AddPoolAndClassifier(const Network& network, const Value& src) {
    const bool classifies = network.num_classes > 0;
    const Value output{Place::Where::kOutput, 0, 1, 1, network.num_classes};
    const Value pooled = classifies ? NewValue(1, 1, src.channels) : output;
    plan_.ops.emplace_back(PoolOp{Use(src), Use(pooled), src.height * src.width, src.channels});
    if (!classifies) return;
    plan_.ops.emplace_back(PointwiseOp{*model_.classifier, Use(pooled), Use(output), {}, {}, {}, 1, Epilogue::kNone});
  }

  Plan Finish() {
    const Placement placement = PlaceInArena(lifetimes_);
    plan_.arena_floats = placement.total_floats;
    const auto resolve = [&](Place& place) {
      if (place.where == Place::Where::kArena) place.offset = placement.offsets[place.offset];
    };
    for (Op& op : plan_.ops) std::visit([&](auto& o) { ResolvePlaces(o, resolve); }, op);
    return std::move(plan_);
  }

  template <class F>
  static void ResolvePlaces(ConvOp& op, F resolve) {
    resolve(op.src), resolve(op.dst), resolve(op.residual);
  }
  template <class F>
  static void ResolvePlaces(PointwiseOp& op, F resolve) {
    resolve(op.src), resolve(op.dst), resolve(op.residual), resolve(op.scale), resolve(op.scaled_weights);
  }
  template <class F>
  static void ResolvePlaces(DepthwiseOp& op, F resolve) {
    resolve(op.src), resolve(op.dst), resolve(op.sums);
  }
  template <class F>
  static void ResolvePlaces(SqueezeExciteOp& op, F resolve) {
    resolve(op.sums), resolve(op.mean), resolve(op.squeezed), resolve(op.scale);
  }
  template <class F>
  static void ResolvePlaces(PoolOp& op, F resolve) {
    resolve(op.src), resolve(op.dst);
  }

  const Spec& spec_;
  const PackedModel& model_;
  Plan plan_;
  std::vector<Lifetime> lifetimes_;
};

}  // namespace

Plan BuildPlan(const Spec& spec, const PackedModel& model, int height, int width) {
  return Planner(spec, model).Build(height, width);
}

}  // namespace frond
