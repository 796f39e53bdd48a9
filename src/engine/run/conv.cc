#include <algorithm>
#include <cstring>

#include "src/engine/run/context.h"

namespace frond {
namespace {

// Windows of one output row from an NHWC map: out_width x (k, k, C).
void GatherWindows(const ConvOp& op, const float* src, int y, float* windows) {
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
void GatherPlanar(const ConvOp& op, const float* src, int y, float* windows) {
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

}  // namespace

void RunConv(const ConvOp& op, const RunContext& context) {
  const float* src = context.Source(op.src);
  context.Share(op.out_height, [&](int y, float* windows) {
    if (op.planar) {
      GatherPlanar(op, src, y, windows);
    } else {
      GatherWindows(op, src, y, windows);
    }
    const size_t at = static_cast<size_t>(y) * op.out_width * op.weights.columns;
    GemmArgs args;
    args.a = windows;
    args.a_stride = static_cast<size_t>(op.weights.depth);
    args.b = op.weights;
    args.dst = context.At(op.dst) + at;
    args.dst_stride = static_cast<size_t>(op.weights.columns);
    if (op.residual.where != Place::Where::kNone) args.residual = context.At(op.residual) + at;
    args.epilogue = op.epilogue;
    context.kernels.gemm(args, 0, op.out_width, 0, context.Panels(op.weights));
  });
}

}  // namespace frond
