#include "src/data/look.h"

#include <algorithm>
#include <cmath>
#include <new>

#include "src/base/mapped_file.h"
#include "src/base/thread_pool.h"
#include "src/image/resample.h"

namespace frond {
namespace {

constexpr int kSide = 2 * kHashSide;   // px, of the picture that hash and border are taken from
constexpr int kCells = 8;              // along a side
constexpr int kCell = kSide / kCells;  // px
// Twice the picture's side: what a JPEG's draft drops is then averaged away.
constexpr int kDraftMinSide = 2 * kSide;
// Pixels that may be in the decoders at once; a progressive JPEG takes up to 9 bytes for each. Larger pictures are
// decoded one at a time.
constexpr int64_t kMaxPixelsInFlight = 32'000'000;

HashPicture LumaOf(const Image& picture) {
  HashPicture luma;
  for (int y = 0; y < kHashSide; ++y) {
    const uint8_t* upper = picture.row(2 * y);
    const uint8_t* lower = picture.row(2 * y + 1);
    for (int x = 0; x < kHashSide; ++x) {
      std::array<int, 3> sum = {};
      for (int c = 0; c < 3; ++c) {
        const int at = 6 * x + c;
        sum[static_cast<size_t>(c)] = upper[at] + upper[at + 3] + lower[at] + lower[at + 3];
      }
      // ITU-R BT.601 in thousandths, of the mean of four pixels, rounded.
      const int weighted = 299 * sum[0] + 587 * sum[1] + 114 * sum[2];
      luma[static_cast<size_t>(y) * kHashSide + static_cast<size_t>(x)] =
          static_cast<uint8_t>((weighted + 2000) / 4000);
    }
  }
  return luma;
}

void Border(const Image& picture, std::array<float, kBorderFeatures>& border) {
  size_t feature = 0;
  for (int row = 0; row < kCells; ++row) {
    for (int column = 0; column < kCells; ++column) {
      if (row > 0 && row < kCells - 1 && column > 0 && column < kCells - 1) continue;
      for (int c = 0; c < 3; ++c) {
        int sum = 0;
        int squares = 0;
        for (int y = 0; y < kCell; ++y) {
          const uint8_t* pixels = picture.row(row * kCell + y) + 3 * column * kCell + c;
          for (int x = 0; x < kCell; ++x) {
            sum += pixels[3 * x];
            squares += pixels[3 * x] * pixels[3 * x];
          }
        }
        constexpr float kPixels = kCell * kCell;
        const float mean = static_cast<float>(sum) / kPixels;
        border[feature++] = mean;
        border[feature++] = std::sqrt(std::max(0.0F, static_cast<float>(squares) / kPixels - mean * mean));
      }
    }
  }
}

Result<Look> Decode(std::span<const std::byte> file, int64_t max_pixels) {
  DecodeOptions options;
  options.draft_min_side = kDraftMinSide;
  options.max_pixels = std::min(options.max_pixels, max_pixels);
  FROND_ASSIGN(const Image photo, DecodeImage(file, options));
  FROND_ASSIGN(const Isa isa, ChooseIsa());
  FROND_ASSIGN(const Image picture, Resample(photo, {kSide, kSide, Interpolation::kBilinear}, isa));
  Look look;
  look.width = photo.width() * photo.draft();
  look.height = photo.height() * photo.draft();
  look.luma = LumaOf(picture);
  look.blank = IsBlank(look.luma);
  look.hash = PerceptualHash(look.luma);
  Border(picture, look.border);
  return look;
}

Look LookAtFile(const std::string& path, int64_t max_pixels) {
  try {
    const Result<MappedFile> file = MappedFile::Open(path);
    if (file.ok()) return LookAt(file->bytes(), max_pixels);
    Look look;
    look.error = file.error();
    return look;
  } catch (const std::bad_alloc&) {  // threads of the pool must not throw
    Look look;
    look.error = Error{ErrorCode::kLimit, "no memory to decode it", "free memory, or make the picture smaller"};
    return look;
  }
}

}  // namespace

Look LookAt(std::span<const std::byte> file, int64_t max_pixels) {
  Result<Look> decoded = Decode(file, max_pixels);
  Look look;
  if (decoded.ok()) {
    look = std::move(decoded).value();
    look.content = HashContent(file);
  } else {
    look.error = decoded.error();
  }
  return look;
}

std::vector<Look> LookAtAll(const Dataset& dataset, int threads, const std::function<void(size_t, size_t)>& progress) {
  const size_t count = dataset.samples.size();
  std::vector<Look> looks(count);
  // More decoders than CPUs would only hold more pictures in memory.
  const int cpus = AvailableCpus();
  ThreadPool pool(std::clamp(threads == 0 ? cpus : threads, 1, cpus));
  const int64_t max_pixels = DecodeOptions{}.max_pixels;
  const int64_t share = std::min(kMaxPixelsInFlight / pool.threads(), max_pixels);
  const size_t chunk = static_cast<size_t>(pool.threads()) * 32;  // between two calls of progress
  for (size_t begin = 0; begin < count; begin += chunk) {
    const size_t end = std::min(count, begin + chunk);
    pool.Run(static_cast<int>(end - begin), [&](int task, int /*thread*/) {
      const size_t i = begin + static_cast<size_t>(task);
      looks[i] = LookAtFile(dataset.samples[i].path, share);
    });
    for (size_t i = begin; i < end && share < max_pixels; ++i) {
      const bool too_large = looks[i].error && looks[i].error->code == ErrorCode::kLimit;
      if (too_large) looks[i] = LookAtFile(dataset.samples[i].path, max_pixels);
    }
    if (progress) progress(end, count);
  }
  return looks;
}

}  // namespace frond
