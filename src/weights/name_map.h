#ifndef FROND_SRC_WEIGHTS_NAME_MAP_H_
#define FROND_SRC_WEIGHTS_NAME_MAP_H_

#include <string>
#include <string_view>
#include <vector>

#include "src/spec/network.h"

namespace frond {

// The libraries whose EfficientNets are imported. Their networks are the same;
// what differs is what the tensors are called and, in Keras, their order of axes.
enum class Library {
  kTimm,  // also frond's own names
  kTorchvision,
  kEfficientNetPyTorch,  // lukemelas' package and its Lite offshoot
  kKeras,                // tensors named "<layer>/<variable>"
};

std::string_view LibraryName(Library library);

// The layers of a network in a library's words, without the variables' suffix.
// Layers that a block lacks have names too; nobody asks for them.
struct BlockNames {
  std::string expand, expand_norm;
  std::string depthwise, depthwise_norm;
  std::string se_reduce, se_expand;
  std::string project, project_norm;
};
struct NetworkNames {
  std::string stem, stem_norm;
  std::vector<BlockNames> blocks;
  std::string head, head_norm;
  std::string classifier;
};

// One file each: names_<library>.cc.
NetworkNames TimmNames(const Network& network);
NetworkNames TorchvisionNames(const Network& network);
NetworkNames EfficientNetPyTorchNames(const Network& network);
NetworkNames KerasNames(const Network& network);

// How a library stores a tensor, compared with PyTorch's order.
enum class Layout {
  kSame,
  kHwio,        // convolution k x k x I x O
  kHwc1,        // depthwise convolution k x k x C x 1
  kTransposed,  // linear layer I x O
};

// One tensor of a model file and where a library keeps it.
struct NamedTensor {
  TensorSpec canonical;
  std::string name;
  Layout layout = Layout::kSame;
  bool classifier = false;

  Shape stored_shape() const;
};

// In NetworkTensors' order.
std::vector<NamedTensor> MapNames(const Network& network, Library library);

// `values` in a stored layout, of PyTorch shape `shape`, brought to PyTorch's order.
std::vector<float> ToPyTorchOrder(std::vector<float> values, const Shape& shape, Layout layout);

}  // namespace frond

#endif  // FROND_SRC_WEIGHTS_NAME_MAP_H_
