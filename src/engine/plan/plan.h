#ifndef FROND_SRC_ENGINE_PLAN_PLAN_H_
#define FROND_SRC_ENGINE_PLAN_PLAN_H_

#include <cstddef>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "frond/spec.h"
#include "src/engine/plan/packed_model.h"

namespace frond {

// What to run for one image of a given size, in order, with every intermediate
// placed in one arena. Built once a size; running it checks and allocates nothing.

// A piece of the arena: floats from its start, whatever lies there. kInput and kOutput are the
// caller's image and output row instead.
struct Place {
  enum class Where { kNone, kArena, kInput, kOutput };
  Where where = Where::kNone;
  size_t offset = 0;
};

// A kxk convolution (fused MBConv, V2's stem): rows of windows are gathered into
// the thread's own scratch, then multiplied.
struct ConvOp {
  PackedMatrix weights;
  Place src, dst, residual;
  int height, width, channels;  // of src
  int out_height, out_width;
  int kernel, stride, pad_top, pad_left;
  bool planar;  // src is C x H x W (the caller's image)
  Epilogue epilogue;
};

// A 1x1 convolution: rows x K times K x N.
struct PointwiseOp {
  PackedMatrix weights;
  Place src, dst, residual;
  int rows;
  Epilogue epilogue;
};

// What fills the rows that a block's depthwise convolution reads.
struct ExpandRows {  // a 1x1 convolution of the block's input
  PackedMatrix weights;
};
struct CopyRows {};  // the block's input itself: expand_ratio 1
struct StemRows {    // the network's first convolution, straight from the image
  PackedMatrix weights;
  int kernel, stride, pad_top, pad_left;
};
using RowSource = std::variant<ExpandRows, CopyRows, StemRows>;

struct SqueezeExciteOp {
  PackedMatrix reduce, expand;
  Place row_sums;  // out_height x C (padded to whole panels): each output row's sums
  Place mean;      // C
  Place partial;   // panels x squeezed (padded to vectors): each panel's share of the first layer
  Place squeezed;
  Place scale;           // C
  Place scaled_weights;  // where the factors go into the project weights; kNone: into the depthwise outputs
  Epilogue epilogue;     // between the two layers
};

// GroupNorm of a map in its place, then the activation. Statistics are kept for each row and added in one order.
struct NormStep {
  PackedNorm norm;
  Place moments;   // height x 2 x C (padded to whole panels): each row's sums, then its squared distances from its mean
  Place centre;    // C, padded likewise, as the following
  Place scale;     // of each channel
  Place row_sums;  // height x C: of the activated outputs; kNone: not wanted
  Epilogue epilogue;
};

// GroupNorm of a map between layers.
struct GroupNormOp {
  NormStep step;
  Place map, residual;
  Place mean;  // C, over the pixels; kNone: not wanted
  int height, width, channels;
};

// An MBConv block (docs/engine.md): rows of a panel of channels are produced in a ring that the cache holds, convolved
// depthwise, activated and summed; then squeeze-and-excite; then the projection of all panels. Where its norms are
// GroupNorms, which need their whole map, the expansion and the norm of the projection are operations of their own.
struct MBConvOp {
  RowSource rows;
  PackedDepthwise depthwise;
  std::optional<NormStep> norm;  // of the depthwise outputs, and their activation
  std::optional<SqueezeExciteOp> se;
  PackedMatrix project;
  Place src, dst;
  Place mid;        // the depthwise outputs, elements: for each panel out_height x out_width x its width
  bool residual;    // dst is src, and the projection is added
  int wave_pixels;  // dst overwrites mid: so many pixels are projected at a time; 0: it does not
  size_t mid_gap;   // floats that mid then lies behind dst
  int src_height, src_width, src_channels;
  int height, width, channels;  // of the map that the depthwise convolution reads
  int out_height, out_width;
  int kernel, stride, pad_top, pad_left;
  int ring_rows;  // a power of two
  size_t ring_row_floats;
  size_t raw_floats;  // for a row of outputs before they become elements; 0: it lies in mid itself
  Epilogue epilogue;
};

// The head: a 1x1 convolution whose activated outputs are only ever averaged over the pixels.
struct HeadOp {
  PackedMatrix weights;
  Place src, dst;
  int rows;
  Epilogue epilogue;
};

// A layer of the classifier: floats to floats, the last one's to the caller.
struct LinearOp {
  PackedMatrix weights;
  Place src, dst;
  Epilogue epilogue;
};

// A map is the answer: where the model ends behind a block.
struct OutputOp {
  Place src;
  size_t elements;
};

struct Op {
  std::variant<ConvOp, PointwiseOp, GroupNormOp, MBConvOp, HeadOp, LinearOp, OutputOp> what;
  std::string layer;  // as the model file names it: "conv_stem", "blocks.2.1", "conv_head", "classifier"
};

struct Plan {
  std::vector<Op> ops;
  size_t output_floats = 0;
  size_t feature_floats = 0;  // what the classifier sees; 0: there is none, and they are the output
  size_t classifier_op = 0;   // its first LinearOp
  size_t arena_floats = 0;
  size_t scratch_floats = 0;  // for each thread, behind the arena
};

// For a valid spec and sides from 1 to kMaxSide.
Plan BuildPlan(const Spec& spec, const PackedModel& model, int height, int width);

}  // namespace frond

#endif  // FROND_SRC_ENGINE_PLAN_PLAN_H_
