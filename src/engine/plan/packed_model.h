#ifndef FROND_SRC_ENGINE_PLAN_PACKED_MODEL_H_
#define FROND_SRC_ENGINE_PLAN_PACKED_MODEL_H_

#include <optional>
#include <vector>

#include "src/base/aligned_buffer.h"
#include "src/engine/plan/fold.h"
#include "src/kernels/kernels.h"
#include "src/spec/network.h"

namespace frond {

// A network's weights as the kernels want them: batch-norm folded into the
// convolution before it, matrices in panels, all in one huge-page allocation in
// the order of use. Independent of the input's size; shared by sessions.

// Panels of channels, the last one narrower, a multiple of `lanes`: each kernel x kernel x width.
struct PackedDepthwise {
  const float* panels = nullptr;
  const float* bias = nullptr;  // padded as the panels are
};

// A GroupNorm; scale and shift of each channel, padded to whole panels with zeros.
struct PackedNorm {
  const float* scale = nullptr;
  const float* shift = nullptr;
  int groups = 0;
  double epsilon = 0;
};

// The norms are there where they are no batch-norms.
struct PackedBlock {
  std::optional<PackedMatrix> expand;
  std::optional<PackedNorm> expand_norm;
  std::optional<PackedDepthwise> depthwise;
  std::optional<PackedNorm> depthwise_norm;
  std::optional<PackedMatrix> se_reduce;
  std::optional<PackedMatrix> se_expand;
  PackedMatrix project;
  std::optional<PackedNorm> project_norm;
};

struct PackedModel {
  const Kernels* kernels = nullptr;
  AlignedBuffer memory;
  PackedMatrix stem;
  std::vector<PackedBlock> blocks;
  std::optional<PackedMatrix> head;  // absent: the map behind the last block is the answer
  std::optional<PackedNorm> head_norm;
  std::vector<PackedMatrix> classifier;
};

// With `blocks`, the stem and so many of the network's (at least one) alone. Errors: kLimit where the memory is
// refused; kBadFormat naming the layer whose weights are not finite (a negative variance makes them so); kUnsupported
// where bfloat16, whose products take channels in pairs, meets an odd number of them.
Result<PackedModel> PackModel(const Network& network, double bn_epsilon, const Kernels& kernels,
                              const TensorLookup& lookup, std::optional<size_t> blocks = {});

}  // namespace frond

#endif  // FROND_SRC_ENGINE_PLAN_PACKED_MODEL_H_
