#ifndef FROND_SRC_SPEC_COST_H_
#define FROND_SRC_SPEC_COST_H_

#include <cstdint>
#include <string>
#include <vector>

#include "frond/result.h"
#include "src/spec/network.h"

namespace frond {

// What a network costs, from its spec alone.

// One row of the papers' stage table: the stem, a stage, or the head with pool and classifier.
struct StageCost {
  std::string op;     // "Conv3x3", "MBConv6, k5x5, SE0.25", "Conv1x1 & Pool & FC"
  int in_height = 0;  // px, of the stage's input
  int in_width = 0;
  int channels = 0;  // of its output
  int layers = 0;
  int64_t parameters = 0;        // trainable ones
  int64_t macs = 0;              // multiply-accumulates of convolutions and linear layers, one image
  int64_t activation_bytes = 0;  // largest sum of tensors alive at once within the stage, float32, layer by layer
};

struct NetworkCost {
  std::vector<StageCost> stages;
  int64_t parameters = 0;
  int64_t macs = 0;
  int64_t peak_activation_bytes = 0;
  int64_t file_bytes = 0;  // tensors of the float32 model file, running statistics included, header not
};

// For one image of height x width. Errors: kInvalidArgument for sides outside 1
// to kMaxSide.
Result<NetworkCost> ComputeCost(const Spec& spec, int height, int width);

}  // namespace frond

#endif  // FROND_SRC_SPEC_COST_H_
