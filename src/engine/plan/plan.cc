#include "src/engine/plan/plan.h"

#include <algorithm>
#include <cstdint>

#include "src/engine/plan/values.h"

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

int NextPowerOfTwo(int value) {
  int power = 1;
  while (power < value) power *= 2;
  return power;
}

class Planner {
 public:
  Planner(const Spec& spec, const PackedModel& model) : spec_(spec), model_(model), kernels_(*model.kernels) {}

  Plan Build(int height, int width) {
    const Network network = BuildNetwork(spec_);
    Value value{Place::Where::kInput, 0, height, width, 3};
    const bool stem_in_block = StemJoinsFirstBlock(network);
    if (!stem_in_block) value = Conv(network.stem, model_.stem, std::nullopt, value, {});
    for (size_t b = 0; b < model_.blocks.size(); ++b) {
      const ConvLayer* stem = b == 0 && stem_in_block ? &network.stem : nullptr;
      value = AddBlock(network.blocks[b], model_.blocks[b], value, stem);
    }
    if (model_.head) {
      AddHead(network, value);
    } else {
      AddOutput(network, value);
    }
    plan_.arena_floats = values_.Resolve(plan_.ops);
    return std::move(plan_);
  }

 private:
  // The block that a convolution belongs to: "blocks.2.1.conv_pwl" is of "blocks.2.1"; else its own name.
  static std::string LayerOf(const ConvLayer& conv) {
    return conv.name.starts_with("blocks.") ? conv.name.substr(0, conv.name.rfind('.')) : conv.name;
  }

  ConvExtent Extent(int in, const ConvLayer& conv) const {
    return ConvolvedExtent(in, conv.kernel, conv.stride, spec_.padding);
  }

  // With a GroupNorm the activation and the residual come behind that.
  Value Conv(const ConvLayer& conv, const PackedMatrix& weights, const std::optional<PackedNorm>& norm,
             const Value& src, const Value& residual) {
    if (!norm) return ConvAlone(conv, weights, EpilogueOf(conv.activation), src, residual);
    const Value map = ConvAlone(conv, weights, Epilogue::kNone, src, {});
    AddGroupNorm(conv, *norm, map, residual);
    return map;
  }

  Value ConvAlone(const ConvLayer& conv, const PackedMatrix& weights, Epilogue epilogue, const Value& src,
                  const Value& residual) {
    if (conv.kernel == 1 && conv.stride == 1 && src.where == Place::Where::kArena) {
      const Value dst = values_.NewMap(src.height, src.width, conv.out_channels);
      plan_.ops.push_back({PointwiseOp{weights, values_.Use(src), values_.Use(dst), values_.Use(residual),
                                       src.height * src.width, epilogue},
                           LayerOf(conv)});
      return dst;
    }
    const ConvExtent y = Extent(src.height, conv);
    const ConvExtent x = Extent(src.width, conv);
    const Value dst = values_.NewMap(y.out, x.out, conv.out_channels);
    NeedScratch(values_.Counted(values_.ElementFloats(static_cast<uint64_t>(x.out) * weights.depth)));
    plan_.ops.push_back({ConvOp{weights, values_.Use(src), values_.Use(dst), values_.Use(residual), src.height,
                                src.width, src.channels, y.out, x.out, conv.kernel, conv.stride, y.pad_before,
                                x.pad_before, src.where == Place::Where::kInput, epilogue},
                         LayerOf(conv)});
    return dst;
  }

  NormStep NormOf(const PackedNorm& norm, Epilogue epilogue, int height, int channels) {
    const auto padded = static_cast<uint64_t>(PanelCount(channels, kernels_.panel)) * kernels_.panel;
    NormStep step = {};
    step.norm = norm;
    step.moments = values_.Use(values_.New(2 * padded * height));
    step.centre = values_.Use(values_.New(padded));
    step.scale = values_.Use(values_.New(padded));
    step.epilogue = epilogue;
    return step;
  }

  GroupNormOp GroupNormOf(const ConvLayer& conv, const PackedNorm& norm, const Value& map) {
    return {NormOf(norm, EpilogueOf(conv.activation), map.height, map.channels),
            values_.Use(map),
            {},
            {},
            map.height,
            map.width,
            map.channels};
  }

  void AddGroupNorm(const ConvLayer& conv, const PackedNorm& norm, const Value& map, const Value& residual) {
    GroupNormOp op = GroupNormOf(conv, norm, map);
    op.residual = values_.Use(residual);
    plan_.ops.push_back({op, LayerOf(conv)});
  }

  Value AddBlock(const Block& block, const PackedBlock& packed, const Value& input, const ConvLayer* stem) {
    if (block.depthwise && !packed.depthwise_norm) return AddMBConv(block, packed, input, stem);
    const Value residual = block.residual ? input : Value{};
    const Value expanded = block.expand ? Conv(*block.expand, *packed.expand, packed.expand_norm, input, {}) : input;
    if (!block.depthwise) return Conv(block.project, packed.project, packed.project_norm, expanded, residual);
    Block rest = block;
    rest.expand.reset();
    rest.residual = false;
    const Value map = AddMBConv(rest, packed, expanded, nullptr);
    AddGroupNorm(block.project, *packed.project_norm, map, residual);
    return map;
  }

  Value AddMBConv(const Block& block, const PackedBlock& packed, const Value& input, const ConvLayer* stem) {
    const ConvLayer& conv = *block.depthwise;
    MBConvOp op = {};
    op.depthwise = *packed.depthwise;
    op.project = packed.project;
    op.residual = block.residual;
    op.src_height = op.height = input.height;
    op.src_width = op.width = input.width;
    op.src_channels = input.channels;
    op.channels = conv.out_channels;
    op.kernel = conv.kernel;
    op.stride = conv.stride;
    op.epilogue = packed.depthwise_norm ? Epilogue::kNone : EpilogueOf(conv.activation);
    size_t image_row_floats = 0;
    if (stem != nullptr) {
      const ConvExtent y = Extent(input.height, *stem);
      const ConvExtent x = Extent(input.width, *stem);
      op.height = y.out;
      op.width = x.out;
      op.rows = StemRows{model_.stem, stem->kernel, stem->stride, y.pad_before, x.pad_before};
      image_row_floats = PaddedImageRow(x.out, stem->kernel, stem->stride) * input.channels * stem->kernel;
    } else if (block.expand) {
      op.rows = ExpandRows{*packed.expand};
    } else {
      op.rows = CopyRows{};
    }
    const ConvExtent y = Extent(op.height, conv);
    const ConvExtent x = Extent(op.width, conv);
    op.out_height = y.out;
    op.out_width = x.out;
    op.pad_top = y.pad_before;
    op.pad_left = x.pad_before;
    PlanRing(op, image_row_floats);
    const size_t pixels = static_cast<size_t>(y.out) * x.out;
    op.src = values_.Use(input);
    if (block.se) op.se = AddSqueezeExcite(block, packed, y.out, pixels);
    if (packed.depthwise_norm) {
      op.norm = NormOf(*packed.depthwise_norm, EpilogueOf(conv.activation), y.out, op.channels);
      if (op.se) op.norm->row_sums = op.se->row_sums;
    }
    const size_t mid_floats =
        values_.Counted(values_.ElementFloats(uint64_t{pixels} * PaddedColumns(op.channels, kernels_.lanes)));
    if (block.residual) {
      // The input's memory takes the sum: every tile reads what it adds to before it writes there.
      op.mid = values_.Use(values_.New(mid_floats));
      op.dst = values_.Use(input);
      plan_.ops.push_back({op, LayerOf(block.project)});
      return input;
    }
    const Value dst = values_.NewMap(y.out, x.out, block.project.out_channels);
    op.dst = values_.Use(dst);
    if (OverwritesMid(op)) {
      // dst follows the pixels of the first panel at a wave's distance, and is never wider than they are.
      op.wave_pixels = static_cast<int>(pixels + kWaves - 1) / kWaves;
      const size_t gap =
          RoundedToLines(values_.ElementFloats(static_cast<uint64_t>(op.wave_pixels) * op.project.columns));
      values_.StartFrom(dst, gap + mid_floats);
      op.mid = {Place::Where::kArena, dst.index};
      op.mid_gap = gap;
    } else {
      op.mid = values_.Use(values_.New(mid_floats));
    }
    plan_.ops.push_back({op, LayerOf(block.project)});
    return dst;
  }

  // The first block, whose maps are the largest, may have its result take the place of its input. (Elsewhere it would
  // gain little, and ties the places of two values together.)
  bool OverwritesMid(const MBConvOp& op) const {
    return std::holds_alternative<StemRows>(op.rows) && op.project.columns <= PanelWidth(kernels_, op.channels, 0);
  }

  // Floats of an image row with zeros on both sides, enough for `out` windows and a vector's overhang.
  static size_t PaddedImageRow(int out, int kernel, int stride) {
    return static_cast<size_t>(out) * stride + kernel + kLineFloats;
  }

  void PlanRing(MBConvOp& op, size_t image_row_floats) {
    const size_t pixel = static_cast<size_t>(PanelWidth(kernels_, op.channels, 0));
    // Windows reach from pad_left zeroed pixels before the map to the last window's end, or the map's.
    const int reach = std::max((op.out_width - 1) * op.stride + op.kernel, op.pad_left + op.width);
    // An odd number of lines keeps rows apart in the first-level cache.
    const size_t lines = (reach * pixel + kLineFloats - 1) / kLineFloats | 1;
    op.ring_rows = NextPowerOfTwo(op.kernel);
    op.ring_row_floats = lines * kLineFloats;
    if (kernels_.element_bytes != sizeof(float))
      op.raw_floats = RoundedToLines(static_cast<size_t>(op.out_width) * pixel);
    NeedScratch(op.ring_rows * op.ring_row_floats + op.raw_floats + image_row_floats);
  }

  SqueezeExciteOp AddSqueezeExcite(const Block& block, const PackedBlock& packed, int out_height, size_t pixels) {
    const int channels = block.se->channels;
    const int padded = PanelCount(channels, kernels_.panel) * kernels_.panel;
    SqueezeExciteOp op = {};
    op.reduce = *packed.se_reduce;
    op.expand = *packed.se_expand;
    op.row_sums = values_.Use(values_.New(static_cast<uint64_t>(out_height) * padded));
    op.mean = values_.Use(values_.New(padded));
    const int squeezed = PaddedColumns(block.se->squeezed, kernels_.lanes);
    op.partial = values_.Use(values_.New(static_cast<uint64_t>(PanelCount(channels, kernels_.panel)) * squeezed));
    op.squeezed = values_.Use(values_.New(squeezed));
    op.scale = values_.Use(values_.New(padded));
    op.epilogue = EpilogueOf(spec_.activation);
    // The factors go into whichever is smaller: the weights (K x N) or the outputs (M x K).
    const int columns = PaddedColumns(block.project.out_channels, kernels_.lanes);
    if (static_cast<size_t>(columns) < pixels) {
      op.scaled_weights = values_.Use(
          values_.New(PlanValues::FloatsOf(static_cast<uint64_t>(columns) * channels * kernels_.weight_bytes())));
    }
    return op;
  }

  void AddPooledNorm(const ConvLayer& conv, const PackedNorm& norm, const Value& map, const Value& mean) {
    GroupNormOp op = GroupNormOf(conv, norm, map);
    const int padded = PanelCount(map.channels, kernels_.panel) * kernels_.panel;
    op.step.row_sums = values_.Use(values_.New(static_cast<uint64_t>(map.height) * padded));
    op.mean = values_.Use(mean);
    plan_.ops.push_back({op, LayerOf(conv)});
  }

  void AddHead(const Network& network, const Value& src) {
    plan_.output_floats =
        network.classifier.empty() ? network.head.out_channels : network.classifier.back().out_features;
    const Value output{Place::Where::kOutput, 0, 0, 0, 0};
    const auto pooled = [&] { return network.classifier.empty() ? output : values_.New(network.head.out_channels); };
    Value value;
    if (model_.head_norm) {
      const Value map = ConvAlone(network.head, *model_.head, Epilogue::kNone, src, {});
      value = pooled();
      AddPooledNorm(network.head, *model_.head_norm, map, value);
    } else {
      value = pooled();
      plan_.ops.push_back({HeadOp{*model_.head, values_.Use(src), values_.Use(value), src.height * src.width,
                                  EpilogueOf(network.head.activation)},
                           network.head.name});
    }
    if (!network.classifier.empty()) {
      plan_.feature_floats = static_cast<size_t>(network.head.out_channels);
      plan_.classifier_op = plan_.ops.size();
    }
    for (size_t i = 0; i < network.classifier.size(); ++i) {
      const LinearLayer& layer = network.classifier[i];
      const bool last = i + 1 == network.classifier.size();
      const Value next = last ? output : values_.New(PaddedColumns(layer.out_features, kernels_.lanes));
      const Epilogue epilogue = layer.relu ? Epilogue::kRelu : Epilogue::kNone;
      plan_.ops.push_back(
          {LinearOp{model_.classifier[i], values_.Use(value), values_.Use(next), epilogue}, "classifier"});
      value = next;
    }
  }

  void AddOutput(const Network& network, const Value& map) {
    plan_.output_floats = static_cast<size_t>(map.height) * map.width * map.channels;
    const std::string layer = LayerOf(network.blocks[model_.blocks.size() - 1].project);
    plan_.ops.push_back({OutputOp{values_.Use(map), plan_.output_floats}, layer});
  }

  void NeedScratch(size_t floats) { plan_.scratch_floats = std::max(plan_.scratch_floats, RoundedToLines(floats)); }

  static constexpr int kWaves = 8;

  const Spec& spec_;
  const PackedModel& model_;
  const Kernels& kernels_;
  Plan plan_;
  PlanValues values_{plan_.ops, kernels_.element_bytes};
};

}  // namespace

Plan BuildPlan(const Spec& spec, const PackedModel& model, int height, int width) {
  return Planner(spec, model).Build(height, width);
}

}  // namespace frond
