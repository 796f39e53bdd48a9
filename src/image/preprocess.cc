#include <algorithm>
#include <array>
#include <chrono>
#include <new>
#include <utility>

#include "frond/image.h"
#include "src/base/format.h"
#include "src/base/isa.h"
#include "src/base/mapped_file.h"
#include "src/base/milliseconds.h"
#include "src/image/decode.h"
#include "src/image/geometry.h"
#include "src/image/input.h"
#include "src/image/resample.h"

namespace frond {
namespace {

using Clock = std::chrono::steady_clock;

// (p / 255 - mean) / std for every byte, rounded after each step as torchvision's
// ToTensor and Normalize round in float32.
using Table = std::array<float, 256>;

Table NormaliseTable(double mean, double std) {
  Table table = {};
  for (int p = 0; p < 256; ++p) {
    const float unit = static_cast<float>(p) / 255.0f;
    const float centred = unit - static_cast<float>(mean);
    table[p] = centred / static_cast<float>(std);
  }
  return table;
}

Result<FittedPhoto> Fit(const PartView& photo, const Placement& placement) {
  FROND_ASSIGN(const Isa isa, ChooseIsa());
  FROND_ASSIGN(Image picture, Resample(photo, placement.resize, isa));
  return FittedPhoto{std::move(picture), placement.left, placement.top};
}

// Whether a resize, to the size that the picture has, would only copy this part.
bool IsTheWindow(const PicturePart& photo, const Resize& resize) {
  if (resize.width != photo.width || resize.height != photo.height || resize.box || !resize.window) return false;
  return resize.window->left == photo.left && resize.window->top == photo.top &&
         resize.window->width == photo.pixels.width() && resize.window->height == photo.pixels.height();
}

}  // namespace

DecodeOptions DecodeOptionsFor(const Preprocessing& preprocessing) {
  DecodeOptions options;
  if (preprocessing.draft) {
    // Twice the target, as Pillow's thumbnail() with its reducing_gap of 2.
    const int side = std::max(preprocessing.width, preprocessing.height);
    options.draft_min_side = 2 * ScaledSide(side, preprocessing.crop_pct);
  }
  return options;
}

Status CheckInputFloats(size_t floats, const Preprocessing& preprocessing) {
  const size_t plane = static_cast<size_t>(preprocessing.height) * static_cast<size_t>(preprocessing.width);
  if (preprocessing.height < 1 || preprocessing.width < 1 || floats != 3 * plane) {
    return Error{ErrorCode::kInvalidArgument,
                 StrCat("an output of ", floats, " floats for ", preprocessing.height, "x", preprocessing.width, " px"),
                 StrCat("give 3 x height x width, ", 3 * plane)};
  }
  return {};
}

Result<PicturePart> DecodeSeen(std::span<const std::byte> file, const Preprocessing& preprocessing,
                               int64_t max_pixels) {
  DecodeOptions options = DecodeOptionsFor(preprocessing);
  options.max_pixels = max_pixels;
  return DecodePart(file, options, [&](int width, int height) {
    return ReachOf(PlacementOf(width, height, preprocessing).resize, width, height);
  });
}

Result<FittedPhoto> FitToInput(PicturePart photo, const Preprocessing& preprocessing) {
  const Placement placement = PlacementOf(photo.width, photo.height, preprocessing);
  if (IsTheWindow(photo, placement.resize)) {
    return FittedPhoto{std::move(photo.pixels), placement.left, placement.top};
  }
  return Fit(photo.view(), placement);
}

Status NormaliseToInput(const Image& picture, int left, int top, const Preprocessing& preprocessing,
                        std::span<float> out) {
  FROND_RETURN_IF_ERROR(CheckInputFloats(out.size(), preprocessing));
  const size_t plane = out.size() / 3;
  std::array<Table, 3> tables = {};
  for (size_t c = 0; c < 3; ++c) {
    tables[c] = NormaliseTable(preprocessing.mean[c], preprocessing.std[c]);
    if (picture.width() < preprocessing.width || picture.height() < preprocessing.height) {
      std::fill_n(out.data() + c * plane, plane, tables[c][FillByte(preprocessing.mean[c])]);
    }
  }
  for (int y = 0; y < picture.height(); ++y) {
    const uint8_t* pixel = picture.row(y);
    float* row = out.data() + static_cast<size_t>(top + y) * static_cast<size_t>(preprocessing.width) + left;
    for (int x = 0; x < picture.width(); ++x, pixel += 3) {
      row[x] = tables[0][pixel[0]];
      row[plane + x] = tables[1][pixel[1]];
      row[2 * plane + x] = tables[2][pixel[2]];
    }
  }
  return {};
}

Status Preprocess(const Image& photo, const Preprocessing& preprocessing, std::span<float> out) {
  FROND_RETURN_IF_ERROR(CheckInputFloats(out.size(), preprocessing));
  FROND_ASSIGN(const FittedPhoto fitted,
               Fit(WholeOf(photo), PlacementOf(photo.width(), photo.height(), preprocessing)));
  return NormaliseToInput(fitted.picture, fitted.left, fitted.top, preprocessing, out);
}

Result<PhotoInput> DecodeToInput(std::span<const std::byte> file, const Preprocessing& preprocessing,
                                 std::span<float> out, int64_t max_pixels) {
  try {
    FROND_RETURN_IF_ERROR(CheckInputFloats(out.size(), preprocessing));
    const Clock::time_point start = Clock::now();
    FROND_ASSIGN(PicturePart seen, DecodeSeen(file, preprocessing, max_pixels));
    const Clock::time_point decoded = Clock::now();
    const int draft = seen.pixels.draft();
    PhotoInput met{seen.width * draft, seen.height * draft, Milliseconds(decoded - start), 0};
    FROND_ASSIGN(const FittedPhoto fitted, FitToInput(std::move(seen), preprocessing));
    FROND_RETURN_IF_ERROR(NormaliseToInput(fitted.picture, fitted.left, fitted.top, preprocessing, out));
    met.preprocess_ms = Milliseconds(Clock::now() - decoded);
    return met;
  } catch (const std::bad_alloc&) {
    return Error{ErrorCode::kLimit, "no memory to decode the photo", "free memory, or make the picture smaller"};
  }
}

Result<PhotoInput> ReadToInput(const std::string& path, const Preprocessing& preprocessing, std::span<float> out,
                               int64_t max_pixels) {
  const Clock::time_point start = Clock::now();
  FROND_ASSIGN(const MappedFile file, MappedFile::Open(path));
  const double read_ms = Milliseconds(Clock::now() - start);
  Result<PhotoInput> photo = DecodeToInput(file.bytes(), preprocessing, out, max_pixels);
  if (!photo.ok()) return photo.error().In(path);
  photo->decode_ms += read_ms;
  return photo;
}

}  // namespace frond
