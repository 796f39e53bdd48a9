// An MBConv block over one image. docs/engine.md draws the data's path.

#include <algorithm>
#include <array>
#include <cstring>

#include "src/engine/run/context.h"

namespace frond {
namespace {

constexpr int kMaxKernel = 7;
// Floats that gemm prefetches a step of K, for each tile: a row of a map takes at least one.
constexpr size_t kPrefetchedPerStep = 16;
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
        pixel_(static_cast<size_t>(PixelStride(context.kernels, op.channels))),
        ring_(scratch),
        image_rows_(scratch + op.ring_rows * op.ring_row_floats) {}

  void Run(int row_begin, int row_end) {
    ClearBorders();
    const size_t at = static_cast<size_t>(panel_) * context_.kernels.panel;
    const size_t weights_panel = at * op_.kernel * op_.kernel;
    const size_t out_row_floats = static_cast<size_t>(op_.out_width) * pixel_;
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
      args.dst = context_.At(op_.mid) + (static_cast<size_t>(panel_) * op_.out_height + y) * out_row_floats;
      if (op_.se) args.sums = context_.At(op_.se->row_sums) + y * SumsStride() + at;
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
    args.a = context_.At(op_.src) + static_cast<size_t>(row) * op_.width * op_.src_channels;
    args.a_stride = static_cast<size_t>(op_.src_channels);
    args.b = source.weights;
    args.b.columns = PaddedColumns(source.weights.columns, context_.kernels.lanes);  // rows have room for whole vectors
    args.dst = dst;
    args.dst_stride = pixel_;
    args.prefetched = static_cast<size_t>(row) * op_.src_channels * kPrefetchedPerStep;
    args.epilogue = op_.epilogue;
    context_.kernels.gemm(args, 0, op_.width, panel_, panel_ + 1);
  }

  void Fill(const CopyRows& /*source*/, int row, float* dst) const {
    const int channel = panel_ * context_.kernels.panel;
    const size_t count = static_cast<size_t>(std::min(width_, op_.channels - channel));
    const float* src = context_.At(op_.src) + static_cast<size_t>(row) * op_.width * op_.channels + channel;
    for (int x = 0; x < op_.width; ++x, dst += pixel_, src += op_.channels) {
      std::memcpy(dst, src, count * sizeof(float));
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
        std::fill(padded, padded + row_floats, 0.0f);
        if (y >= 0 && y < op_.src_height) {
          const float* src = context_.image + (static_cast<size_t>(c) * op_.src_height + y) * op_.src_width;
          std::memcpy(padded + stem.pad_left, src, static_cast<size_t>(inside) * sizeof(float));
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
  size_t pixel_;  // floats
  float* ring_;
  float* image_rows_;
};

// Whole panels while they divide evenly among the threads; those left over in bands of rows. What is computed does not
// depend on it: sums are kept for each row.
void ExpandAndConvolve(const MBConvOp& op, const RunContext& context) {
  const int panels = PanelCount(op.channels, context.kernels.panel);
  const int threads = context.threads();
  const int whole = panels / threads * threads;
  const int bands = std::min(threads, op.out_height);
  context.Share(whole + (panels - whole) * bands, [&](int task, float* scratch) {
    if (task < whole) {
      PanelPass(op, context, task, scratch).Run(0, op.out_height);
    } else {
      const int band = (task - whole) % bands;
      PanelPass(op, context, whole + (task - whole) / bands, scratch)
          .Run(op.out_height * band / bands, op.out_height * (band + 1) / bands);
    }
  });
}

void Linear(const RunContext& context, const PackedMatrix& weights, const float* src, float* dst, Epilogue epilogue) {
  GemmArgs args;
  args.a = src;
  args.b = weights;
  args.dst = dst;
  args.epilogue = epilogue;
  context.kernels.gemm(args, 0, 1, 0, context.Panels(weights));
}

// scale = sigmoid(expand(act(reduce(mean)))), multiplied into the project weights or the depthwise outputs. Returns
// the panels to project with.
const float* SqueezeAndExcite(const MBConvOp& op, const RunContext& context) {
  const SqueezeExciteOp& se = *op.se;
  const Kernels& kernels = context.kernels;
  const int panels = PanelCount(op.channels, kernels.panel);
  const int pixels = op.out_height * op.out_width;
  kernels.column_mean(context.At(se.row_sums), op.out_height, panels * kernels.panel, 0, op.channels,
                      1.0f / static_cast<float>(pixels), context.At(se.mean));
  Linear(context, se.reduce, context.At(se.mean), context.At(se.squeezed), se.epilogue);
  float* scale = context.At(se.scale);
  Linear(context, se.expand, context.At(se.squeezed), scale, Epilogue::kSigmoid);
  if (se.scaled_weights.where != Place::Where::kNone) {
    float* scaled = context.At(se.scaled_weights);
    context.Share(context.Panels(op.project), [&](int p, float* /*scratch*/) {
      kernels.scale_panels(op.project, scale, p, p + 1, scaled);
    });
    return scaled;
  }
  std::fill(scale + op.channels, scale + panels * kernels.panel, 0.0f);
  const size_t pixel = static_cast<size_t>(PixelStride(kernels, op.channels));
  context.Share(panels, [&](int p, float* /*scratch*/) {
    kernels.scale_rows(context.At(op.mid) + static_cast<size_t>(p) * pixels * pixel, pixels, pixel,
                       PanelWidth(kernels, op.channels, p), scale + p * kernels.panel);
  });
  return op.project.panels;
}

}  // namespace

void RunMBConv(const MBConvOp& op, const RunContext& context) {
  ExpandAndConvolve(op, context);
  const int pixels = op.out_height * op.out_width;
  const size_t pixel = static_cast<size_t>(PixelStride(context.kernels, op.channels));
  GemmArgs args;
  args.a = context.At(op.mid);
  args.a_stride = pixel;
  args.a_segment = static_cast<size_t>(context.kernels.panel);
  args.a_segment_step = static_cast<size_t>(pixels) * pixel;
  args.b = op.project;
  if (op.se) args.b.panels = SqueezeAndExcite(op, context);
  if (context.profile != nullptr) context.profile->Mark(OpPart::kSqueezeExcite);
  args.dst = context.At(op.dst);
  args.dst_stride = static_cast<size_t>(op.project.columns);
  if (op.residual) args.residual = args.dst;
  SharedGemm(context, args, pixels);
}

}  // namespace frond
