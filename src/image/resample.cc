#include "src/image/resample.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <new>
#include <vector>

#include "src/base/format.h"
#include "src/image/axis_weights.h"
#include "src/image/resample_kernels.h"

namespace frond {
namespace {

// The first pass's rows, made as the second asks for them and kept while it may
// ask again: as many as the tallest filter, usually a few dozen kilobytes.
class HorizontalPass {
 public:
  HorizontalPass(const Image& src, const AxisWeights& axis, const ResampleKernels& kernels, int begin, int end,
                 int window)
      : src_(src),
        axis_(axis),
        kernels_(kernels),
        capacity_(window + kMaxRows),
        stride_(static_cast<size_t>(axis.outputs()) * 3 + kWritePastBytes),
        rows_(stride_ * capacity_),
        next_(begin),
        end_(end) {}

  // Rows up to `end`, exclusive, will be asked for.
  void MakeUpTo(int end) {
    while (next_ < end) {
      const int count = std::min(kMaxRows, end_ - next_);
      const uint8_t* from[kMaxRows];
      uint8_t* to[kMaxRows];
      for (int r = 0; r < count; ++r) {
        from[r] = SafeRow(next_ + r, r);
        to[r] = Slot(next_ + r);
      }
      kernels_.horizontal(from, count, axis_, to);
      next_ += count;
    }
  }
  const uint8_t* row(int y) { return Slot(y); }

 private:
  uint8_t* Slot(int y) { return rows_.data() + stride_ * static_cast<size_t>(y % capacity_); }

  // Near the end of the picture a row is copied to where more bytes follow it.
  const uint8_t* SafeRow(int y, int slot) {
    const size_t row_bytes = static_cast<size_t>(src_.width()) * 3;
    if (static_cast<size_t>(src_.height() - 1 - y) * row_bytes >= kReadPastBytes) return src_.row(y);
    const size_t copy_bytes = row_bytes + kReadPastBytes;
    copies_.resize(copy_bytes * kMaxRows);
    uint8_t* copy = copies_.data() + copy_bytes * static_cast<size_t>(slot);
    std::memcpy(copy, src_.row(y), row_bytes);
    return copy;
  }

  const Image& src_;
  const AxisWeights& axis_;
  const ResampleKernels& kernels_;
  int capacity_;   // rows
  size_t stride_;  // bytes
  std::vector<uint8_t> rows_;
  std::vector<uint8_t> copies_;
  int next_;
  int end_;
};

// A resize with what it leaves out filled in.
struct Wanted {
  Wanted(const Resize& resize, int src_width, int src_height)
      : box(resize.box.value_or(Resize::Box{0, 0, static_cast<float>(src_width), static_cast<float>(src_height)})),
        window(resize.window.value_or(Resize::Window{0, 0, Side(resize.width), Side(resize.height)})) {}

  // A window of everything may be too large for an Image: Create says so.
  static int Side(int64_t n) { return static_cast<int>(std::min<int64_t>(n, 1 << 30)); }

  Resize::Box box;
  Resize::Window window;
};

AxisGeometry AcrossOf(const PartView& src, const Resize& resize, const Wanted& wanted) {
  return {src.width,          wanted.box.left,     wanted.box.right, resize.width,
          wanted.window.left, wanted.window.width, src.left};
}

AxisGeometry DownOf(const PartView& src, const Resize& resize, const Wanted& wanted) {
  return {src.height,           wanted.box.top, wanted.box.bottom, resize.height, wanted.window.top,
          wanted.window.height, src.top};
}

Status CheckResize(const PartView& src, const Resize& resize, const Wanted& wanted) {
  const auto& [box, window] = wanted;
  constexpr int64_t kMaxSide = int64_t{1} << 40;
  if (resize.width < 1 || resize.height < 1 || resize.width > kMaxSide || resize.height > kMaxSide) {
    return Error{ErrorCode::kInvalidArgument, StrCat("resize to ", resize.width, "x", resize.height, " px"),
                 "give sides of 1 px or more"};
  }
  if (window.left < 0 || window.top < 0 || window.width < 1 || window.height < 1 ||
      window.width > resize.width - window.left || window.height > resize.height - window.top) {
    return Error{ErrorCode::kInvalidArgument,
                 StrCat("window of ", window.width, "x", window.height, " px at ", window.left, ", ", window.top,
                        " in ", resize.width, "x", resize.height, " px"),
                 "keep it inside the resized picture"};
  }
  const bool inside = box.left >= 0 && box.top >= 0 && box.right > box.left && box.bottom > box.top &&
                      box.right <= static_cast<float>(src.width) && box.bottom <= static_cast<float>(src.height);
  if (!inside) {  // also for NaN
    return Error{ErrorCode::kInvalidArgument,
                 StrCat("box ", box.left, ", ", box.top, " to ", box.right, ", ", box.bottom, " in ", src.width, "x",
                        src.height, " px"),
                 "keep it inside the picture"};
  }
  return {};
}

// First across, then down.
void RunAcrossFirst(const Image& src, const AxisGeometry& across, const AxisGeometry& down, Interpolation interpolation,
                    const ResampleKernels& kernels, Image& out) {
  const AxisWeights vertical(down, interpolation);
  std::optional<AxisWeights> horizontal;
  std::optional<HorizontalPass> pass;
  if (!across.identity()) {
    horizontal.emplace(across, interpolation);
    pass.emplace(src, *horizontal, kernels, vertical.source_begin(), vertical.source_end(), vertical.max_count());
  }
  const auto first_pass_row = [&](int y) {
    return pass ? pass->row(y) : src.row(y) + static_cast<size_t>(across.out_begin - across.part_begin) * 3;
  };
  const size_t row_bytes = static_cast<size_t>(out.width()) * 3;
  std::vector<const uint8_t*> rows(vertical.max_count());
  for (int y = 0; y < out.height(); ++y) {
    const Taps taps = vertical.taps(y);
    if (pass) pass->MakeUpTo(taps.first + taps.count);
    if (down.identity()) {
      std::memcpy(out.row(y), first_pass_row(taps.first), row_bytes);
      continue;
    }
    for (int t = 0; t < taps.count; ++t) rows[t] = first_pass_row(taps.first + t);
    kernels.vertical(rows.data(), taps, row_bytes, out.row(y));
  }
}

// First down, over the columns that the second pass reads, then across.
void RunDownFirst(const Image& src, const AxisGeometry& across, const AxisGeometry& down, Interpolation interpolation,
                  const ResampleKernels& kernels, Image& out) {
  const AxisWeights vertical(down, interpolation);
  const AxisWeights horizontal(across, interpolation);
  const size_t first_byte = static_cast<size_t>(horizontal.source_begin()) * 3;
  const size_t bytes = static_cast<size_t>(horizontal.source_end()) * 3 - first_byte;
  const size_t row_bytes = static_cast<size_t>(out.width()) * 3;
  const size_t between_stride = first_byte + bytes + kReadPastBytes;
  std::vector<uint8_t> between(between_stride * kMaxRows);
  std::vector<uint8_t> done((row_bytes + kWritePastBytes) * kMaxRows);
  std::vector<const uint8_t*> rows(vertical.max_count());
  const uint8_t* from[kMaxRows];
  uint8_t* to[kMaxRows];
  for (int y = 0; y < out.height(); y += kMaxRows) {
    const int count = std::min(kMaxRows, out.height() - y);
    for (int r = 0; r < count; ++r) {
      const Taps taps = vertical.taps(y + r);
      for (int t = 0; t < taps.count; ++t) rows[t] = src.row(taps.first + t) + first_byte;
      uint8_t* row = between.data() + between_stride * static_cast<size_t>(r);
      kernels.vertical(rows.data(), taps, bytes, row + first_byte);
      from[r] = row;
      to[r] = done.data() + (row_bytes + kWritePastBytes) * static_cast<size_t>(r);
    }
    kernels.horizontal(from, count, horizontal, to);
    for (int r = 0; r < count; ++r) std::memcpy(out.row(y + r), to[r], row_bytes);
  }
}

// Rounding between the passes makes their order visible. Pillow goes across
// first; since release 13 down first where the height shrinks by more than twice
// what the width does, in pixels.
bool DownFirst(const AxisGeometry& across, const AxisGeometry& down) {
  if (across.identity() || down.identity()) return false;
  return down.in_size > down.out_size && down.in_size - down.out_size > 2 * (across.in_size - across.out_size);
}

}  // namespace

Region ReachOf(const Resize& resize, int width, int height) {
  const PartView src{nullptr, 0, 0, width, height};
  const Region whole{0, 0, width, height};
  const Wanted wanted(resize, width, height);
  if (!CheckResize(src, resize, wanted).ok()) return whole;
  const AxisGeometry across = AcrossOf(src, resize, wanted);
  const AxisGeometry down = DownOf(src, resize, wanted);
  const auto reach = [&](const AxisGeometry& axis) {
    return AxisSpan{SpanOf(axis, resize.interpolation, 0).first,
                    SpanOf(axis, resize.interpolation, axis.outputs - 1).end};
  };
  const AxisSpan columns = reach(across);
  const AxisSpan rows = reach(down);
  if (columns.first >= columns.end || rows.first >= rows.end) return whole;
  return {columns.first, rows.first, columns.end - columns.first, rows.end - rows.first};
}

Result<Image> Resample(const Image& src, const Resize& resize, Isa isa) { return Resample(WholeOf(src), resize, isa); }

Result<Image> Resample(const PartView& src, const Resize& resize, Isa isa) {
  const Wanted wanted(resize, src.width, src.height);
  FROND_RETURN_IF_ERROR(CheckResize(src, resize, wanted));
  FROND_ASSIGN(Image out, Image::Create(wanted.window.width, wanted.window.height));
  const AxisGeometry across = AcrossOf(src, resize, wanted);
  const AxisGeometry down = DownOf(src, resize, wanted);
  try {
    const auto run = DownFirst(across, down) ? RunDownFirst : RunAcrossFirst;
    run(*src.pixels, across, down, resize.interpolation, ResampleKernelsFor(isa), out);
  } catch (const std::bad_alloc&) {
    return Error{
        ErrorCode::kLimit,
        StrCat("no memory to resize ", src.width, "x", src.height, " px to ", resize.width, "x", resize.height),
        "free memory, or make the picture smaller"};
  }
  return out;
}

}  // namespace frond
