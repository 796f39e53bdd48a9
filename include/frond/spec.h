#ifndef FROND_SPEC_H_
#define FROND_SPEC_H_

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "frond/result.h"

namespace frond {

// A network of the EfficientNet family as a value. Cost, weight names and
// shapes, the inference plan and the training module are all derived from it.

enum class Activation { kNone, kSwish, kRelu6 };

// Where a convolution's zero padding goes.
enum class Padding {
  kSymmetric,  // (k - 1) / 2 on every side: PyTorch's own models
  kSame,       // TensorFlow's "SAME": output ceil(n / stride), the odd pixel at the end
};

enum class BlockKind {
  kMBConv,  // 1x1 expand, kxk depthwise, squeeze-and-excite, 1x1 project (MobileNetV2; no expand where expand_ratio is
            // 1)
  kFusedMBConv,  // kxk expand, 1x1 project (EfficientNetV2; a single kxk convolution where expand_ratio is 1)
};

// `layers` blocks; the first has `stride` and changes the channels, the others
// keep both and add their input to their output.
struct StageSpec {
  BlockKind kind = BlockKind::kMBConv;
  int kernel = 3;
  int stride = 1;
  int expand_ratio = 1;
  int channels = 0;  // output channels
  int layers = 1;
  double se_ratio = 0;  // squeeze width as a share of the block's input channels; 0: no squeeze-and-excite

  bool operator==(const StageSpec&) const = default;
};

// Norms over groups of one photo's channels instead of over a batch (GroupNorm, Wu & He 2018), for training with few
// photos a batch: those of the blocks from `from_block` on and of the head's convolution. The others stay batch-norms.
struct GroupNormSpec {
  // A group is the largest number of channels, at most this, that divides the layer's; 0: every norm is a batch-norm.
  int channels_per_group = 0;
  int from_block = 0;  // counted over the network from 0; the number of blocks: the head's norm alone

  bool operator==(const GroupNormSpec&) const = default;
};

enum class Interpolation { kBilinear, kBicubic };

// How a photo of another shape than the model's input is brought to it.
// Each loses nothing of the photo but what `crop_pct` below 1 (and kCrop) cuts off.
enum class ResizeMode {
  kCrop,    // shorter side to int(size / crop_pct), then the centre
  kSquash,  // both sides to int(size / crop_pct), then the centre
  kPad,     // longer side to int(size / crop_pct), then the centre, the rest filled with round(255 * mean)
};

// From an 8-bit RGB photo to the input tensor: resize, then (p / 255 - mean) / std.
struct Preprocessing {
  int height = 224;  // px
  int width = 224;   // px
  double crop_pct = 0.875;
  ResizeMode mode = ResizeMode::kCrop;
  Interpolation interpolation = Interpolation::kBicubic;
  std::array<double, 3> mean = {0.485, 0.456, 0.406};
  std::array<double, 3> std = {0.229, 0.224, 0.225};
  // JPEGs may be decoded at 1/2, 1/4 or 1/8 while both sides stay at least twice
  // what they are resized to (Pillow's `draft`): faster, and scores change a little.
  bool draft = false;

  bool operator==(const Preprocessing&) const = default;
};

struct Spec {
  std::string name;
  int stem_channels = 32;
  std::vector<StageSpec> stages;
  int head_channels = 1280;
  int hidden_units = 0;    // of a layer with ReLU between the pooled head and the classifier; 0: there is none
  int num_classes = 1000;  // 0: a feature extractor, whose output is the pooled head
  Activation activation = Activation::kSwish;
  Padding padding = Padding::kSymmetric;
  double bn_epsilon = 1e-5;  // of all norms
  double bn_momentum = 0.1;  // PyTorch's sense: the share of the new batch
  GroupNormSpec group_norm;
  double dropout = 0.2;    // before the classifier (behind the hidden layer, if any), in training
  double drop_path = 0.2;  // stochastic depth of the last block, growing linearly from 0
  Preprocessing preprocessing;

  bool operator==(const Spec&) const = default;
};

// The spec of a known name: a full one ("tf_efficientnet_b4"), a short one
// ("b4", "lite0", "v2-s"), or timm's with a tag ("tf_efficientnet_b4.ns_jft_in1k").
// Errors: kNotFound, naming the closest names.
Result<Spec> FindSpec(std::string_view name);

// Every full name, in the order of the table.
std::vector<std::string> SpecNames();

// Compound scaling (Tan & Le 2019, section 3.3): depth alpha^phi, width
// beta^phi, resolution gamma^phi.
struct CompoundScaling {
  double phi = 0;
  double alpha = 1.2;
  double beta = 1.1;
  double gamma = 1.15;

  double depth() const;
  double width() const;
  double resolution() const;
  // alpha * beta^2 * gamma^2: how much the cost grows for each step of phi; the method wants about 2.
  double cost_growth() const;
};

// `base` scaled: channels to multiples of 8 (never losing more than 10 %),
// layers rounded up, the input's sides multiplied and rounded to whole pixels.
// Every stage, the stem and the head are scaled, whatever the base: published
// rows of Lite, which keep their ends, are FindSpec's.
// Errors: kInvalidArgument for coefficients that are not finite and positive or
// lead outside ValidateSpec's limits.
Result<Spec> Scale(const Spec& base, const CompoundScaling& scaling);

// Checks every field against the limits of what frond runs, naming field and
// value. FindSpec's and Scale's results always pass.
Status ValidateSpec(const Spec& spec);

// JSON, two-space indented, with the field names of the structs above. Parsing
// accepts missing fields where the struct has a default, refuses unknown ones by
// name, and validates. `group_norm` is written where it is used. Errors: kBadFormat for what is no JSON;
// kInvalidArgument naming the field; kUnsupported; kLimit above 64 KiB.
std::string SpecToJson(const Spec& spec);
Result<Spec> SpecFromJson(std::string_view json);

}  // namespace frond

#endif  // FROND_SPEC_H_
