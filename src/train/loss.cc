#include "src/train/loss.h"

#include <algorithm>
#include <cmath>

namespace frond {
namespace {

// Marsaglia & Tsang 2000 for shapes of at least 1; below, a power of a uniform number makes up for it.
double Gamma(double shape, Random& random) {
  if (shape < 1) return Gamma(shape + 1, random) * std::pow(1 - random.Uniform(), 1 / shape);
  const double d = shape - 1.0 / 3;
  const double c = 1 / std::sqrt(9 * d);
  for (;;) {
    // Box and Muller's normal numbers.
    const double x = std::sqrt(-2 * std::log(1 - random.Uniform())) * std::cos(2 * M_PI * random.Uniform());
    const double v = std::pow(1 + c * x, 3);
    if (v > 0 && std::log(1 - random.Uniform()) < 0.5 * x * x + d - d * v + d * std::log(v)) return d * v;
  }
}

double Beta(double alpha, Random& random) {
  const double a = Gamma(alpha, random);
  const double b = Gamma(alpha, random);
  return a + b > 0 ? a / (a + b) : 0.5;
}

}  // namespace

torch::Tensor SmoothedTargets(const std::vector<int64_t>& labels, int64_t classes, double smoothing) {
  torch::Tensor targets =
      torch::full({static_cast<int64_t>(labels.size()), classes}, smoothing / static_cast<double>(classes));
  auto rows = targets.accessor<float, 2>();
  for (size_t i = 0; i < labels.size(); ++i) {
    const auto row = static_cast<int64_t>(i);
    if (labels[i] < 0) {
      targets[row].zero_();
    } else {
      rows[row][labels[i]] += static_cast<float>(1 - smoothing);
    }
  }
  return targets;
}

void Mix(Batch& batch, const MixOptions& options, Random& random) {
  if (options.mixup <= 0 && options.cutmix <= 0) return;
  const bool cut = options.cutmix > 0 && (options.mixup <= 0 || random.Chance(0.5));
  double share = Beta(cut ? options.cutmix : options.mixup, random);  // of the photo itself
  std::vector<int64_t> order(static_cast<size_t>(batch.images.size(0)));
  for (size_t i = 0; i < order.size(); ++i) order[i] = static_cast<int64_t>(i);
  random.Shuffle(order);
  const torch::Tensor other = torch::tensor(order, torch::kInt64);
  if (cut) {
    const int64_t height = batch.images.size(2);
    const int64_t width = batch.images.size(3);
    const double side = std::sqrt(1 - share);
    const auto span = [&](int64_t extent) {
      const auto centre = static_cast<int64_t>(random.Below(static_cast<uint64_t>(extent)));
      const auto half = static_cast<int64_t>(side * static_cast<double>(extent) / 2);
      return std::pair(std::max<int64_t>(0, centre - half), std::min(extent, centre + half));
    };
    const auto [top, bottom] = span(height);
    const auto [left, right] = span(width);
    using torch::indexing::Slice;
    const torch::Tensor patch =
        batch.images.index({Slice(), Slice(), Slice(top, bottom), Slice(left, right)}).index_select(0, other);
    batch.images.index_put_({Slice(), Slice(), Slice(top, bottom), Slice(left, right)}, patch);
    share = 1 - static_cast<double>((bottom - top) * (right - left)) / static_cast<double>(height * width);
  } else {
    batch.images = batch.images * share + batch.images.index_select(0, other) * (1 - share);
  }
  batch.targets = batch.targets * share + batch.targets.index_select(0, other) * (1 - share);
}

torch::Tensor CrossEntropy(const torch::Tensor& logits, const torch::Tensor& targets,
                           const torch::Tensor& class_weights, const torch::Tensor& weight) {
  const torch::Tensor log_shares = torch::log_softmax(logits, 1);
  const torch::Tensor weighted = class_weights.defined() ? targets * class_weights : targets;
  return -(weighted * log_shares).sum() / (weight.defined() ? weight : weighted.sum());
}

}  // namespace frond
