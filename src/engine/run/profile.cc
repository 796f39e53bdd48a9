#include "src/engine/run/profile.h"

namespace frond {
namespace {

int64_t Macs(const PackedMatrix& weights, int64_t rows) { return rows * weights.depth * weights.columns; }

template <class... F>
struct Overloaded : F... {
  using F::operator()...;
};
template <class... F>
Overloaded(F...) -> Overloaded<F...>;

std::string_view BlockPart(const MBConvOp& op, OpPart part) {
  switch (part) {
    case OpPart::kRows:
      return std::visit(Overloaded{[](const ExpandRows&) { return "expand"; }, [](const CopyRows&) { return "copy"; },
                                   [](const StemRows&) { return "stem"; }},
                        op.rows);
    case OpPart::kDepthwise: return "depthwise";
    case OpPart::kNorm: return op.norm ? "group_norm" : "";
    case OpPart::kSqueezeExcite: return op.se ? "squeeze_excite" : "";
    case OpPart::kProject: return "project";
  }
  return "";
}

int64_t BlockMacs(const MBConvOp& op, OpPart part) {
  const int64_t pixels = int64_t{op.height} * op.width;
  const int64_t out_pixels = int64_t{op.out_height} * op.out_width;
  switch (part) {
    case OpPart::kRows:
      return std::visit(Overloaded{[&](const ExpandRows& rows) { return Macs(rows.weights, pixels); },
                                   [](const CopyRows&) { return int64_t{0}; },
                                   [&](const StemRows& rows) { return Macs(rows.weights, pixels); }},
                        op.rows);
    case OpPart::kDepthwise: return out_pixels * op.channels * op.kernel * op.kernel;
    case OpPart::kNorm: return 0;
    case OpPart::kSqueezeExcite: return op.se ? Macs(op.se->reduce, 1) + Macs(op.se->expand, 1) : 0;
    case OpPart::kProject: return Macs(op.project, out_pixels);
  }
  return 0;
}

}  // namespace

std::string_view PartName(const Op& op, OpPart part) {
  if (const auto* block = std::get_if<MBConvOp>(&op.what)) return BlockPart(*block, part);
  if (part != OpPart::kProject) return "";
  return std::visit(Overloaded{[](const ConvOp&) { return "conv"; }, [](const PointwiseOp&) { return "pointwise"; },
                               [](const GroupNormOp&) { return "group_norm"; }, [](const MBConvOp&) { return ""; },
                               [](const HeadOp&) { return "head"; }, [](const LinearOp&) { return "linear"; },
                               [](const OutputOp&) { return "output"; }},
                    op.what);
}

int64_t PartMacs(const Op& op, OpPart part) {
  if (const auto* block = std::get_if<MBConvOp>(&op.what)) return BlockMacs(*block, part);
  if (part != OpPart::kProject) return 0;
  return std::visit(
      Overloaded{[](const ConvOp& conv) {  // the depth of its weights may be padded
                   return int64_t{conv.out_height} * conv.out_width * conv.weights.columns * conv.channels *
                          conv.kernel * conv.kernel;
                 },
                 [](const PointwiseOp& pointwise) { return Macs(pointwise.weights, pointwise.rows); },
                 [](const GroupNormOp&) { return int64_t{0}; }, [](const MBConvOp&) { return int64_t{0}; },
                 [](const HeadOp& head) { return Macs(head.weights, head.rows); },
                 [](const LinearOp& linear) { return Macs(linear.weights, 1); },
                 [](const OutputOp&) { return int64_t{0}; }},
      op.what);
}

}  // namespace frond
