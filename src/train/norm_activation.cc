#include "src/train/norm_activation.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "src/train/fastest_isa.h"
#include "src/train/norm_activation_kernels.h"
#include "src/train/peers.h"

namespace frond {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Variable;
using torch::autograd::variable_list;

// A channels-last map as pixels x channels.
struct Pixels {
  explicit Pixels(const torch::Tensor& map)
      : count(map.size(0) * map.size(2) * map.size(3)), channels(static_cast<int>(map.size(1))) {}
  int64_t count;
  int channels;
};

// visit(first pixel, pixels, index) for pieces of kPixelsPerSum pixels.
template <class Visit>
void ForEachPiece(const Pixels& pixels, const Visit& visit) {
  const int64_t pieces = (pixels.count + kPixelsPerSum - 1) / kPixelsPerSum;
  at::parallel_for(0, pieces, 1, [&](int64_t begin, int64_t end) {
    for (int64_t piece = begin; piece < end; ++piece) {
      const int64_t first = piece * kPixelsPerSum;
      visit(first, std::min(kPixelsPerSum, pixels.count - first), piece);
    }
  });
}

// The sums of all pixels, 2 x C in float64, of those of pieces that `sum(first pixel, pixels, sums)` gives.
template <class Sum>
std::vector<double> SumsOf(const Pixels& pixels, const Sum& sum) {
  const auto row = 2 * static_cast<size_t>(pixels.channels);
  const auto pieces = static_cast<size_t>((pixels.count + kPixelsPerSum - 1) / kPixelsPerSum);
  std::vector<float> of_pieces(pieces * row);
  ForEachPiece(pixels, [&](int64_t first, int64_t count, int64_t piece) {
    sum(first, count, of_pieces.data() + static_cast<size_t>(piece) * row);
  });
  std::vector<double> sums(row);
  for (size_t i = 0; i < of_pieces.size(); i += row) {
    for (size_t c = 0; c < row; ++c) sums[c] += of_pieces[i + c];
  }
  return sums;
}

// What the kernels need to know of a norm's channels, as rows of one tensor.
enum Row : int64_t { kScale, kOffset, kMean, kInverse, kRows };
struct ChannelRows {
  explicit ChannelRows(const torch::Tensor& rows) : data(rows.data_ptr<float>()), channels(rows.size(1)) {}
  float* operator[](Row row) const { return data + row * channels; }
  NormActivation Norm(Activation activation) const {
    return {activation, (*this)[kScale], (*this)[kOffset], (*this)[kMean], static_cast<int>(channels)};
  }
  float* data;
  int64_t channels;
};

struct Moments {
  std::vector<double> mean;
  std::vector<double> variance;  // biased
  double pixels = 0;
};

// Sums are taken of what a value differs by from the mean of eight pixels, so that nothing is lost where a channel's
// mean is large beside its deviation.
Moments MomentsOf(const float* x, const Pixels& pixels) {
  constexpr int64_t kSamples = 8;
  const auto channels = static_cast<size_t>(pixels.channels);
  std::vector<float> shift(channels);
  for (int64_t i = 0; i < kSamples; ++i) {
    const float* row = x + static_cast<size_t>(i * pixels.count / kSamples) * channels;
    for (size_t c = 0; c < channels; ++c) shift[c] += row[c] / kSamples;
  }
  const std::vector<double> sums = SumsOf(pixels, [&](int64_t first, int64_t count, float* out) {
    ChannelSums(FastestIsa(), x + static_cast<size_t>(first) * channels, count, pixels.channels, shift.data(), out);
  });
  const auto count = static_cast<double>(pixels.count);
  Moments moments{std::vector<double>(channels), std::vector<double>(channels), count};
  for (size_t c = 0; c < channels; ++c) {
    const double from_shift = sums[c] / count;
    moments.mean[c] = shift[c] + from_shift;
    moments.variance[c] = std::max(0.0, sums[channels + c] / count - from_shift * from_shift);
  }
  return moments;
}

void AddUp(Peers& peers, std::vector<double>& values) {
  peers.Sum(torch::from_blob(values.data(), {static_cast<int64_t>(values.size())}, torch::kFloat64));
}

// Those of the pixels of all processes.
Moments Joint(const SharedBatch& shared, Moments moments) {
  if (shared.peers == nullptr) return moments;
  const size_t channels = moments.mean.size();
  // In doubles the squares' mean less the mean's square loses nothing that matters.
  std::vector<double> sums(2 * channels + 1);
  if (shared.counts) {
    for (size_t c = 0; c < channels; ++c) {
      sums[c] = moments.pixels * moments.mean[c];
      sums[channels + c] = moments.pixels * (moments.variance[c] + moments.mean[c] * moments.mean[c]);
    }
    sums.back() = moments.pixels;
  }
  AddUp(*shared.peers, sums);
  moments.pixels = sums.back();
  for (size_t c = 0; c < channels; ++c) {
    moments.mean[c] = sums[c] / moments.pixels;
    moments.variance[c] = std::max(0.0, sums[channels + c] / moments.pixels - moments.mean[c] * moments.mean[c]);
  }
  return moments;
}

void MoveRunning(const BatchNormState& norm, const Moments& moments) {
  const double unbiased = moments.pixels / std::max(1.0, moments.pixels - 1);
  auto* mean = norm.running_mean.data_ptr<float>();
  auto* variance = norm.running_var.data_ptr<float>();
  for (size_t c = 0; c < moments.mean.size(); ++c) {
    mean[c] = static_cast<float>(norm.momentum * moments.mean[c] + (1 - norm.momentum) * mean[c]);
    variance[c] =
        static_cast<float>(norm.momentum * moments.variance[c] * unbiased + (1 - norm.momentum) * variance[c]);
  }
}

class Function : public torch::autograd::Function<Function> {
 public:
  // The norm's weight and bias come by themselves, for autograd to see them.
  static Variable forward(AutogradContext* context, const Variable& map, const Variable& weight, const Variable& bias,
                          const BatchNormState& norm, Activation activation) {
    const torch::Tensor x = map.contiguous(torch::MemoryFormat::ChannelsLast);
    const Pixels pixels(x);
    const auto channels = static_cast<size_t>(pixels.channels);
    const auto* values = x.data_ptr<float>();
    Moments moments;
    if (norm.batch) {
      moments = Joint(norm.shared, MomentsOf(values, pixels));
      MoveRunning(norm, moments);
    } else {
      const auto* mean = norm.running_mean.data_ptr<float>();
      const auto* variance = norm.running_var.data_ptr<float>();
      moments = {{mean, mean + channels}, {variance, variance + channels}};
    }
    const torch::Tensor kept = torch::empty({kRows, pixels.channels}, torch::kFloat32);
    const ChannelRows rows(kept);
    const auto* weights = weight.data_ptr<float>();
    const auto* biases = bias.data_ptr<float>();
    for (size_t c = 0; c < channels; ++c) {
      const double inverse = 1 / std::sqrt(moments.variance[c] + norm.epsilon);
      rows[kInverse][c] = static_cast<float>(inverse);
      rows[kMean][c] = static_cast<float>(moments.mean[c]);
      rows[kScale][c] = static_cast<float>(weights[c] * inverse);
      rows[kOffset][c] = static_cast<float>(biases[c] - moments.mean[c] * weights[c] * inverse);
    }
    torch::Tensor y = torch::empty_like(x);
    auto* out = y.data_ptr<float>();
    ForEachPiece(pixels, [&](int64_t first, int64_t count, int64_t) {
      const size_t at = static_cast<size_t>(first) * channels;
      NormActivate(FastestIsa(), rows.Norm(activation), values + at, count, out + at);
    });
    context->save_for_backward({x, kept});
    context->saved_data["activation"] = static_cast<int64_t>(activation);
    context->saved_data["batch"] = norm.batch;
    context->saved_data["pixels"] = moments.pixels;
    context->saved_data["peers"] = reinterpret_cast<int64_t>(norm.batch ? norm.shared.peers : nullptr);
    context->saved_data["counts"] = !norm.batch || norm.shared.counts;
    return y;
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const variable_list saved = context->get_saved_variables();
    const torch::Tensor& x = saved[0];
    const torch::Tensor dy = gradients[0].contiguous(torch::MemoryFormat::ChannelsLast);
    const ChannelRows rows(saved[1]);
    const auto activation = static_cast<Activation>(context->saved_data["activation"].toInt());
    const bool batch = context->saved_data["batch"].toBool();
    const bool of_norm = context->needs_input_grad(1) || context->needs_input_grad(2);
    const NormActivation norm = rows.Norm(activation);
    const Pixels pixels(x);
    const auto channels = static_cast<size_t>(pixels.channels);
    const auto* values = x.data_ptr<float>();
    const auto* slopes = dy.data_ptr<float>();

    std::vector<double> sums(2 * channels);
    if (batch || of_norm) {
      sums = SumsOf(pixels, [&](int64_t first, int64_t count, float* out) {
        const size_t at = static_cast<size_t>(first) * channels;
        NormActivationSums(FastestIsa(), norm, values + at, slopes + at, count, out);
      });
    }
    torch::Tensor of_weight;
    torch::Tensor of_bias;
    if (of_norm) {
      of_weight = torch::empty({pixels.channels}, torch::kFloat32);
      of_bias = torch::empty({pixels.channels}, torch::kFloat32);
      for (size_t c = 0; c < channels; ++c) {
        of_weight.data_ptr<float>()[c] = static_cast<float>(sums[channels + c] * rows[kInverse][c]);
        of_bias.data_ptr<float>()[c] = static_cast<float>(sums[c]);
      }
    }
    auto* peers = reinterpret_cast<Peers*>(context->saved_data["peers"].toInt());
    const bool counts = context->saved_data["counts"].toBool();
    if (!counts) std::fill(sums.begin(), sums.end(), 0.0);
    if (peers != nullptr) AddUp(*peers, sums);
    torch::Tensor of_x;
    if (context->needs_input_grad(0) && !counts) {
      of_x = torch::zeros_like(x);
    } else if (context->needs_input_grad(0)) {
      // Through the batch's own mean and variance too (Ioffe & Szegedy 2015, section 3).
      std::vector<float> slope(channels);
      std::vector<float> shift(channels);
      const double of_all = context->saved_data["pixels"].toDouble();
      for (size_t c = 0; batch && c < channels; ++c) {
        const double share = -rows[kScale][c] / of_all;
        const double inverse = rows[kInverse][c];
        slope[c] = static_cast<float>(share * sums[channels + c] * inverse * inverse);
        shift[c] = static_cast<float>(share * sums[c]);
      }
      of_x = torch::empty_like(x);
      auto* out = of_x.data_ptr<float>();
      ForEachPiece(pixels, [&](int64_t first, int64_t count, int64_t) {
        const size_t at = static_cast<size_t>(first) * channels;
        NormActivationGradient(FastestIsa(), norm, values + at, slopes + at, count, slope.data(), shift.data(),
                               out + at);
      });
    }
    return {of_x, of_weight, of_bias, {}, {}};
  }
};

}  // namespace

bool TakesBatchNormActivation(const torch::Tensor& x) {
  return x.device().is_cpu() && x.scalar_type() == torch::kFloat32 && x.dim() == 4;
}

torch::Tensor BatchNormActivation(const torch::Tensor& x, const BatchNormState& norm, Activation activation) {
  return Function::apply(x, norm.weight, norm.bias, norm, activation);
}

}  // namespace frond
