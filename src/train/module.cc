#include "src/train/module.h"

#include <algorithm>
#include <cmath>

#include "src/base/format.h"
#include "src/train/depthwise_conv.h"
#include "src/train/grad_checkpoint.h"
#include "src/train/norm_activation.h"
#include "src/train/pointwise_conv.h"
#include "src/train/sync_batch_norm.h"

namespace frond {
namespace {

// Added to a channel's variance where a norm is carried over, so that one that hardly varies is not blown up.
constexpr double kLeastCarriedVariance = 1e-3;

// Of a convolution and its norm.
size_t TensorCount(const ConvLayer& layer) { return layer.norm_groups > 0 ? 3 : 5; }

}  // namespace

Module::Module(const Spec& spec)
    : spec_(spec), network_(BuildNetwork(spec)), wanted_(NetworkTensors(network_)), momentum_(spec.bn_momentum) {
  stem_ = AddConv(network_.stem, -1);
  for (size_t b = 0; b < network_.blocks.size(); ++b) {
    const Block& block = network_.blocks[b];
    Layers layers;
    if (block.expand) layers.before.push_back(AddConv(*block.expand, block.stage));
    if (block.depthwise) layers.before.push_back(AddConv(*block.depthwise, block.stage));
    if (block.se) {
      layers.gated = true;
      layers.gate.at = tensors_.size();
      AddTensors(block.stage, 4);
    }
    layers.project = AddConv(block.project, block.stage);
    layers.residual = block.residual;
    layers.name = StrCat("blocks.", block.stage, ".", block.index);
    layers.drop_path = spec.drop_path * static_cast<double>(b) / static_cast<double>(network_.blocks.size());
    blocks_.push_back(std::move(layers));
  }
  const int last = static_cast<int>(spec.stages.size());
  head_ = AddConv(network_.head, last);
  classifier_ = tensors_.size();
  AddTensors(last, 2 * network_.classifier.size(), /*classifier=*/true);
  Initialise();
}

void Module::AddTensors(int stage, size_t count, bool classifier) {
  for (size_t i = 0; i < count; ++i) {
    const TensorSpec& wanted = wanted_[tensors_.size()];
    torch::Tensor value = torch::zeros(wanted.shape, torch::kFloat32);
    if (value.dim() == 4) value = value.contiguous(torch::MemoryFormat::ChannelsLast);
    tensors_.push_back({wanted.name, value, wanted.trainable, classifier, stage});
  }
}

Module::Conv Module::AddConv(const ConvLayer& layer, int stage) {
  const Conv conv{layer, tensors_.size()};
  AddTensors(stage, TensorCount(layer));
  return conv;
}

void Module::Initialise() {
  const torch::NoGradGuard no_grad;
  for (ModuleTensor& tensor : tensors_) {
    const auto& sizes = tensor.value.sizes();
    if (tensor.value.dim() == 4) {
      // fan_out counts a group's outputs: of a depthwise convolution one.
      const bool depthwise = sizes[1] == 1 && tensor.name.find("conv_dw") != std::string::npos;
      const auto fan_out = static_cast<double>(sizes[2] * sizes[3] * (depthwise ? 1 : sizes[0]));
      tensor.value.normal_(0, std::sqrt(2.0 / fan_out));
    }
  }
  for (size_t i = classifier_; i < tensors_.size(); i += 2) {
    const double bound = 1.0 / std::sqrt(static_cast<double>(Value(i).size(1)));
    tensors_[i].value.uniform_(-bound, bound);
    tensors_[i + 1].value.uniform_(-bound, bound);
  }
  ForEachConv([&](const Conv& conv) {
    tensors_[conv.at + 1].value.fill_(1);
    if (conv.layer.norm_groups == 0) tensors_[conv.at + 4].value.fill_(1);
  });
}

size_t Module::LastTensor(const Layers& block) { return block.project.at + TensorCount(block.project.layer) - 1; }

template <class Visit>
void Module::ForEachConv(const Visit& visit) const {
  visit(stem_);
  visit(head_);
  for (const Layers& block : blocks_) {
    for (const Conv& conv : block.before) visit(conv);
    visit(block.project);
  }
}

void Module::To(torch::Device device) {
  for (ModuleTensor& tensor : tensors_) {
    tensor.value = tensor.value.detach().to(device).set_requires_grad(tensor.value.requires_grad());
  }
}

void Module::AccumulateStatistics(bool on) { accumulated_ = on ? 0 : -1; }

torch::Tensor Module::Activate(torch::Tensor x, Activation activation) const {
  switch (activation) {
    case Activation::kSwish: return torch::silu(x);
    case Activation::kRelu6:
      // libtorch 1.13 has no gradient of hardtanh in bfloat16 on the CPU.
      if (x.scalar_type() == torch::kBFloat16) return torch::clamp(x, 0, 6);
      return torch::hardtanh_(x, 0, 6);  // its gradient needs the result alone
    case Activation::kNone: break;
  }
  return x;
}

torch::Tensor Module::Run(const Conv& conv, const torch::Tensor& x) {
  const ConvLayer& layer = conv.layer;
  torch::Tensor padded = Lowered(x);
  int64_t padding = (layer.kernel - 1) / 2;
  if (spec_.padding == Padding::kSame && layer.kernel > 1) {
    const auto before_and_after = [&](int64_t side) {
      const ConvExtent extent = ConvolvedExtent(static_cast<int>(side), layer.kernel, layer.stride, Padding::kSame);
      const int64_t reach = (extent.out - 1) * int64_t{layer.stride} + layer.kernel - side;
      return std::pair<int64_t, int64_t>(extent.pad_before, std::max<int64_t>(0, reach) - extent.pad_before);
    };
    const auto [top, bottom] = before_and_after(x.size(2));
    const auto [left, right] = before_and_after(x.size(3));
    if (top == bottom && left == right && top == left) {
      padding = top;
    } else {
      padding = 0;
      padded = torch::constant_pad_nd(padded, {left, right, top, bottom});
    }
  }
  const torch::Tensor y = layer.depthwise ? DepthwiseConv2d(padded, Value(conv.at), layer.stride, padding)
                          : layer.kernel == 1
                              ? PointwiseConv2d(padded, Lowered(Value(conv.at)), {})
                              : torch::conv2d(padded, Lowered(Value(conv.at)), {}, layer.stride, padding);
  Seen(layer.name, y);
  if (layer.norm_groups == 0) {
    // An observer is shown what the norm makes, before the activation.
    if (!observer_ && TakesBatchNormActivation(y)) return BatchNormActivation(y, StateOf(conv), layer.activation);
  }
  const torch::Tensor normal = layer.norm_groups > 0 ? GroupNorm(conv, y) : BatchNorm(StateOf(conv), y);
  Seen(layer.norm, normal);
  return Activate(normal, layer.activation);
}

BatchNormState Module::StateOf(const Conv& conv) const {
  const bool batch = training_ && !all_statistics_frozen_ && Value(conv.at + 1).requires_grad();
  const double momentum = again_ ? 0 : accumulated_ >= 0 ? AccumulatedShare() : momentum_;
  return {Value(conv.at + 1),
          Value(conv.at + 2),
          Value(conv.at + 3),
          Value(conv.at + 4),
          batch,
          momentum,
          spec_.bn_epsilon,
          shared_};
}

torch::Tensor Module::BatchNorm(const BatchNormState& norm, const torch::Tensor& x) {
  if (norm.batch && norm.shared.peers != nullptr) return SyncBatchNorm(x, norm);
  return torch::batch_norm(x, norm.weight, norm.bias, norm.running_mean, norm.running_var, norm.batch, norm.momentum,
                           norm.epsilon, at::globalContext().userEnabledCuDNN());
}

torch::Tensor Module::GroupNorm(const Conv& conv, const torch::Tensor& x) {
  const auto normalise = [&](const torch::Tensor& weight, const torch::Tensor& bias) {
    // Unlike batch_norm it wants one type.
    return torch::group_norm(x.to(Value(conv.at + 1).scalar_type()), conv.layer.norm_groups, weight, bias,
                             spec_.bn_epsilon, at::globalContext().userEnabledCuDNN())
        .to(x.scalar_type());
  };
  if (!carrying_) return normalise(Value(conv.at + 1), Value(conv.at + 2));
  auto& [mean, variance] = carried_[conv.at];
  if (!mean.defined()) {
    mean = torch::zeros_like(Value(conv.at + 1));
    variance = torch::ones_like(Value(conv.at + 1));
  }
  return torch::batch_norm(normalise({}, {}), Value(conv.at + 1), Value(conv.at + 2), mean, variance,
                           /*training=*/true, AccumulatedShare(), kLeastCarriedVariance,
                           at::globalContext().userEnabledCuDNN());
}

void Module::CarryNorms(bool on) {
  const torch::NoGradGuard no_grad;
  for (auto& [at, spread] : carried_) {
    const auto& [mean, variance] = spread;
    torch::Tensor& weight = tensors_[at + 1].value;
    weight.div_((variance + kLeastCarriedVariance).sqrt());
    tensors_[at + 2].value.sub_(weight * mean);
  }
  carried_.clear();
  carrying_ = on;
  AccumulateStatistics(on);
}

torch::Tensor Module::Excite(const Gate& gate, const torch::Tensor& x) const {
  torch::Tensor scale = x.mean({2, 3}, /*keepdim=*/true);
  const auto layer = [&](const torch::Tensor& input, size_t at) {
    torch::Tensor y = PointwiseConv2d(input, Lowered(Value(at)), Lowered(Value(at + 1)));
    Seen(tensors_[at].name.substr(0, tensors_[at].name.rfind('.')), y);
    return y;
  };
  scale = Activate(layer(scale, gate.at), spec_.activation);
  return x * torch::sigmoid(layer(scale, gate.at + 2));
}

torch::Tensor Module::DropPath(const torch::Tensor& x, double rate) const {
  if (!training_ || rate <= 0) return x;
  return x * RandomMask(x, {x.size(0), 1, 1, 1}, 1 - rate);
}

torch::Tensor Module::Dropout(const torch::Tensor& x) const {
  if (!training_ || spec_.dropout <= 0) return x;
  return x * RandomMask(x, x.sizes().vec(), 1 - spec_.dropout);
}

// Kept values are 1 / keep. Drawn for the photos of all processes, whose generators are then at one place.
torch::Tensor Module::RandomMask(const torch::Tensor& like, std::vector<int64_t> shape, double keep) const {
  const int64_t rows = shape[0];
  if (shared_.peers != nullptr) shape[0] = shared_.photos;
  const torch::Tensor mask =
      torch::empty(shape, like.options().memory_format(torch::MemoryFormat::Contiguous)).bernoulli_(keep).div_(keep);
  if (shared_.peers == nullptr) return mask;
  return mask.narrow(0, shared_.counts ? shared_.first : 0, rows);
}

size_t Module::FrozenBlocks() const {
  const int head = static_cast<int>(spec_.stages.size());
  // Tensors lie in the order of the layers: the first that is trained ends it.
  const auto first = std::ranges::find_if(
      tensors_, [&](const ModuleTensor& tensor) { return tensor.classifier || tensor.value.requires_grad(); });
  if (first == tensors_.end() || first->classifier) return blocks_.size() + 1;
  const auto at = static_cast<size_t>(first - tensors_.begin());
  if (first->stage == head) return blocks_.size();
  return static_cast<size_t>(
      std::ranges::count_if(blocks_, [&](const Layers& block) { return LastTensor(block) < at; }));
}

torch::Tensor Module::Run(const Layers& block, const torch::Tensor& x, bool again) {
  again_ = again;
  torch::Tensor y = x;
  for (const Conv& conv : block.before) y = Run(conv, y);
  if (block.gated) y = Excite(block.gate, y);
  y = Run(block.project, y);
  again_ = false;
  if (!block.residual) return y;
  const torch::Tensor sum = x + DropPath(y, block.drop_path);
  Seen(block.name, sum);
  return sum;
}

torch::Tensor Module::Features(const torch::Tensor& input, size_t blocks) {
  if (blocks > blocks_.size()) return input;
  torch::Tensor x = blocks == 0 ? Run(stem_, input) : input;
  // Where nothing is trained nothing is kept.
  const size_t first_recomputed = recompute_blocks_ && training_ ? FrozenBlocks() : blocks_.size();
  for (size_t b = blocks; b < blocks_.size(); ++b) {
    const auto run = [this, b](const torch::Tensor& in, bool again) { return Run(blocks_[b], in, again); };
    x = b >= first_recomputed ? CheckpointGradients(x, run) : run(x, false);
  }
  x = Run(head_, x).mean({2, 3});
  if (accumulated_ >= 0) ++accumulated_;
  return x;
}

torch::Tensor Module::Classify(torch::Tensor features) {
  for (size_t i = 0; i < network_.classifier.size(); ++i) {
    const bool last = i + 1 == network_.classifier.size();
    if (last) features = Dropout(features);
    // A 1x1 convolution is oneDNN's; a matrix product would be the BLAS', which in Debian is the reference one: a tenth
    // of the time of a step.
    features = PointwiseConv2d(Lowered(features).unsqueeze(-1).unsqueeze(-1),
                               Lowered(Value(classifier_ + 2 * i)).unsqueeze(-1).unsqueeze(-1),
                               Lowered(Value(classifier_ + 2 * i + 1)))
                   .flatten(1);
    Seen(network_.classifier[i].name, features);
    if (network_.classifier[i].relu) features = torch::relu(features);
  }
  return features.to(tensors_.front().value.scalar_type());
}

}  // namespace frond
