#include "src/engine/run/executor.h"

#include <algorithm>
#include <cstring>

namespace frond {
namespace {

class Executor {
 public:
  Executor(const Plan& plan, const Kernels& kernels, ThreadPool& pool, float* arena, const float* image, float* output)
      : plan_(plan), kernels_(kernels), pool_(pool), arena_(arena), image_(image), output_(output) {}

  void operator()(const ConvOp& op) {
    pool_.Run(op.out_height, [&](int y, int thread) {
      float* windows = arena_ + plan_.arena_floats + thread * plan_.scratch_floats;
      if (op.planar) {
        GatherPlanar(op, y, windows);
      } else {
        GatherWindows(op, y, windows);
      }
      const size_t at = static_cast<size_t>(y) * op.out_width * op.weights.columns;
      const GemmArgs args = {windows,
                             static_cast<size_t>(op.weights.depth),
                             op.weights,
                             At(op.dst) + at,
                             static_cast<size_t>(op.weights.columns),
                             op.residual.where == Place::Where::kNone ? nullptr : At(op.residual) + at,
                             op.epilogue};
      kernels_.gemm(args, 0, op.out_width, 0, Panels(op.weights));
    });
  }

  void operator()(const PointwiseOp& op) {
    GemmArgs args = {Source(op.src),
                     static_cast<size_t>(op.weights.depth),
                     op.weights,
                     At(op.dst),
                     static_cast<size_t>(op.weights.columns),
                     op.residual.where == Place::Where::kNone ? nullptr : At(op.residual),
                     op.epilogue};
    if (op.scale.where != Place::Where::kNone) args.b.panels = ApplyScale(op);
    // Tasks are blocks of rows where there are many, blocks of panels where there are few.
    constexpr int kRowBlock = 48;
    const int panels = Panels(op.weights);
    if (op.rows >= 8 * kRowBlock) {
      const int blocks = (op.rows + kRowBlock - 1) / kRowBlock;
      const int blocks_per_task = std::max(1, blocks / (8 * pool_.threads()));
      const int rows_per_task = blocks_per_task * kRowBlock;
      pool_.Run((op.rows + rows_per_task - 1) / rows_per_task, [&](int task, int /*thread*/) {
        kernels_.gemm(args, task * rows_per_task, std::min(op.rows, (task + 1) * rows_per_task), 0, panels);
      });
    } else {
      const int per_task = std::max(1, panels / (4 * pool_.threads()));
      pool_.Run((panels + per_task - 1) / per_task, [&](int task, int /*thread*/) {
        kernels_.gemm(args, 0, op.rows, task * per_task, std::min(panels, (task + 1) * per_task));
      });
    }
  }

  void operator()(const DepthwiseOp& op) {
    DepthwiseArgs args = op.args;
    args.src = At(op.src);
    args.dst = At(op.dst);
    const int bands = (op.out_height + op.band_rows - 1) / op.band_rows;
    pool_.Run(bands, [&](int band, int /*thread*/) {
      float* sums =
          op.sums.where == Place::Where::kNone ? nullptr : At(op.sums) + static_cast<size_t>(band) * args.channels;
      kernels_.depthwise(args, band * op.band_rows, std::min(op.out_height, (band + 1) * op.band_rows), sums);
    });
  }

  void operator()(const SqueezeExciteOp& op) {
    const int channels = op.reduce.depth;
    kernels_.column_mean(At(op.sums), op.bands, channels, 0, channels, 1.0f / static_cast<float>(op.pixels),
                         At(op.mean));
    Linear(op.reduce, At(op.mean), At(op.squeezed), op.epilogue);
    Linear(op.expand, At(op.squeezed), At(op.scale), Epilogue::kSigmoid);
  }

  void operator()(const PoolOp& op) {
    constexpr int kChannelsPerTask = 128;
    const float factor = 1.0f / static_cast<float>(op.pixels);
    pool_.Run((op.channels + kChannelsPerTask - 1) / kChannelsPerTask, [&](int task, int /*thread*/) {
      const int begin = task * kChannelsPerTask;
      kernels_.column_mean(At(op.src), op.pixels, op.channels, begin, std::min(op.channels, begin + kChannelsPerTask),
                           factor, At(op.dst));
    });
  }

 private:
  float* At(const Place& place) const { return place.where == Place::Where::kOutput ? output_ : arena_ + place.offset; }
  const float* Source(const Place& place) const { return place.where == Place::Where::kInput ? image_ : At(place); }
  int Panels(const PackedMatrix& matrix) const { return PanelCount(matrix.columns, kernels_.panel); }

  void Linear(const PackedMatrix& weights, const float* src, float* dst, Epilogue epilogue) const {
    const GemmArgs args = {src, 0, weights, dst, 0, nullptr, epilogue};
    kernels_.gemm(args, 0, 1, 0, Panels(weights));
  }

  // Multiplies the squeeze-and-excite factors in; returns the panels to use.
  const float* ApplyScale(const PointwiseOp& op) {
    const float* scale = At(op.scale);
    if (op.scaled_weights.where != Place::Where::kNone) {
      float* scaled = At(op.scaled_weights);
      pool_.Run(Panels(op.weights),
                [&](int p, int /*thread*/) { kernels_.scale_panels(op.weights, scale, p, p + 1, scaled); });
      return scaled;
    }
    constexpr int kRows = 16;
    float* rows = At(op.src);
    const int channels = op.weights.depth;
    pool_.Run((op.rows + kRows - 1) / kRows, [&](int task, int /*thread*/) {
      const int begin = task * kRows;
      kernels_.scale_rows(rows + static_cast<size_t>(begin) * channels, std::min(kRows, op.rows - begin), channels,
                          scale);
    });
    return op.weights.panels;
  }

  // Windows of one output row from an NHWC map: out_width x (k, k, C).
  void GatherWindows(const ConvOp& op, int y, float* windows) const {
    const float* src = At(op.src);
    const size_t row_floats = static_cast<size_t>(op.kernel) * op.channels;
    for (int x = 0; x < op.out_width; ++x) {
      const int x_px = x * op.stride - op.pad_left;
      const int kx_begin = std::clamp(-x_px, 0, op.kernel);
      const int kx_end = std::clamp(op.width - x_px, kx_begin, op.kernel);
      for (int ky = 0; ky < op.kernel; ++ky, windows += row_floats) {
        const int y_px = y * op.stride + ky - op.pad_top;
        if (y_px < 0 || y_px >= op.height || kx_begin == kx_end) {
          std::memset(windows, 0, row_floats * sizeof(float));
          continue;
        }
        const size_t before = static_cast<size_t>(kx_begin) * op.channels;
        const size_t inside = static_cast<size_t>(kx_end - kx_begin) * op.channels;
        const float* row = src + (static_cast<size_t>(y_px) * op.width + (x_px + kx_begin)) * op.channels;
        std::memset(windows, 0, before * sizeof(float));
        std::memcpy(windows + before, row, inside * sizeof(float));
        std::memset(windows + before + inside, 0, (row_floats - before - inside) * sizeof(float));
      }
    }
  }

  // Windows of one output row from the caller's C x H x W image: out_width x (C, k, k).
  void GatherPlanar(const ConvOp& op, int y, float* windows) const {
    const float* src = Source(op.src);
    const int depth = op.weights.depth;
    int tap = 0;
    for (int c = 0; c < op.channels; ++c) {
      for (int ky = 0; ky < op.kernel; ++ky) {
        const int y_px = y * op.stride + ky - op.pad_top;
        const bool inside = y_px >= 0 && y_px < op.height;
        const float* row = inside ? src + (static_cast<size_t>(c) * op.height + y_px) * op.width : nullptr;
        for (int kx = 0; kx < op.kernel; ++kx, ++tap) {
          float* out = windows + tap;
          for (int x = 0; x < op.out_width; ++x, out += depth) {
            const int x_px = x * op.stride + kx - op.pad_left;
            *out = inside && x_px >= 0 && x_px < op.width ? row[x_px] : 0.0f;
          }
        }
      }
    }
  }

  const Plan& plan_;
  const Kernels& kernels_;
  ThreadPool& pool_;
  float* arena_;
  const float* image_;
  float* output_;
};

}  // namespace

void RunPlan(const Plan& plan, const Kernels& kernels, ThreadPool& pool, float* arena, const float* image,
             float* output) {
  Executor executor(plan, kernels, pool, arena, image, output);
  for (const Op& op : plan.ops) std::visit(executor, op);
}

}  // namespace frond
