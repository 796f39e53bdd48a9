#ifndef FROND_SRC_MONITOR_PHOTO_STATISTICS_H_
#define FROND_SRC_MONITOR_PHOTO_STATISTICS_H_

#include <array>
#include <cstddef>
#include <span>
#include <string_view>

#include "frond/result.h"
#include "frond/spec.h"

namespace frond {

// What can be told of a photo before any network sees it. Values are of the model's input, from 0 (black) to 1, as the
// sRGB bytes are; luma is ITU-R BT.601's.
enum class PhotoStatistic {
  kBrightness,  // mean luma
  kContrast,    // standard deviation of luma
  kRedGreen,    // mean of R - G
  kYellowBlue,  // mean of (R + G) / 2 - B
  kColour,      // colourfulness: spread and mean of both (Hasler & Suesstrunk 2003)
  kSharpness,   // log2 of the ratio of the Laplacian's mean size to the gradient's: what blur takes first
  kSize,        // log2 of the photo's pixels, in half steps; NaN where unknown
  kAspect,      // log2 of width over height of the photo, in steps of an eighth; NaN where unknown
};
constexpr size_t kPhotoStatistics = 8;

// "brightness", "red_green": their names in model files and in the kinds of drift.
std::string_view PhotoStatisticName(PhotoStatistic statistic);

using PhotoStatistics = std::array<float, kPhotoStatistics>;

constexpr float StatisticOf(const PhotoStatistics& photo, PhotoStatistic statistic) {
  return photo[static_cast<size_t>(statistic)];
}

// Of an input tensor, 3 x height x width floats in C order, normalised as `preprocessing` says. Every fourth row or so
// is looked at: some 20 us of one core for 224 x 224. `photo_width` and `photo_height` are the photo's own in px, 0
// where unknown. Errors: kInvalidArgument for a size of `input` that disagrees; kBadFormat for values that are not
// finite.
Result<PhotoStatistics> MeasurePhoto(std::span<const float> input, const Preprocessing& preprocessing, int photo_width,
                                     int photo_height);

}  // namespace frond

#endif  // FROND_SRC_MONITOR_PHOTO_STATISTICS_H_
