#include "src/monitor/photo_statistics.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "src/base/format.h"

namespace frond {
namespace {

// Sums of floats are kept in so many parts, which the compiler may add side by side.
constexpr size_t kLanes = 16;
// Rows come in threes, for the Laplacian of the middle one, and so many rows apart.
constexpr int kRowStep = 12;
// Below this share of a byte step, what differs between neighbours is rounding.
constexpr double kLeastEdge = 1e-4;

struct Sums {
  std::array<float, kLanes> luma = {}, luma2 = {}, red_green = {}, red_green2 = {}, yellow_blue = {}, yellow_blue2 = {},
                            gradient = {}, laplacian = {};
};

double Total(const std::array<float, kLanes>& lanes) {
  double total = 0;
  for (const float lane : lanes) total += lane;
  return total;
}

// x * scale + shift is the colour from 0 to 1.
struct Undo {
  float scale;
  float shift;
};

struct Planes {
  std::array<const float*, 3> rows;
  std::array<Undo, 3> undo;
};

// One row's colours into the sums, its luma into `luma`; width a multiple of kLanes.
void AddColours(const Planes& planes, size_t width, float* luma, Sums& sums) {
  const auto [red_undo, green_undo, blue_undo] = planes.undo;
  for (size_t x = 0; x < width; x += kLanes) {
    for (size_t i = 0; i < kLanes; ++i) {
      const float red = planes.rows[0][x + i] * red_undo.scale + red_undo.shift;
      const float green = planes.rows[1][x + i] * green_undo.scale + green_undo.shift;
      const float blue = planes.rows[2][x + i] * blue_undo.scale + blue_undo.shift;
      const float y = 0.299F * red + 0.587F * green + 0.114F * blue;
      const float rg = red - green;
      const float yb = 0.5F * (red + green) - blue;
      luma[x + i] = y;
      sums.luma[i] += y;
      sums.luma2[i] += y * y;
      sums.red_green[i] += rg;
      sums.red_green2[i] += rg * rg;
      sums.yellow_blue[i] += yb;
      sums.yellow_blue2[i] += yb * yb;
    }
  }
}

// Gradient and Laplacian of `count` pixels of `row`, a multiple of kLanes; one more on each side is read.
void AddEdges(const float* above, const float* row, const float* below, size_t count, Sums& sums) {
  const float* left = row - 1;
  for (size_t x = 0; x < count; x += kLanes) {
    for (size_t i = 0; i < kLanes; ++i) {
      const float here = row[x + i];
      const float right = row[x + i + 1];
      sums.gradient[i] += std::abs(right - here) + std::abs(below[x + i] - here);
      sums.laplacian[i] += std::abs(above[x + i] + below[x + i] + left[x + i] + right - 4 * here);
    }
  }
}

// The nearest multiple of `step`.
float InSteps(double value, double step) { return static_cast<float>(std::round(value / step) * step); }

}  // namespace

std::string_view PhotoStatisticName(PhotoStatistic statistic) {
  static constexpr std::array<std::string_view, kPhotoStatistics> kNames = {
      "brightness", "contrast", "red_green", "yellow_blue", "colour", "sharpness", "size", "aspect"};
  return kNames[static_cast<size_t>(statistic)];
}

Result<PhotoStatistics> MeasurePhoto(std::span<const float> input, const Preprocessing& preprocessing, int photo_width,
                                     int photo_height) {
  const int height = preprocessing.height;
  const auto width = static_cast<size_t>(preprocessing.width);
  const size_t plane = static_cast<size_t>(height) * width;
  if (input.size() != 3 * plane || plane == 0) {
    return Error{ErrorCode::kInvalidArgument,
                 StrCat("an input of ", input.size(), " floats, not 3 x ", height, " x ", width),
                 "give what Preprocess wrote"};
  }
  Planes planes = {};
  for (size_t c = 0; c < 3; ++c) {
    planes.undo[c] = {static_cast<float>(preprocessing.std[c]), static_cast<float>(preprocessing.mean[c])};
  }
  // What does not fill lanes at the right is left out, unless it is all there is.
  const size_t used = width / kLanes * kLanes;
  std::array<std::vector<float>, 3> luma;
  for (std::vector<float>& row : luma) row.resize(std::max(used, kLanes) + 1);
  Sums sums;
  std::vector<float> narrow(3 * kLanes);
  size_t pixels = 0;
  size_t edges = 0;
  for (int top = 0; top < height; top += kRowStep) {
    const int rows = std::min(3, height - top);
    for (int r = 0; r < rows; ++r) {
      for (size_t c = 0; c < 3; ++c) {
        planes.rows[c] = input.data() + c * plane + static_cast<size_t>(top + r) * width;
        if (used > 0) continue;
        for (size_t x = 0; x < kLanes; ++x) narrow[c * kLanes + x] = planes.rows[c][x % width];
        planes.rows[c] = narrow.data() + c * kLanes;
      }
      AddColours(planes, std::max(used, kLanes), luma[static_cast<size_t>(r)].data(), sums);
      pixels += std::max(used, kLanes);
    }
    if (rows < 3 || used < 2 * kLanes) continue;
    // From the second pixel on, so that each has a neighbour on both sides.
    AddEdges(luma[0].data() + 1, luma[1].data() + 1, luma[2].data() + 1, used - kLanes, sums);
    edges += used - kLanes;
  }
  const auto n = static_cast<double>(pixels);
  const auto mean = [n](const std::array<float, kLanes>& lanes) { return Total(lanes) / n; };
  const auto deviation = [&](const std::array<float, kLanes>& lanes, const std::array<float, kLanes>& squares) {
    return std::sqrt(std::max(0.0, mean(squares) - mean(lanes) * mean(lanes)));
  };
  const double red_green = mean(sums.red_green);
  const double yellow_blue = mean(sums.yellow_blue);
  const double spread =
      std::hypot(deviation(sums.red_green, sums.red_green2), deviation(sums.yellow_blue, sums.yellow_blue2));
  const double per_edge = edges == 0 ? 0 : 1 / static_cast<double>(edges);
  const double sharpness =
      std::log2((Total(sums.laplacian) * per_edge + kLeastEdge) / (Total(sums.gradient) * per_edge + kLeastEdge));
  const bool known = photo_width > 0 && photo_height > 0;
  constexpr float kUnknown = std::numeric_limits<float>::quiet_NaN();
  PhotoStatistics photo = {
      static_cast<float>(mean(sums.luma)),
      static_cast<float>(deviation(sums.luma, sums.luma2)),
      static_cast<float>(red_green),
      static_cast<float>(yellow_blue),
      static_cast<float>(spread + 0.3 * std::hypot(red_green, yellow_blue)),
      static_cast<float>(sharpness),
      known ? InSteps(std::log2(static_cast<double>(photo_width) * photo_height), 0.5) : kUnknown,
      known ? InSteps(std::log2(static_cast<double>(photo_width) / photo_height), 0.125) : kUnknown};
  for (size_t i = 0; i < static_cast<size_t>(PhotoStatistic::kSize); ++i) {
    if (std::isfinite(photo[i])) continue;
    return Error{ErrorCode::kBadFormat,
                 StrCat("the ", PhotoStatisticName(static_cast<PhotoStatistic>(i)), " of an input is ", photo[i]),
                 "give pixels that are finite"};
  }
  return photo;
}

}  // namespace frond
