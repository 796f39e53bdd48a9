// GroupNorm of a map. Threads share rows, then groups, then rows: what is computed does not depend on how many there
// are.

#include <algorithm>
#include <cmath>

#include "src/engine/run/context.h"

namespace frond {
namespace {

class NormPass {
 public:
  NormPass(const NormStep& step, const NormMap& map, const RunContext& context)
      : step_(step),
        map_(map),
        context_(context),
        kernels_(context.kernels),
        padded_(static_cast<size_t>(PanelCount(map.channels, kernels_.panel)) * kernels_.panel) {}

  // Each channel's moments of row y.
  void Measure(int y) const {
    ForEachPiece(y, [&](size_t at, size_t stride, int channel, int width) {
      kernels_.row_moments(context_.Element(map_.map, at), map_.width, stride, width, Sums(y) + channel,
                           Sums(y) + padded_ + channel);
    });
  }

  // Mean and deviation of a group's pixels, from its rows' (Chan, Golub & LeVeque 1979): nothing cancels where the
  // mean is large.
  void Gather(int group) const {
    const int channels = map_.channels / step_.norm.groups;
    const int begin = group * channels;
    const int end = begin + channels;
    const double count = static_cast<double>(map_.height) * map_.width * channels;
    const auto over_rows = [&](const auto& term) {
      double total = 0;
      for (int y = 0; y < map_.height; ++y) {
        for (int c = begin; c < end; ++c) total += term(Sums(y)[c], Sums(y)[padded_ + c]);
      }
      return total;
    };
    const double mean = over_rows([](float sum, float /*square*/) { return double{sum}; }) / count;
    const double squares = over_rows([&](float sum, float square) {
      const double apart = sum / static_cast<double>(map_.width) - mean;
      return square + map_.width * apart * apart;
    });
    const double deviation = std::sqrt(squares / count + step_.norm.epsilon);
    float* centre = context_.At(step_.centre);
    float* scale = context_.At(step_.scale);
    std::fill(centre + begin, centre + end, static_cast<float>(mean));
    for (int c = begin; c < end; ++c) scale[c] = static_cast<float>(step_.norm.scale[c] / deviation);
    if (end < map_.channels) return;
    std::fill(centre + end, centre + padded_, 0.0F);
    std::fill(scale + end, scale + padded_, 0.0F);
  }

  void Apply(int y) const {
    NormaliseRowArgs args;
    args.count = map_.width;
    args.epilogue = step_.epilogue;
    ForEachPiece(y, [&](size_t at, size_t stride, int channel, int width) {
      args.row = context_.Element(map_.map, at);
      args.residual = map_.residual == nullptr ? nullptr : context_.Element(map_.residual, at);
      args.centre = context_.At(step_.centre) + channel;
      args.scale = context_.At(step_.scale) + channel;
      args.shift = step_.norm.shift + channel;
      if (step_.row_sums.where != Place::Where::kNone) {
        args.sums = context_.At(step_.row_sums) + static_cast<size_t>(y) * padded_ + channel;
      }
      args.stride = stride;
      args.width = width;
      kernels_.normalise_row(args);
    });
  }

 private:
  // use(first element, elements between pixels, first channel, channels) for each piece that row y lies in.
  template <class Use>
  void ForEachPiece(int y, const Use& use) const {
    const size_t first_pixel = static_cast<size_t>(y) * map_.width;
    if (!map_.in_panels) {
      const auto stride = static_cast<size_t>(map_.channels);
      return use(first_pixel * stride, stride, 0, map_.channels);
    }
    const size_t pixels = static_cast<size_t>(map_.height) * map_.width;
    for (int p = 0; p < PanelCount(map_.channels, kernels_.panel); ++p) {
      const int channel = p * kernels_.panel;
      const int width = PanelWidth(kernels_, map_.channels, p);
      use(static_cast<size_t>(channel) * pixels + first_pixel * width, static_cast<size_t>(width), channel, width);
    }
  }

  float* Sums(int y) const { return context_.At(step_.moments) + static_cast<size_t>(y) * 2 * padded_; }

  const NormStep& step_;
  const NormMap& map_;
  const RunContext& context_;
  const Kernels& kernels_;
  size_t padded_;  // channels
};

}  // namespace

void RunNorm(const NormStep& step, const NormMap& map, const RunContext& context) {
  const NormPass pass(step, map, context);
  context.Share(map.height, [&](int y, float* /*scratch*/) { pass.Measure(y); });
  context.Share(step.norm.groups, [&](int group, float* /*scratch*/) { pass.Gather(group); });
  context.Share(map.height, [&](int y, float* /*scratch*/) { pass.Apply(y); });
}

void RunGroupNorm(const GroupNormOp& op, const RunContext& context) {
  const void* residual = op.residual.where == Place::Where::kNone ? nullptr : context.At(op.residual);
  RunNorm(op.step, {context.At(op.map), residual, op.height, op.width, op.channels, false}, context);
  if (op.mean.where == Place::Where::kNone) return;
  const int padded = PanelCount(op.channels, context.kernels.panel) * context.kernels.panel;
  const float factor = 1.0F / (static_cast<float>(op.height) * static_cast<float>(op.width));
  context.kernels.column_mean(context.At(op.step.row_sums), op.height, padded, 0, op.channels, factor,
                              context.At(op.mean));
}

}  // namespace frond
