#ifndef FROND_SRC_IMAGE_AXIS_WEIGHTS_H_
#define FROND_SRC_IMAGE_AXIS_WEIGHTS_H_

#include <cstdint>
#include <vector>

#include "frond/spec.h"

namespace frond {

// Pillow's fixed point: 22 bits of fraction, so that 8-bit pixels and a filter
// that overshoots fit 32 bits.
constexpr int kPrecisionBits = 32 - 8 - 2;

// A weight w is split as (w >> kSplitBits) and the kSplitBits below, both of which
// fit 16 bits: w = high * 2^kSplitBits + low. Sums modulo 2^32 of the halves give
// the sum of the whole modulo 2^32, and the whole fits: nothing is lost.
constexpr int kSplitBits = 11;

// Split weights come in blocks of four taps: h0 h1 h2 h3 l0 l1 l2 l3. Each output
// has a multiple of kTapAlign taps, those past its own zero.
constexpr int kTapAlign = 16;

// One axis of a resize: a span of source and how finely it is sampled. `outputs`
// of the `out_size` samples are wanted, from `out_begin` on.
struct AxisGeometry {
  int in_size = 0;     // source pixels that exist
  float in_begin = 0;  // the span, in source pixels
  float in_end = 0;
  int64_t out_size = 0;
  int64_t out_begin = 0;
  int outputs = 0;
  int part_begin = 0;  // the first source pixel that is at hand

  bool identity() const { return out_size == in_size && in_begin == 0 && in_end == static_cast<float>(in_size); }
};

// The source pixels that one output is made of.
struct AxisSpan {
  int first = 0;
  int end = 0;  // exclusive
};
AxisSpan SpanOf(const AxisGeometry& geometry, Interpolation interpolation, int output);

// What one output pixel is made of: sum over i < count of weights[i] * part[first + i].
struct Taps {
  int first = 0;
  int count = 0;
  const int32_t* weights = nullptr;
  const int16_t* split = nullptr;
};

// The weights of every wanted output, as Pillow computes them (Resample.c,
// precompute_coeffs): the filter is stretched by the scale where that shrinks,
// cut at the border and normalised in double, then rounded to fixed point. Both
// ends of the taps never go back from one output to the next. Taps are counted from part_begin on.
class AxisWeights {
 public:
  // Throws std::bad_alloc.
  AxisWeights(const AxisGeometry& geometry, Interpolation interpolation);

  int outputs() const { return static_cast<int>(spans_.size()); }
  int max_count() const { return max_count_; }
  Taps taps(int output) const {
    const Span& span = spans_[output];
    return {span.first, span.count, weights_.data() + static_cast<size_t>(output) * stride_,
            split_.data() + 2 * static_cast<size_t>(output) * stride_};
  }
  int source_begin() const { return spans_.front().first; }
  int source_end() const { return spans_.back().first + spans_.back().count; }

 private:
  struct Span {
    int first;
    int count;
  };
  std::vector<Span> spans_;
  std::vector<int32_t> weights_;
  std::vector<int16_t> split_;
  int max_count_ = 0;
  int stride_ = 0;  // taps of an output, padded
};

}  // namespace frond

#endif  // FROND_SRC_IMAGE_AXIS_WEIGHTS_H_
