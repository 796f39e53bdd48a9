#include "src/engine/plan/packed_model.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>

#include "src/base/bit_cast.h"
#include "src/base/format.h"

namespace frond {
namespace {

// Hands out pieces of the one allocation, each on a cache line. The first pass,
// without memory, measures.
class Packer {
 public:
  Packer(const Kernels& kernels, float* memory) : kernels_(kernels), memory_(reinterpret_cast<std::byte*>(memory)) {}

  size_t used_bytes() const { return used_bytes_; }

  // The first layer whose packed weights are not finite; empty if all are.
  const std::string& not_finite() const { return not_finite_; }

  // The first layer with an odd number of input channels where they are taken in pairs, and how many; else empty.
  const std::string& not_paired() const { return not_paired_; }

  // `weight` is N x K x k x k in C order; the packed depth runs over k, k, K so that it meets NHWC windows, except for
  // the stem's, which keeps K, k, k. `Element` is float or that of the table's precision.
  template <class Element>
  PackedMatrix Matrix(std::span<const float> weight, int columns, int in_channels, int taps,
                      const std::vector<double>& scale, std::span<const float> bias, bool planar = false) {
    const int pair = std::is_same_v<Element, float> ? 1 : kernels_.pair;
    const int depth = (in_channels * taps + pair - 1) / pair * pair;
    const int padded = PaddedColumns(columns, kernels_.lanes);
    auto* panels = static_cast<Element*>(Take(static_cast<size_t>(padded) * depth * sizeof(Element)));
    auto* padded_bias = static_cast<float*>(Take(static_cast<size_t>(padded) * sizeof(float)));
    if (memory_ != nullptr) {
      std::copy(bias.begin(), bias.end(), padded_bias);
      for (int begin = 0; begin < columns; begin += kernels_.panel) {
        const int width = std::min(kernels_.panel, padded - begin);
        Element* panel = panels + static_cast<size_t>(begin) * depth;
        PackPanel(weight, begin, std::min(begin + width, columns), width, pair, in_channels, taps, scale, planar,
                  panel);
      }
    }
    return {panels, padded_bias, depth, columns};
  }

  template <class Element>
  PackedMatrix Conv(const ConvLayer& conv, double epsilon, const TensorLookup& lookup, bool planar = false) {
    const int taps = conv.kernel * conv.kernel;
    if (!planar) CheckPaired(conv.name, conv.in_channels);
    if (memory_ == nullptr) return Matrix<Element>({}, conv.out_channels, conv.in_channels, taps, {}, {}, planar);
    const Folded folded = FoldNorm(conv, epsilon, lookup);
    const PackedMatrix packed = Matrix<Element>(lookup(conv.name + ".weight"), conv.out_channels, conv.in_channels,
                                                taps, folded.scale, folded.shift, planar);
    CheckFinite<Element>(conv.name, packed);
    return packed;
  }

  template <class Element>
  PackedMatrix Linear(const std::string& name, int columns, int depth, const TensorLookup& lookup) {
    CheckPaired(name, depth);
    if (memory_ == nullptr) return Matrix<Element>({}, columns, depth, 1, {}, {});
    const PackedMatrix packed =
        Matrix<Element>(lookup(name + ".weight"), columns, depth, 1, {}, lookup(name + ".bias"));
    CheckFinite<Element>(name, packed);
    return packed;
  }

  PackedDepthwise Depthwise(const ConvLayer& conv, double epsilon, const TensorLookup& lookup) {
    const int channels = conv.out_channels;
    const int taps = conv.kernel * conv.kernel;
    const int padded = PaddedColumns(channels, kernels_.lanes);
    auto* panels = static_cast<float*>(Take(static_cast<size_t>(taps) * padded * sizeof(float)));
    auto* bias = static_cast<float*>(Take(static_cast<size_t>(padded) * sizeof(float)));
    if (memory_ != nullptr) {
      const Folded folded = FoldNorm(conv, epsilon, lookup);
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
      CheckFinite<float>(conv.name, {panels, bias, taps, padded});
    }
    return {panels, bias};
  }

  // Of a convolution whose norm is a GroupNorm; else nothing.
  std::optional<PackedNorm> Norm(const ConvLayer& conv, double epsilon, const TensorLookup& lookup) {
    if (conv.norm_groups == 0) return std::nullopt;
    const int padded = PanelCount(conv.out_channels, kernels_.panel) * kernels_.panel;
    auto* scale = static_cast<float*>(Take(static_cast<size_t>(padded) * sizeof(float)));
    auto* shift = static_cast<float*>(Take(static_cast<size_t>(padded) * sizeof(float)));
    if (memory_ != nullptr) {
      const std::span<const float> weight = lookup(conv.norm + ".weight");
      std::copy(weight.begin(), weight.end(), scale);
      const std::span<const float> bias = lookup(conv.norm + ".bias");
      std::copy(bias.begin(), bias.end(), shift);
      CheckFinite<float>(conv.name, {scale, shift, 1, conv.out_channels});
    }
    return PackedNorm{scale, shift, conv.norm_groups, epsilon};
  }

 private:
  // Columns [begin, end) of a panel. Channels go in blocks, so that the lines written stay in the first-level cache.
  template <class Element>
  static void PackPanel(std::span<const float> weight, int begin, int end, int width, int pair, int in_channels,
                        int taps, const std::vector<double>& scale, bool planar, Element* panel) {
    constexpr int kChannelBlock = 16;
    for (int first = 0; first < in_channels; first += kChannelBlock) {
      const int last = std::min(first + kChannelBlock, in_channels);
      for (int n = begin; n < end; ++n) {
        const double factor = scale.empty() ? 1.0 : scale[static_cast<size_t>(n)];
        const float* row = weight.data() + static_cast<size_t>(n) * in_channels * taps;
        for (int c = first; c < last; ++c) {
          for (int tap = 0; tap < taps; ++tap) {
            const int k = planar ? c * taps + tap : tap * in_channels + c;
            const size_t at = static_cast<size_t>(k / pair * pair) * width + (n - begin) * pair + k % pair;
            panel[at] = FromFloat<Element>(static_cast<float>(row[c * taps + tap] * factor));
          }
        }
      }
    }
  }

  void CheckPaired(const std::string& layer, int channels) {
    if (channels % kernels_.pair != 0 && not_paired_.empty()) not_paired_ = StrCat(layer, " has ", channels);
  }

  // Notes `layer` if what was packed holds an infinity or NaN. Compares exponents as integers: a loop that compilers
  // vectorise.
  template <class Element>
  void CheckFinite(const std::string& layer, const PackedMatrix& packed) {
    const size_t padded = static_cast<size_t>(PaddedColumns(packed.columns, kernels_.lanes));
    const auto* panels = static_cast<const Element*>(packed.panels);
    if ((!AllFinite(panels, padded * packed.depth) || !AllFinite(packed.bias, padded)) && not_finite_.empty()) {
      not_finite_ = layer;
    }
  }

  template <class Element>
  static bool AllFinite(const Element* values, size_t count) {
    using Bits = std::conditional_t<std::is_same_v<Element, float>, uint32_t, uint16_t>;
    constexpr auto kExponent = static_cast<Bits>(0x7f80 << (sizeof(Bits) - 2) * 8);
    bool all_finite = true;
    for (size_t i = 0; i < count; ++i) all_finite &= (BitCast<Bits>(values[i]) & kExponent) != kExponent;
    return all_finite;
  }

  void* Take(size_t bytes) {
    constexpr size_t kLineBytes = 64;
    void* piece = memory_ == nullptr ? nullptr : memory_ + used_bytes_;
    used_bytes_ += (bytes + kLineBytes - 1) / kLineBytes * kLineBytes;
    return piece;
  }

  const Kernels& kernels_;
  std::byte* memory_;
  size_t used_bytes_ = 0;
  std::string not_finite_;
  std::string not_paired_;
};

template <class Element>
void PackAll(const Network& network, double epsilon, const TensorLookup& lookup, std::optional<size_t> blocks,
             Packer& packer, PackedModel& model) {
  model.stem = StemJoinsFirstBlock(network) ? packer.Conv<float>(network.stem, epsilon, lookup, /*planar=*/true)
                                            : packer.Conv<Element>(network.stem, epsilon, lookup, /*planar=*/true);
  model.blocks.clear();
  for (const Block& block : std::span(network.blocks).first(blocks.value_or(network.blocks.size()))) {
    PackedBlock& packed = model.blocks.emplace_back();
    if (block.expand) {
      packed.expand = packer.Conv<Element>(*block.expand, epsilon, lookup);
      packed.expand_norm = packer.Norm(*block.expand, epsilon, lookup);
    }
    if (block.depthwise) {
      packed.depthwise = packer.Depthwise(*block.depthwise, epsilon, lookup);
      packed.depthwise_norm = packer.Norm(*block.depthwise, epsilon, lookup);
    }
    if (block.se) {
      const SqueezeExcite& se = *block.se;
      packed.se_reduce = packer.Linear<Element>(se.name + ".conv_reduce", se.squeezed, se.channels, lookup);
      packed.se_expand = packer.Linear<Element>(se.name + ".conv_expand", se.channels, se.squeezed, lookup);
    }
    packed.project = packer.Conv<Element>(block.project, epsilon, lookup);
    packed.project_norm = packer.Norm(block.project, epsilon, lookup);
  }
  if (blocks) return;
  model.head = packer.Conv<Element>(network.head, epsilon, lookup);
  model.head_norm = packer.Norm(network.head, epsilon, lookup);
  model.classifier.clear();
  for (const LinearLayer& layer : network.classifier) {
    model.classifier.push_back(packer.Linear<Element>(layer.name, layer.out_features, layer.in_features, lookup));
  }
}

template <class Element>
Result<PackedModel> Pack(const Network& network, double bn_epsilon, const Kernels& kernels, const TensorLookup& lookup,
                         std::optional<size_t> blocks) {
  PackedModel model;
  model.kernels = &kernels;
  Packer measure(kernels, nullptr);
  PackAll<Element>(network, bn_epsilon, lookup, blocks, measure, model);
  if (!measure.not_paired().empty()) {
    return Error{ErrorCode::kUnsupported,
                 StrCat("bf16 takes input channels in pairs, and ", measure.not_paired(), " of them"), "use fp32"};
  }
  model.memory = AlignedBuffer(measure.used_bytes() / sizeof(float));
  if (model.memory.data() == nullptr) {
    return Error{ErrorCode::kLimit, StrCat("no memory for ", measure.used_bytes() / 1'000'000, " MB of weights"),
                 "free memory or use a smaller model"};
  }
  Packer packer(kernels, model.memory.data());
  PackAll<Element>(network, bn_epsilon, lookup, blocks, packer, model);
  if (!packer.not_finite().empty()) {
    return Error{ErrorCode::kBadFormat,
                 StrCat("the weights of ", packer.not_finite(), " or of its norm are not finite",
                        kernels.precision == Precision::kFloat32 ? "" : " in bf16"),
                 "the file is damaged or the training diverged: import another checkpoint"};
  }
  return model;
}

}  // namespace

Result<PackedModel> PackModel(const Network& network, double bn_epsilon, const Kernels& kernels,
                              const TensorLookup& lookup, std::optional<size_t> blocks) {
  return kernels.precision == Precision::kBfloat16 ? Pack<Bf16>(network, bn_epsilon, kernels, lookup, blocks)
                                                   : Pack<float>(network, bn_epsilon, kernels, lookup, blocks);
}

}  // namespace frond
