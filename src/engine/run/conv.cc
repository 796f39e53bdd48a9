#include <algorithm>
#include <cstring>

#include "src/engine/run/context.h"

namespace frond {
namespace {

// Windows of one output row from an NHWC map: out_width x (k, k, C).
template <class Element>
void GatherWindows(const ConvOp& op, const Element* src, int y, Element* windows) {
  const size_t row_elements = static_cast<size_t>(op.kernel) * op.channels;
  for (int x = 0; x < op.out_width; ++x) {
    const int x_px = x * op.stride - op.pad_left;
    const int kx_begin = std::clamp(-x_px, 0, op.kernel);
    const int kx_end = std::clamp(op.width - x_px, kx_begin, op.kernel);
    for (int ky = 0; ky < op.kernel; ++ky, windows += row_elements) {
      const int y_px = y * op.stride + ky - op.pad_top;
      if (y_px < 0 || y_px >= op.height || kx_begin == kx_end) {
        std::memset(windows, 0, row_elements * sizeof(Element));
        continue;
      }
      const size_t before = static_cast<size_t>(kx_begin) * op.channels;
      const size_t inside = static_cast<size_t>(kx_end - kx_begin) * op.channels;
      const Element* row = src + (static_cast<size_t>(y_px) * op.width + (x_px + kx_begin)) * op.channels;
      std::memset(windows, 0, before * sizeof(Element));
      std::memcpy(windows + before, row, inside * sizeof(Element));
      std::memset(windows + before + inside, 0, (row_elements - before - inside) * sizeof(Element));
    }
  }
}

// Windows of one output row from the caller's C x H x W image: out_width x (C, k, k), with zeros up to the packed
// depth.
template <class Element, class Convert>
void GatherPlanar(const ConvOp& op, const float* src, int y, Element* windows, const Convert& to_element) {
  const int depth = op.weights.depth;
  int tap = 0;
  for (int c = 0; c < op.channels; ++c) {
    for (int ky = 0; ky < op.kernel; ++ky) {
      const int y_px = y * op.stride + ky - op.pad_top;
      const bool inside = y_px >= 0 && y_px < op.height;
      const float* row = inside ? src + (static_cast<size_t>(c) * op.height + y_px) * op.width : nullptr;
      for (int kx = 0; kx < op.kernel; ++kx, ++tap) {
        Element* out = windows + tap;
        for (int x = 0; x < op.out_width; ++x, out += depth) {
          const int x_px = x * op.stride + kx - op.pad_left;
          *out = to_element(inside && x_px >= 0 && x_px < op.width ? row[x_px] : 0.0f);
        }
      }
    }
  }
  for (; tap < depth; ++tap) {
    for (int x = 0; x < op.out_width; ++x) windows[x * depth + tap] = Element{};
  }
}

void Gather(const ConvOp& op, const RunContext& context, int y, float* scratch) {
  auto* elements = reinterpret_cast<Bf16*>(scratch);
  const bool floats = context.kernels.element_bytes == sizeof(float);
  if (!op.planar) {
    const float* src = context.At(op.src);
    return floats ? GatherWindows(op, src, y, scratch)
                  : GatherWindows(op, reinterpret_cast<const Bf16*>(src), y, elements);
  }
  if (!floats) return GatherPlanar(op, context.image, y, elements, FromFloat<Bf16>);
  if (context.kernels.precision == Precision::kFloat32) {
    return GatherPlanar(op, context.image, y, scratch, [](float value) { return value; });
  }
  GatherPlanar(op, context.image, y, scratch, [](float value) { return ToFloat(FromFloat<Bf16>(value)); });
}

}  // namespace

void RunConv(const ConvOp& op, const RunContext& context) {
  context.Share(op.out_height, [&](int y, float* windows) {
    Gather(op, context, y, windows);
    const size_t at = static_cast<size_t>(y) * op.out_width * op.weights.columns;
    GemmArgs args;
    args.a = windows;
    args.a_stride = static_cast<size_t>(op.weights.depth);
    args.b = op.weights;
    args.dst = context.Element(op.dst, at);
    args.dst_stride = static_cast<size_t>(op.weights.columns);
    if (op.residual.where != Place::Where::kNone) args.residual = context.Element(op.residual, at);
    args.epilogue = op.epilogue;
    context.kernels.gemm(args, 0, op.out_width, 0, context.Panels(op.weights));
  });
}

}  // namespace frond
