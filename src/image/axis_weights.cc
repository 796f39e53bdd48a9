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

// How an axis is sampled.
struct Sampling {
  Sampling(const AxisGeometry& geometry, Interpolation interpolation)
      : begin(geometry.in_begin),
        out_begin(geometry.out_begin),
        scale(static_cast<double>(geometry.in_end - geometry.in_begin) / static_cast<double>(geometry.out_size)),
        stretch(std::max(scale, 1.0)),
        support((interpolation == Interpolation::kBicubic ? 2.0 : 1.0) * stretch) {}

  double CenterOf(int output) const { return begin + (static_cast<double>(out_begin + output) + 0.5) * scale; }

  double begin;
  int64_t out_begin;
  double scale;
  double stretch;
  double support;  // source pixels on either side of a centre
};

int32_t ToFixed(double weight) {
  const double scaled = weight * (1 << kPrecisionBits);
  return static_cast<int32_t>(weight < 0 ? scaled - 0.5 : scaled + 0.5);
}

}  // namespace

AxisSpan SpanOf(const AxisGeometry& geometry, Interpolation interpolation, int output) {
  if (geometry.identity()) {  // the others' weights are 0
    const int pixel = static_cast<int>(geometry.out_begin) + output;
    return {pixel, pixel + 1};
  }
  const Sampling sampling(geometry, interpolation);
  const double center = sampling.CenterOf(output);
  return {std::max(static_cast<int>(std::floor(center - sampling.support + 0.5)), 0),
          std::min(static_cast<int>(std::floor(center + sampling.support + 0.5)), geometry.in_size)};
}

AxisWeights::AxisWeights(const AxisGeometry& geometry, Interpolation interpolation) {
  const bool cubic = interpolation == Interpolation::kBicubic;
  const Sampling sampling(geometry, interpolation);
  const double step = 1.0 / sampling.stretch;
  spans_.resize(geometry.outputs);
  for (int output = 0; output < geometry.outputs; ++output) {
    const AxisSpan span = SpanOf(geometry, interpolation, output);
    spans_[output] = {span.first - geometry.part_begin, span.end - span.first};
    max_count_ = std::max(max_count_, span.end - span.first);
  }
  stride_ = (max_count_ + kTapAlign - 1) / kTapAlign * kTapAlign;
  weights_.resize(static_cast<size_t>(geometry.outputs) * stride_);
  split_.resize(weights_.size() * 2);
  std::vector<double> exact(max_count_);
  for (int output = 0; output < geometry.outputs; ++output) {
    const double center = sampling.CenterOf(output);
    const int count = spans_[output].count;
    const int first = spans_[output].first + geometry.part_begin;
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
