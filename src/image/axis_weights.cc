#include "src/image/axis_weights.h"

#include <algorithm>
#include <cmath>

namespace frond {
namespace {

// The triangle, |x| < 1.
double Bilinear(double x) {
  x = std::abs(x);
  return x < 1 ? 1 - x : 0;
}

// Keys' cubic convolution with a = -0.5, |x| < 2; the order of operations is Pillow's.
double Bicubic(double x) {
  constexpr double kA = -0.5;
  x = std::abs(x);
  if (x < 1) return ((kA + 2.0) * x - (kA + 3.0)) * x * x + 1;
  if (x < 2) return (((x - 5) * x + 8) * x - 4) * kA;
  return 0;
}

int32_t ToFixed(double weight) {
  const double scaled = weight * (1 << kPrecisionBits);
  return static_cast<int32_t>(weight < 0 ? scaled - 0.5 : scaled + 0.5);
}

}  // namespace

AxisWeights::AxisWeights(const AxisGeometry& geometry, Interpolation interpolation) {
  const bool cubic = interpolation == Interpolation::kBicubic;
  const double scale =
      static_cast<double>(geometry.in_end - geometry.in_begin) / static_cast<double>(geometry.out_size);
  const double stretch = std::max(scale, 1.0);
  const double support = (cubic ? 2.0 : 1.0) * stretch;
  const double step = 1.0 / stretch;
  const auto center_of = [&](int output) {
    return geometry.in_begin + (static_cast<double>(geometry.out_begin + output) + 0.5) * scale;
  };
  spans_.resize(geometry.outputs);
  for (int output = 0; output < geometry.outputs; ++output) {
    const double center = center_of(output);
    const int first = std::max(static_cast<int>(center - support + 0.5), 0);
    const int end = std::min(static_cast<int>(center + support + 0.5), geometry.in_size);
    spans_[output] = {first, end - first};
    max_count_ = std::max(max_count_, end - first);
  }
  stride_ = (max_count_ + kTapAlign - 1) / kTapAlign * kTapAlign;
  weights_.resize(static_cast<size_t>(geometry.outputs) * stride_);
  split_.resize(weights_.size() * 2);
  std::vector<double> exact(max_count_);
  for (int output = 0; output < geometry.outputs; ++output) {
    const double center = center_of(output);
    const auto [first, count] = spans_[output];
    double sum = 0;
    for (int i = 0; i < count; ++i) {
      const double x = (i + first - center + 0.5) * step;
      exact[i] = cubic ? Bicubic(x) : Bilinear(x);
      sum += exact[i];
    }
    int32_t* weights = weights_.data() + static_cast<size_t>(output) * stride_;
    int16_t* split = split_.data() + 2 * static_cast<size_t>(output) * stride_;
    for (int i = 0; i < count; ++i) {
      weights[i] = ToFixed(sum != 0 ? exact[i] / sum : exact[i]);
      int16_t* block = split + i / 4 * 8 + i % 4;
      block[0] = static_cast<int16_t>(weights[i] >> kSplitBits);
      block[4] = static_cast<int16_t>(weights[i] & ((1 << kSplitBits) - 1));
    }
  }
}

}  // namespace frond
