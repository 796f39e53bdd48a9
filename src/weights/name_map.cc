#include "src/weights/name_map.h"

#include <iterator>

namespace frond {
namespace {

// What a layer's variables are called, in the order in which NetworkTensors lists them.
struct VariableNames {
  const char* separator;
  const char* kernel;
  const char* bias;
  const char* norm[4];  // scale, shift, mean, variance
};
constexpr VariableNames kPyTorch = {".", "weight", "bias", {"weight", "bias", "running_mean", "running_var"}};
constexpr VariableNames kKeras = {"/", "kernel", "bias", {"gamma", "beta", "moving_mean", "moving_variance"}};

NetworkNames LayerNames(const Network& network, Library library) {
  switch (library) {
    case Library::kTimm: return TimmNames(network);
    case Library::kTorchvision: return TorchvisionNames(network);
    case Library::kEfficientNetPyTorch: return EfficientNetPyTorchNames(network);
    case Library::kKeras: return KerasNames(network);
  }
  return {};
}

// Walks a network exactly as NetworkTensors does, naming each tensor in passing.
class Mapper {
 public:
  Mapper(const Network& network, Library library)
      : canonical_(NetworkTensors(network)), keras_(library == Library::kKeras), words_(keras_ ? kKeras : kPyTorch) {}

  void Conv(const ConvLayer& conv, const std::string& name, const std::string& norm) {
    Add(name, words_.kernel, conv.depthwise ? Layout::kHwc1 : Layout::kHwio);
    const size_t variables = conv.norm_groups > 0 ? 2 : std::size(words_.norm);
    for (size_t i = 0; i < variables; ++i) Add(norm, words_.norm[i]);
  }

  void Linear(const std::string& name, Layout layout) {
    Add(name, words_.kernel, layout);
    Add(name, words_.bias);
  }

  void MarkClassifier() {
    for (size_t i = out_.size() - 2; i < out_.size(); ++i) out_[i].classifier = true;
  }

  std::vector<NamedTensor> Take() { return std::move(out_); }

 private:
  void Add(const std::string& layer, const char* variable, Layout layout = Layout::kSame) {
    out_.push_back(
        {canonical_[out_.size()], layer + words_.separator + variable, keras_ ? layout : Layout::kSame, false});
  }

  std::vector<TensorSpec> canonical_;
  bool keras_;
  VariableNames words_;
  std::vector<NamedTensor> out_;
};

}  // namespace

std::string_view LibraryName(Library library) {
  switch (library) {
    case Library::kTimm: return "timm";
    case Library::kTorchvision: return "torchvision";
    case Library::kEfficientNetPyTorch: return "efficientnet_pytorch";
    case Library::kKeras: return "keras";
  }
  return "";
}

Shape NamedTensor::stored_shape() const {
  const Shape& s = canonical.shape;
  switch (layout) {
    case Layout::kSame: return s;
    case Layout::kHwio: return {s[2], s[3], s[1], s[0]};
    case Layout::kHwc1: return {s[2], s[3], s[0], s[1]};
    case Layout::kTransposed: return {s[1], s[0]};
  }
  return s;
}

std::vector<NamedTensor> MapNames(const Network& network, Library library) {
  const NetworkNames names = LayerNames(network, library);
  Mapper mapper(network, library);
  mapper.Conv(network.stem, names.stem, names.stem_norm);
  for (size_t i = 0; i < network.blocks.size(); ++i) {
    const Block& block = network.blocks[i];
    const BlockNames& words = names.blocks[i];
    if (block.expand) mapper.Conv(*block.expand, words.expand, words.expand_norm);
    if (block.depthwise) mapper.Conv(*block.depthwise, words.depthwise, words.depthwise_norm);
    if (block.se) {
      mapper.Linear(words.se_reduce, Layout::kHwio);
      mapper.Linear(words.se_expand, Layout::kHwio);
    }
    mapper.Conv(block.project, words.project, words.project_norm);
  }
  mapper.Conv(network.head, names.head, names.head_norm);
  for (const LinearLayer& layer : network.classifier) {
    const bool last = &layer == &network.classifier.back();
    mapper.Linear(last && network.classifier.size() == 1 ? names.classifier : layer.name, Layout::kTransposed);
    if (last) mapper.MarkClassifier();
  }
  return mapper.Take();
}

std::vector<float> ToPyTorchOrder(std::vector<float> values, const Shape& shape, Layout layout) {
  if (layout == Layout::kSame) return values;
  // All three layouts are a matrix (outer x inner) whose target is its transpose,
  // up to the order of the two channel axes: spatial positions outermost become innermost.
  std::vector<float> out(values.size());
  const auto o_count = static_cast<size_t>(shape[0]);
  const auto i_count = static_cast<size_t>(shape[1]);
  const size_t spatial = layout == Layout::kTransposed ? 1 : static_cast<size_t>(shape[2] * shape[3]);
  for (size_t s = 0; s < spatial; ++s) {
    for (size_t i = 0; i < i_count; ++i) {
      for (size_t o = 0; o < o_count; ++o) {
        const size_t src = layout == Layout::kHwc1 ? (s * o_count + o) * i_count + i : (s * i_count + i) * o_count + o;
        out[(o * i_count + i) * spatial + s] = values[src];
      }
    }
  }
  return out;
}

}  // namespace frond
