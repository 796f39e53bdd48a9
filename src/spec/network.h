#ifndef FROND_SRC_SPEC_NETWORK_H_
#define FROND_SRC_SPEC_NETWORK_H_

#include <optional>
#include <string>
#include <vector>

#include "frond/spec.h"
#include "src/tensor/shape.h"

namespace frond {

// A spec written out layer by layer, with the names that the layers' tensors
// have in a model file (timm's). Cost, weights and the plan all walk this.

// A convolution, always without bias and followed by a norm and `activation`.
struct ConvLayer {
  std::string name;  // of the convolution; its tensor is name + ".weight"
  std::string norm;  // of the norm after it
  int in_channels = 0;
  int out_channels = 0;
  int kernel = 1;
  int stride = 1;
  bool depthwise = false;
  Activation activation = Activation::kNone;
  int norm_groups = 0;  // of equally many of its outputs, for GroupNorm; 0: the norm is a batch-norm
};

// Squeeze-and-excite (Hu et al. 2018): global mean, two 1x1 layers with bias,
// swish (or ReLU) between, sigmoid after.
struct SqueezeExcite {
  std::string name;  // tensors: name + ".conv_reduce.{weight,bias}", ".conv_expand.{weight,bias}"
  int channels = 0;
  int squeezed = 0;
};

struct Block {
  int stage = 0;
  int index = 0;                       // within the stage
  std::optional<ConvLayer> expand;     // 1x1 in MBConv, kxk in fused MBConv; absent where expand_ratio is 1
  std::optional<ConvLayer> depthwise;  // MBConv only
  std::optional<SqueezeExcite> se;
  ConvLayer project;
  bool residual = false;
};

// A linear layer with bias.
struct LinearLayer {
  std::string name;  // tensors: name + ".weight" (out x in), name + ".bias"
  int in_features = 0;
  int out_features = 0;
  bool relu = false;  // after it
};

struct Network {
  ConvLayer stem;
  std::vector<Block> blocks;
  ConvLayer head;
  std::vector<LinearLayer> classifier;  // from the pooled head to the logits; empty: a feature extractor
};

Network BuildNetwork(const Spec& spec);

// Whether the first block's depthwise convolution reads the stem's map and nothing else does, and its norm waits for no
// whole map: the stem's may then be made row by row.
bool StemJoinsFirstBlock(const Network& network);

// One tensor that a model file must hold.
struct TensorSpec {
  std::string name;
  Shape shape;            // PyTorch's order: convolutions O x I/groups x k x k
  bool trainable = true;  // false for batch-norm's running statistics
};

std::vector<TensorSpec> NetworkTensors(const Network& network);

// Output extent and padding of a convolution along one axis; an input of at
// least one pixel gives at least one.
struct ConvExtent {
  int out = 0;
  int pad_before = 0;
};
ConvExtent ConvolvedExtent(int in, int kernel, int stride, Padding padding);

// A map between layers.
struct MapShape {
  int height = 0;
  int width = 0;
  int channels = 0;
};

// Of the map behind the stem and the first `blocks` blocks, for an image of height x width.
MapShape MapBehind(const Network& network, size_t blocks, Padding padding, int height, int width);

}  // namespace frond

#endif  // FROND_SRC_SPEC_NETWORK_H_
