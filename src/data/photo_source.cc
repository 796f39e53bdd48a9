#include "src/data/photo_source.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "src/base/format.h"
#include "src/base/isa.h"
#include "src/base/mapped_file.h"
#include "src/image/resample.h"

namespace frond {

int ReducedSide(const Preprocessing& preprocessing, const AugmentOptions& options) {
  const double longer = std::max(preprocessing.width, preprocessing.height);
  return static_cast<int>(std::ceil(longer * std::min(2.0, 1 / std::sqrt(options.min_area))));
}

Result<Image> ReduceToAugment(Image photo, const Preprocessing& preprocessing, const AugmentOptions& options) {
  const int limit = ReducedSide(preprocessing, options);
  const int side = preprocessing.mode == ResizeMode::kPad ? std::max(photo.width(), photo.height())
                                                          : std::min(photo.width(), photo.height());
  if (side <= limit) return photo;
  const double ratio = static_cast<double>(limit) / side;
  FROND_ASSIGN(const Isa isa, ChooseIsa());
  return Resample(photo,
                  {.width = std::max<int64_t>(1, std::llround(photo.width() * ratio)),
                   .height = std::max<int64_t>(1, std::llround(photo.height() * ratio)),
                   .interpolation = preprocessing.interpolation},
                  isa);
}

PhotoSource::PhotoSource(const Dataset& dataset, const LoaderOptions& options) : dataset_(dataset), options_(options) {
  if (options.cache_bytes > 0) kept_.resize(dataset.samples.size());
}

Result<FittedPhoto> PhotoSource::Read(const std::string& path) const {
  const Preprocessing& preprocessing = options_.preprocessing;
  if (!options_.augment) {
    FROND_ASSIGN(const MappedFile file, MappedFile::Open(path));
    Result<PicturePart> photo = DecodeSeen(file.bytes(), preprocessing);
    if (!photo.ok()) return photo.error().In(path);
    return FitToInput(std::move(photo).value(), preprocessing);
  }
  DecodeOptions decode;
  decode.draft_min_side = 2 * ReducedSide(preprocessing, *options_.augment);
  FROND_ASSIGN(Image photo, ReadImage(path, decode));
  FROND_ASSIGN(Image reduced, ReduceToAugment(std::move(photo), preprocessing, *options_.augment));
  return FittedPhoto{std::move(reduced), 0, 0};
}

Result<std::shared_ptr<const FittedPhoto>> PhotoSource::Get(size_t sample) {
  if (sample >= dataset_.samples.size()) {
    return Error{ErrorCode::kInvalidArgument, StrCat("sample ", sample, " of a data set of ", dataset_.samples.size()),
                 ""};
  }
  if (!kept_.empty()) {
    const std::lock_guard lock(mutex_);
    if (kept_[sample] != nullptr) return kept_[sample];
  }
  FROND_ASSIGN(FittedPhoto read, Read(dataset_.samples[sample].path));
  auto photo = std::make_shared<const FittedPhoto>(std::move(read));
  if (!kept_.empty()) {
    const size_t bytes = photo->picture.pixels().size() + sizeof(FittedPhoto);
    const std::lock_guard lock(mutex_);
    if (kept_[sample] == nullptr && bytes <= options_.cache_bytes - kept_bytes_) {
      kept_[sample] = photo;
      kept_bytes_ += bytes;
    }
  }
  return photo;
}

}  // namespace frond
