#ifndef FROND_SRC_ENGINE_PLAN_PLAN_H_
#define FROND_SRC_ENGINE_PLAN_PLAN_H_

#include <cstddef>
#include <variant>
#include <vector>

#include "frond/spec.h"
#include "src/engine/plan/packed_model.h"

namespace frond {

// What to run for one image of a given size, in order, with every intermediate
// placed in one arena. Built once a size; running it checks and allocates nothing.

// A piece of the arena: floats from its start. kInput and kOutput are the
// caller's image and output row instead.
struct Place {
  enum class Where { kNone, kArena, kInput, kOutput };
  Where where = Where::kNone;
  size_t offset = 0;
};

// A kxk convolution (stem, fused MBConv): rows of windows are gathered into the
// thread's own scratch, then multiplied.
struct ConvOp {
  PackedMatrix weights;
  Place src, dst, residual;
  int height, width, channels;  // of src
  int out_height, out_width;
  int kernel, stride, pad_top, pad_left;
  bool planar;  // src is C x H x W (the caller's image)
  Epilogue epilogue;
};

// A 1x1 convolution or linear layer: rows x K times K x N.
struct PointwiseOp {
  PackedMatrix weights;
  Place src, dst, residual;
  Place scale;           // K factors on the input, from squeeze-and-excite; kNone without
  Place scaled_weights;  // where factors go into the weights; kNone: into the rows of src
  int rows;
  Epilogue epilogue;
};

struct DepthwiseOp {
  DepthwiseArgs args;  // all but src and dst
  int out_height = 0;
  int band_rows = 0;  // output rows of one task; fixed by the shape, so that sums don't depend on threads
  Place src, dst;
  Place sums;  // bands x C; kNone without squeeze-and-excite
};

// scale = sigmoid(expand(act(reduce(mean))))
struct SqueezeExciteOp {
  PackedMatrix reduce, expand;
  Place sums;  // bands x C
  int bands;
  int pixels;
  Place mean, squeezed, scale;
  Epilogue epilogue;  // between the two layers
};

// Mean over the pixels of each channel.
struct PoolOp {
  Place src, dst;
  int pixels;
  int channels;
};

using Op = std::variant<ConvOp, PointwiseOp, DepthwiseOp, SqueezeExciteOp, PoolOp>;

struct Plan {
  std::vector<Op> ops;
  size_t arena_floats = 0;
  size_t scratch_floats = 0;  // for each thread, behind the arena
};

// For a valid spec and sides from 1 to kMaxSide.
Plan BuildPlan(const Spec& spec, const PackedModel& model, int height, int width);

}  // namespace frond

#endif  // FROND_SRC_ENGINE_PLAN_PLAN_H_
