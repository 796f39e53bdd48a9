#ifndef FROND_SRC_TRAIN_MODULE_H_
#define FROND_SRC_TRAIN_MODULE_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "frond/spec.h"
#include "src/spec/network.h"
#include "src/train/norm_activation.h"
#include "src/train/shared_batch.h"
#include "src/train/torch.h"

namespace frond {

// One tensor of a network in training, under its name in the model file.
struct ModuleTensor {
  std::string name;
  torch::Tensor value;
  bool trainable = true;  // false for batch-norm's running statistics
  bool classifier = false;
  int stage = 0;  // -1: the stem; stages from 0; the number of stages: head and classifier
};

// A spec's network for training: its layers as libtorch functions of named tensors. Not a torch::nn::Module, whose
// names cannot hold dots and which would hide what is frozen.
class Module {
 public:
  // Weights as PyTorch's own EfficientNets begin: convolutions normal with deviation sqrt(2 / fan_out), norms one and
  // zero, linear layers uniform within 1 / sqrt(fan_in). Drawn from torch's generator.
  explicit Module(const Spec& spec);

  const Spec& spec() const { return spec_; }
  std::vector<ModuleTensor>& tensors() { return tensors_; }  // in NetworkTensors' order
  const std::vector<ModuleTensor>& tensors() const { return tensors_; }

  // Moves all tensors. Gradients are dropped.
  void To(torch::Device device);
  // The type of convolutions, linear layers and the maps between while training; norms' sums and what Classify gives
  // stay of the weights' own.
  void ComputeIn(torch::ScalarType type) { compute_type_ = type; }
  // Called with each layer's output, under the name that its tensors share, in the order of the forward pass; nullptr:
  // not any more. The sum behind a block has the block's name.
  using Observer = std::function<void(const std::string& layer, const torch::Tensor& output)>;
  void Observe(Observer observer) { observer_ = std::move(observer); }

  // Drop-path, dropout and batch statistics (of layers that are not frozen) are on while training.
  void SetTraining(bool training) { training_ = training; }
  // Batch-norms of tensors that do not require a gradient use their running statistics and leave them alone, in
  // training too. With `all`, every one does.
  void FreezeStatistics(bool all) { all_statistics_frozen_ = all; }
  // Statistics become the plain mean over the batches seen until ResetStatistics(false) is called.
  void AccumulateStatistics(bool on);

  // What follows is a part of this batch: of a random choice for each of its photos the own ones are taken, and batch
  // statistics are those of all processes. {}: no other has part in it.
  void Share(const SharedBatch& batch) { shared_ = batch; }

  // Of each block only the input is kept for the backward pass, which computes the rest again: less memory, about a
  // third more time, the same bits.
  void RecomputeBlocks(bool on) { recompute_blocks_ = on; }

  // For GroupNorms that hold the weight and bias of the batch-norms in whose place they are: between CarryNorms(true)
  // and CarryNorms(false) each channel is standardised over the batch of photos that passes, then scaled and shifted,
  // as a batch-norm would; at the end the mean of the batches' statistics goes into weight and bias. Layers behind see
  // what they are used to, although the groups' statistics are others.
  void CarryNorms(bool on);

  // The first blocks of which, as of the stem, nothing is trained, so that what they make of a photo never changes; one
  // more than there are where the head's convolution is frozen too.
  size_t FrozenBlocks() const;

  // N x 3 x H x W, normalised, to N x head_channels. With `blocks`, from the map behind so many; from the features
  // themselves where FrozenBlocks counts the head's convolution.
  torch::Tensor Features(const torch::Tensor& input, size_t blocks = 0);
  // To N x num_classes logits.
  torch::Tensor Classify(torch::Tensor features);
  torch::Tensor Forward(const torch::Tensor& images) { return Classify(Features(images)); }

 private:
  // A convolution and the norm behind it; indices into tensors_: weight, then the norm's weight, bias, and of a
  // batch-norm running_mean, running_var.
  struct Conv {
    ConvLayer layer;
    size_t at = 0;
  };
  struct Gate {  // squeeze-and-excite: reduce's weight and bias, expand's
    size_t at = 0;
  };
  struct Layers {
    std::vector<Conv> before;  // expand, depthwise
    bool gated = false;
    Gate gate;
    Conv project;
    bool residual = false;
    double drop_path = 0;
    std::string name;  // "blocks.3.1", which its tensors' begin with
  };

  void AddTensors(int stage, size_t count, bool classifier = false);
  Conv AddConv(const ConvLayer& layer, int stage);
  void Initialise();
  static size_t LastTensor(const Layers& block);
  template <class Visit>
  void ForEachConv(const Visit& visit) const;
  torch::Tensor Run(const Conv& conv, const torch::Tensor& x);
  // `again`: for a backward pass; running statistics stay.
  torch::Tensor Run(const Layers& block, const torch::Tensor& x, bool again);
  BatchNormState StateOf(const Conv& conv) const;
  torch::Tensor BatchNorm(const BatchNormState& norm, const torch::Tensor& x);
  torch::Tensor GroupNorm(const Conv& conv, const torch::Tensor& x);
  double AccumulatedShare() const { return 1.0 / static_cast<double>(accumulated_ + 1); }
  torch::Tensor Activate(torch::Tensor x, Activation activation) const;
  torch::Tensor Excite(const Gate& gate, const torch::Tensor& x) const;
  torch::Tensor DropPath(const torch::Tensor& x, double rate) const;
  torch::Tensor Dropout(const torch::Tensor& x) const;
  torch::Tensor RandomMask(const torch::Tensor& like, std::vector<int64_t> shape, double keep) const;
  const torch::Tensor& Value(size_t at) const { return tensors_[at].value; }
  // In the type of computation.
  torch::Tensor Lowered(const torch::Tensor& tensor) const {
    return compute_type_ && training_ ? tensor.to(*compute_type_) : tensor;
  }
  void Seen(const std::string& layer, const torch::Tensor& output) const {
    if (observer_) observer_(layer, output);
  }

  Spec spec_;
  Network network_;
  std::vector<TensorSpec> wanted_;
  std::vector<ModuleTensor> tensors_;
  Conv stem_;
  std::vector<Layers> blocks_;
  Conv head_;
  size_t classifier_ = 0;  // of the first linear layer's weight
  bool training_ = false;
  std::optional<torch::ScalarType> compute_type_;  // none: the tensors' own
  Observer observer_;
  bool all_statistics_frozen_ = false;
  bool recompute_blocks_ = false;
  bool again_ = false;  // a block is being computed for the second time
  double momentum_;
  int64_t accumulated_ = -1;  // batches; -1: statistics are not being accumulated
  // While norms are carried over: by Conv::at, mean and variance of a GroupNorm's channels.
  std::unordered_map<size_t, std::pair<torch::Tensor, torch::Tensor>> carried_;
  bool carrying_ = false;
  SharedBatch shared_;
};

}  // namespace frond

#endif  // FROND_SRC_TRAIN_MODULE_H_
