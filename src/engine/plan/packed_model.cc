#include "src/engine/plan/packed_model.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "src/base/bit_cast.h"
#include "src/base/format.h"

namespace frond {
namespace {

// Batch-norm at inference is y = scale * x + shift for each channel.
struct Folded {
  std::vector<double> scale;
  std::vector<float> shift;
};

Folded FoldNorm(const std::string& norm, double epsilon, const TensorLookup& lookup) {
  const auto gamma = lookup(norm + ".weight");
  const auto beta = lookup(norm + ".bias");
  const auto mean = lookup(norm + ".running_mean");
  const auto variance = lookup(norm + ".running_var");
  Folded folded;
  for (size_t c = 0; c < gamma.size(); ++c) {
    const double scale = gamma[c] / std::sqrt(static_cast<double>(variance[c]) + epsilon);
    folded.scale.push_back(scale);
    folded.shift.push_back(static_cast<float>(beta[c] - mean[c] * scale));
  }
  return folded;
}

// Hands out pieces of the one allocation, each on a cache line. The first pass,
// without memory, measures.
class Packer {
 public:
  Packer(const Kernels& kernels, float* memory) : kernels_(kernels), memory_(memory) {}

  size_t used() const { return used_; }

  // The first layer whose packed weights are not finite; empty if all are.
  const std::string& not_finite() const { return not_finite_; }

  // `weight` is N x K x k x k in C order; the packed depth runs over k, k, K so
  // that it meets NHWC windows, except for the stem's, which keeps K, k, k.
  PackedMatrix Matrix(std::span<const float> weight, int columns, int in_channels, int taps,
                      const std::vector<double>& scale, std::span<const float> bias, bool planar = false) {
    const int depth = in_channels * taps;
    const int padded = PaddedColumns(columns, kernels_.lanes);
    float* panels = Take(static_cast<size_t>(padded) * depth);
    float* padded_bias = Take(padded);
    if (memory_ != nullptr) {
      std::copy(bias.begin(), bias.end(), padded_bias);
      for (int begin = 0; begin < columns; begin += kernels_.panel) {
        const int width = std::min(kernels_.panel, padded - begin);
        float* panel = panels + static_cast<size_t>(begin) * depth;
        PackPanel(weight, begin, std::min(begin + width, columns), width, in_channels, taps, scale, planar, panel);
      }
    }
    return {panels, padded_bias, depth, columns};
  }

  PackedMatrix Conv(const ConvLayer& conv, double epsilon, const TensorLookup& lookup, bool planar = false) {
    const int taps = conv.kernel * conv.kernel;
    if (memory_ == nullptr) return Matrix({}, conv.out_channels, conv.in_channels, taps, {}, {}, planar);
    const size_t begin = used_;
    const Folded folded = FoldNorm(conv.norm, epsilon, lookup);
    const PackedMatrix packed = Matrix(lookup(conv.name + ".weight"), conv.out_channels, conv.in_channels, taps,
                                       folded.scale, folded.shift, planar);
    CheckFinite(conv.name, begin);
    return packed;
  }

  PackedMatrix Linear(const std::string& name, int columns, int depth, const TensorLookup& lookup) {
    if (memory_ == nullptr) return Matrix({}, columns, depth, 1, {}, {});
    const size_t begin = used_;
    const PackedMatrix packed = Matrix(lookup(name + ".weight"), columns, depth, 1, {}, lookup(name + ".bias"));
    CheckFinite(name, begin);
    return packed;
  }

  PackedDepthwise Depthwise(const ConvLayer& conv, double epsilon, const TensorLookup& lookup) {
    const int channels = conv.out_channels;
    const int taps = conv.kernel * conv.kernel;
    const int padded = PaddedColumns(channels, kernels_.lanes);
    const size_t begin = used_;
    float* panels = Take(static_cast<size_t>(taps) * padded);
    float* bias = Take(padded);
    if (memory_ != nullptr) {
      const Folded folded = FoldNorm(conv.norm, epsilon, lookup);
      const auto weight = lookup(conv.name + ".weight");
      std::copy(folded.shift.begin(), folded.shift.end(), bias);
      for (int c = 0; c < channels; ++c) {
        const int p = c / kernels_.panel;
        const int width = PanelWidth(kernels_, channels, p);
        float* panel = panels + static_cast<size_t>(p) * kernels_.panel * taps;
        for (int tap = 0; tap < taps; ++tap) {
          panel[tap * width + c % kernels_.panel] =
              static_cast<float>(weight[static_cast<size_t>(c) * taps + tap] * folded.scale[c]);
        }
      }
      CheckFinite(conv.name, begin);
    }
    return {panels, bias};
  }

 private:
  // Columns [begin, end) of a panel. Channels go in blocks, so that the lines written stay in the first-level cache.
  static void PackPanel(std::span<const float> weight, int begin, int end, int width, int in_channels, int taps,
                        const std::vector<double>& scale, bool planar, float* panel) {
    constexpr int kChannelBlock = 16;
    for (int first = 0; first < in_channels; first += kChannelBlock) {
      const int last = std::min(first + kChannelBlock, in_channels);
      for (int n = begin; n < end; ++n) {
        const double factor = scale.empty() ? 1.0 : scale[static_cast<size_t>(n)];
        const float* row = weight.data() + static_cast<size_t>(n) * in_channels * taps;
        for (int c = first; c < last; ++c) {
          for (int tap = 0; tap < taps; ++tap) {
            const int k = planar ? c * taps + tap : tap * in_channels + c;
            panel[static_cast<size_t>(k) * width + (n - begin)] = static_cast<float>(row[c * taps + tap] * factor);
          }
        }
      }
    }
  }

  // Notes `layer` if what was packed from `begin` on holds an infinity or NaN.
  // Compares exponents as integers: a loop that compilers vectorise.
  void CheckFinite(const std::string& layer, size_t begin) {
    constexpr uint32_t kExponent = 0x7f800000;
    bool all_finite = true;
    for (size_t i = begin; i < used_; ++i) all_finite &= (BitCast<uint32_t>(memory_[i]) & kExponent) != kExponent;
    if (!all_finite && not_finite_.empty()) not_finite_ = layer;
  }

  float* Take(size_t floats) {
    constexpr size_t kLineFloats = 16;
    float* piece = memory_ == nullptr ? nullptr : memory_ + used_;
    used_ += (floats + kLineFloats - 1) / kLineFloats * kLineFloats;
    return piece;
  }

  const Kernels& kernels_;
  float* memory_;
  size_t used_ = 0;
  std::string not_finite_;
};

void PackAll(const Network& network, double epsilon, const TensorLookup& lookup, Packer& packer, PackedModel& model) {
  model.stem = packer.Conv(network.stem, epsilon, lookup, /*planar=*/true);
  model.blocks.clear();
  for (const Block& block : network.blocks) {
    PackedBlock& packed = model.blocks.emplace_back();
    if (block.expand) packed.expand = packer.Conv(*block.expand, epsilon, lookup);
    if (block.depthwise) packed.depthwise = packer.Depthwise(*block.depthwise, epsilon, lookup);
    if (block.se) {
      packed.se_reduce = packer.Linear(block.se->name + ".conv_reduce", block.se->squeezed, block.se->channels, lookup);
      packed.se_expand = packer.Linear(block.se->name + ".conv_expand", block.se->channels, block.se->squeezed, lookup);
    }
    packed.project = packer.Conv(block.project, epsilon, lookup);
  }
  model.head = packer.Conv(network.head, epsilon, lookup);
  model.classifier.reset();
  if (network.num_classes > 0)
    model.classifier = packer.Linear("classifier", network.num_classes, network.head.out_channels, lookup);
}

}  // namespace

Result<PackedModel> PackModel(const Network& network, double bn_epsilon, const Kernels& kernels,
                              const TensorLookup& lookup) {
  PackedModel model;
  model.kernels = &kernels;
  Packer measure(kernels, nullptr);
  PackAll(network, bn_epsilon, lookup, measure, model);
  const size_t floats = measure.used();
  model.memory = AlignedBuffer(floats);
  if (model.memory.data() == nullptr) {
    return Error{ErrorCode::kLimit, StrCat("no memory for ", floats * sizeof(float) / 1'000'000, " MB of weights"),
                 "free memory or use a smaller model"};
  }
  Packer packer(kernels, model.memory.data());
  PackAll(network, bn_epsilon, lookup, packer, model);
  if (!packer.not_finite().empty()) {
    return Error{ErrorCode::kBadFormat,
                 StrCat("the weights of ", packer.not_finite(), " or of its batch-norm are not finite"),
                 "the file is damaged or the training diverged: import another checkpoint"};
  }
  return model;
}

}  // namespace frond
