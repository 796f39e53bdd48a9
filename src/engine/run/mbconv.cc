// An MBConv block over one image. docs/engine.md draws the data's path.

#include <algorithm>
#include <array>
#include <cstring>

#include "src/engine/run/context.h"

namespace frond {
namespace {

constexpr int kMaxKernel = 7;
constexpr int kMaxStemTaps = 3 * kMaxKernel * kMaxKernel;

// One thread's pass over some output rows of one panel of channels: rows enter a ring that the cache holds, each is
// used while it is there.
class PanelPass {
 public:
  PanelPass(const MBConvOp& op, const RunContext& context, int panel, float* scratch)
      : op_(op),
        context_(context),
        panel_(panel),
        width_(PanelWidth(context.kernels, op.channels, panel)),
        pixel_(static_cast<size_t>(width_)),
        ring_(scratch),
        raw_(scratch + op.ring_rows * op.ring_row_floats),
        image_rows_(raw_ + op.raw_floats) {}

  void Run(int row_begin, int row_end) {
    ClearBorders();
    const size_t at = static_cast<size_t>(panel_) * context_.kernels.panel;
    const size_t weights_panel = at * op_.kernel * op_.kernel;
    const size_t out_row_values = static_cast<size_t>(op_.out_width) * pixel_;
    DepthwiseRowArgs args;
    args.bias = op_.depthwise.bias + at;
    args.pixel_stride = pixel_;
    args.width = width_;
    args.out_width = op_.out_width;
    args.kernel = op_.kernel;
    args.stride = op_.stride;
    args.epilogue = op_.epilogue;
    std::array<const float*, kMaxKernel> rows = {};
    args.rows = rows.data();
    int next = std::max(0, row_begin * op_.stride - op_.pad_top);  // the first row that is not in the ring yet
    for (int y = row_begin; y < row_end; ++y) {
      const int first = y * op_.stride - op_.pad_top;
      const int begin = std::max(0, first);
      const int end = std::min(op_.height, first + op_.kernel);
      for (; next < end; ++next) Produce(next);
      Mark(OpPart::kRows);
      for (int row = begin; row < end; ++row) rows[static_cast<size_t>(row - begin)] = RingRow(row);
      args.row_count = std::max(0, end - begin);
      args.weights = op_.depthwise.panels + weights_panel + static_cast<size_t>(begin - first) * op_.kernel * width_;
      args.dst = context_.Element(op_.mid, at * op_.out_height * op_.out_width + y * out_row_values);
      args.raw = op_.raw_floats > 0 ? raw_ : static_cast<float*>(args.dst);
      if (op_.se && !op_.norm) args.sums = context_.At(op_.se->row_sums) + y * SumsStride() + at;
      context_.kernels.depthwise_row(args);
      Mark(OpPart::kDepthwise);
    }
  }

 private:
  void Mark(OpPart part) const {
    if (context_.profile != nullptr) context_.profile->Mark(part);
  }

  size_t SumsStride() const {
    return static_cast<size_t>(PanelCount(op_.channels, context_.kernels.panel)) * context_.kernels.panel;
  }

  float* RingRow(int row) const { return ring_ + static_cast<size_t>(row & (op_.ring_rows - 1)) * op_.ring_row_floats; }

  // Zeroes the pixels beside the map, which no row overwrites.
  void ClearBorders() const {
    const size_t left = static_cast<size_t>(op_.pad_left) * pixel_;
    const size_t right = left + static_cast<size_t>(op_.width) * pixel_;
    for (int row = 0; row < op_.ring_rows; ++row) {
      float* begin = RingRow(row);
      std::fill(begin, begin + left, 0.0f);
      std::fill(begin + right, begin + op_.ring_row_floats, 0.0f);
    }
  }

  void Produce(int row) const {
    float* dst = RingRow(row) + static_cast<size_t>(op_.pad_left) * pixel_;
    std::visit([&](const auto& source) { Fill(source, row, dst); }, op_.rows);
  }

  void Fill(const ExpandRows& source, int row, float* dst) const {
    GemmArgs args;
    args.a = context_.Element(op_.src, static_cast<size_t>(row) * op_.width * op_.src_channels);
    args.a_stride = static_cast<size_t>(op_.src_channels);
    args.b = source.weights;
    args.b.columns = PaddedColumns(source.weights.columns, context_.kernels.lanes);  // rows have room for whole vectors
    args.dst = dst;
    args.dst_floats = true;
    args.dst_stride = pixel_;
    args.prefetched_lines =
        static_cast<size_t>(row) * (op_.src_channels / context_.kernels.pair);  // a tile a row at least
    args.epilogue = op_.epilogue;
    context_.kernels.gemm(args, 0, op_.width, panel_, panel_ + 1);
  }

  void Fill(const CopyRows& /*source*/, int row, float* dst) const {
    const int channel = panel_ * context_.kernels.panel;
    const int count = std::min(width_, op_.channels - channel);
    size_t at = static_cast<size_t>(row) * op_.width * op_.channels + channel;
    for (int x = 0; x < op_.width; ++x, dst += pixel_, at += op_.channels) {
      context_.kernels.widen(context_.Element(op_.src, at), count, dst);
      std::fill(dst + count, dst + width_, 0.0f);
    }
  }

  void Fill(const StemRows& stem, int row, float* dst) const {
    const size_t row_floats = static_cast<size_t>(op_.width) * stem.stride + stem.kernel;
    const int inside = std::min(op_.src_width, static_cast<int>(row_floats) - stem.pad_left);
    std::array<const float*, kMaxStemTaps> taps = {};
    size_t tap = 0;
    float* padded = image_rows_;
    for (int c = 0; c < op_.src_channels; ++c) {
      for (int ky = 0; ky < stem.kernel; ++ky, padded += row_floats) {
        const int y = row * stem.stride - stem.pad_top + ky;
        const bool exists = y >= 0 && y < op_.src_height;
        const size_t begin = exists ? static_cast<size_t>(stem.pad_left) : 0;
        const size_t end = exists ? begin + static_cast<size_t>(inside) : 0;
        std::fill(padded, padded + begin, 0.0f);
        std::fill(padded + end, padded + row_floats, 0.0f);
        if (exists) {
          const float* src = context_.image + (static_cast<size_t>(c) * op_.src_height + y) * op_.src_width;
          std::memcpy(padded + begin, src, (end - begin) * sizeof(float));
        }
        for (int kx = 0; kx < stem.kernel; ++kx) taps[tap++] = padded + kx;
      }
    }
    StemRowArgs args;
    args.taps = taps.data();
    args.stride = stem.stride;
    args.b = stem.weights;
    args.dst = dst;
    args.pixel_stride = pixel_;
    args.out_width = op_.width;
    args.epilogue = op_.epilogue;
    context_.kernels.stem_row(args, panel_);
  }

  const MBConvOp& op_;
  const RunContext& context_;
  int panel_;
  int width_;     // channels of this panel
  size_t pixel_;  // floats of a pixel
  float* ring_;
  float* raw_;  // a row of outputs before they become elements
  float* image_rows_;
};

// Squeeze-and-excite: scale = sigmoid(expand(act(reduce(mean)))) for each channel. Each panel's share of the first
// layer is computed where its sums are, the second where its factors are used; between them lies little.
class SqueezeExcitePass {
 public:
  SqueezeExcitePass(const MBConvOp& op, const RunContext& context)
      : op_(op),
        se_(*op.se),
        context_(context),
        kernels_(context.kernels),
        panels_(PanelCount(op.channels, kernels_.panel)),
        squeezed_(PaddedColumns(op.se->reduce.columns, kernels_.lanes)) {}

  // The share of panel p of the first layer, from the row sums.
  void Reduce(int p) const {
    const int begin = p * kernels_.panel;
    const int end = std::min(begin + kernels_.panel, op_.channels);
    float* mean = context_.At(se_.mean);
    kernels_.column_mean(context_.At(se_.row_sums), op_.out_height, panels_ * kernels_.panel, begin, end,
                         1.0f / static_cast<float>(op_.out_height * op_.out_width), mean);
    static constexpr std::array<float, 64> kNoBias = {};  // as long as the longest panel
    for (int n = 0; n < PanelCount(squeezed_, kernels_.panel); ++n) {
      const int column = n * kernels_.panel;
      const int width = PanelWidth(kernels_, squeezed_, n);
      GemvArgs args;
      args.a = mean + begin;
      args.b.panels =
          context_.Weight(se_.reduce.panels, static_cast<size_t>(column) * se_.reduce.depth + begin * width);
      args.b.bias = p == 0 ? se_.reduce.bias + column : kNoBias.data();
      args.b.depth = end - begin;
      args.b.columns = width;
      args.dst = context_.At(se_.partial) + static_cast<size_t>(p) * squeezed_ + column;
      kernels_.gemv(args, 0, 1);
    }
  }

  // Sum of the shares, and the activation.
  void Squeeze() const {
    float* squeezed = context_.At(se_.squeezed);
    kernels_.column_mean(context_.At(se_.partial), panels_, squeezed_, 0, squeezed_, 1.0f, squeezed);
    kernels_.activate(squeezed, squeezed_, se_.epilogue);
  }

  // The factors of panel p into the project weights or the depthwise outputs.
  void Excite(int p) const {
    const int begin = p * kernels_.panel;
    const int end = std::min(begin + kernels_.panel, op_.channels);
    float* scale = context_.At(se_.scale);
    GemvArgs args;
    args.a = context_.At(se_.squeezed);
    args.b = se_.expand;
    args.b.columns = PaddedColumns(op_.channels, kernels_.lanes);  // `scale` has room for whole vectors
    args.dst = scale + begin;
    args.epilogue = Epilogue::kSigmoid;
    kernels_.gemv(args, p, p + 1);
    if (scales_weights()) {
      kernels_.scale_panels(op_.project, scale, begin, end, context_.At(se_.scaled_weights));
      return;
    }
    const int pixels = op_.out_height * op_.out_width;
    const int width = PanelWidth(kernels_, op_.channels, p);
    kernels_.scale_rows(context_.Element(op_.mid, static_cast<size_t>(begin) * pixels), pixels,
                        static_cast<size_t>(width), width, scale + begin);
  }

  bool scales_weights() const { return se_.scaled_weights.where != Place::Where::kNone; }

 private:
  const MBConvOp& op_;
  const SqueezeExciteOp& se_;
  const RunContext& context_;
  const Kernels& kernels_;
  int panels_;
  int squeezed_;  // channels between the layers, padded to vectors
};

// Whether threads take bands of rows, each with all panels: the projection of a band then finds its inputs in the cache
// of the core that made them. Where maps are small, the rows under two bands, which both expand, would cost more.
bool InBands(const MBConvOp& op, int threads) {
  constexpr int kLeastRowsPerTap = 7;
  return threads > 1 && op.wave_pixels == 0 &&
         op.out_height >= threads * kLeastRowsPerTap * (op.kernel - 1) / op.stride;
}

void ReduceAll(const MBConvOp& op, const RunContext& context) {
  context.Share(PanelCount(op.channels, context.kernels.panel),
                [&](int p, float* /*scratch*/) { SqueezeExcitePass(op, context).Reduce(p); });
}

void ConvolveInBands(const MBConvOp& op, const RunContext& context) {
  const int panels = PanelCount(op.channels, context.kernels.panel);
  const int bands = context.threads();
  context.Share(bands, [&](int band, float* scratch) {
    for (int p = 0; p < panels; ++p) {
      PanelPass(op, context, p, scratch).Run(op.out_height * band / bands, op.out_height * (band + 1) / bands);
    }
  });
  if (op.se && !op.norm) ReduceAll(op, context);
}

// Whole panels while they divide evenly among the threads; those left over in bands of rows.
void ConvolveInPanels(const MBConvOp& op, const RunContext& context) {
  const int panels = PanelCount(op.channels, context.kernels.panel);
  const int threads = context.threads();
  const int whole = panels / threads * threads;
  const int bands = std::min(threads, op.out_height);
  const bool reduces = op.se && !op.norm;  // else the sums come with the norm
  context.Share(whole + (panels - whole) * bands, [&](int task, float* scratch) {
    if (task < whole) {
      PanelPass(op, context, task, scratch).Run(0, op.out_height);
      if (reduces) SqueezeExcitePass(op, context).Reduce(task);
    } else {
      const int band = (task - whole) % bands;
      PanelPass(op, context, whole + (task - whole) / bands, scratch)
          .Run(op.out_height * band / bands, op.out_height * (band + 1) / bands);
    }
  });
  for (int p = whole; reduces && p < panels; ++p) SqueezeExcitePass(op, context).Reduce(p);
}

}  // namespace

void RunMBConv(const MBConvOp& op, const RunContext& context) {
  // What is computed does not depend on how it is shared: sums are kept for each row.
  if (InBands(op, context.threads())) {
    ConvolveInBands(op, context);
  } else {
    ConvolveInPanels(op, context);
  }
  if (op.norm) {
    RunNorm(*op.norm, {context.At(op.mid), nullptr, op.out_height, op.out_width, op.channels, true}, context);
    if (context.profile != nullptr) context.profile->Mark(OpPart::kNorm);
    if (op.se) ReduceAll(op, context);
  }
  const int pixels = op.out_height * op.out_width;
  const Kernels& kernels = context.kernels;
  GemmArgs args;
  args.a = context.At(op.mid);
  args.a_stride = static_cast<size_t>(PanelWidth(kernels, op.channels, 0));
  args.a_segment = static_cast<size_t>(kernels.panel);
  args.a_segment_step = static_cast<size_t>(pixels) * kernels.panel;
  args.a_last_stride =
      static_cast<size_t>(PanelWidth(kernels, op.channels, PanelCount(op.channels, kernels.panel) - 1));
  args.b = op.project;
  if (op.se) {
    const SqueezeExcitePass se(op, context);
    se.Squeeze();
    context.Share(PanelCount(op.channels, kernels.panel), [&](int p, float* /*scratch*/) { se.Excite(p); });
    if (se.scales_weights()) args.b.panels = context.At(op.se->scaled_weights);
  }
  if (context.profile != nullptr) context.profile->Mark(OpPart::kSqueezeExcite);
  args.dst = context.At(op.dst);
  args.dst_stride = static_cast<size_t>(op.project.columns);
  if (op.residual) args.residual = args.dst;
  const int wave = op.wave_pixels > 0 ? op.wave_pixels : pixels;
  for (int begin = 0; begin < pixels; begin += wave) SharedGemm(context, args, begin, std::min(begin + wave, pixels));
}

}  // namespace frond
