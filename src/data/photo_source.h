#ifndef FROND_SRC_DATA_PHOTO_SOURCE_H_
#define FROND_SRC_DATA_PHOTO_SOURCE_H_

#include <memory>
#include <mutex>
#include <vector>

#include "frond/result.h"
#include "src/data/dataset.h"
#include "src/data/loader.h"
#include "src/image/input.h"

namespace frond {

// Of a photo to be augmented: so that the smallest crop still has the input's size, as far as twice the input's side
// allows.
int ReducedSide(const Preprocessing& preprocessing, const AugmentOptions& options);

// A photo made as small as the augmentation allows (LoaderOptions::cache_bytes says how small).
Result<Image> ReduceToAugment(Image photo, const Preprocessing& preprocessing, const AugmentOptions& options);

// A data set's photos, decoded and reduced, the first ones that fit kept in memory. For many threads.
class PhotoSource {
 public:
  // Both outlive this object.
  PhotoSource(const Dataset& dataset, const LoaderOptions& options);

  // To be augmented, or else to be normalised. Errors: those of ReadImage, naming the file; kInvalidArgument for an
  // index that the data set has not.
  Result<std::shared_ptr<const FittedPhoto>> Get(size_t sample);

 private:
  Result<FittedPhoto> Read(const std::string& path) const;

  const Dataset& dataset_;
  const LoaderOptions& options_;
  std::mutex mutex_;
  std::vector<std::shared_ptr<const FittedPhoto>> kept_;  // by index; empty where there is no cache
  size_t kept_bytes_ = 0;
};

}  // namespace frond

#endif  // FROND_SRC_DATA_PHOTO_SOURCE_H_
