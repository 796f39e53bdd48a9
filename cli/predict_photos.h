#ifndef FROND_CLI_PREDICT_PHOTOS_H_
#define FROND_CLI_PREDICT_PHOTOS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "frond/result.h"

namespace frond::cli {

// A photo to answer for, or a path that could not even be looked at.
struct Photo {
  std::string path;
  std::optional<Error> error;
};

struct PhotoList {
  std::vector<Photo> photos;
  int64_t skipped = 0;  // files in folders that are no photos
};

// What the arguments name: a file as it is, whatever it holds; of a folder every
// file below it whose first bytes are a photo's, sorted by path. Links are
// followed, and a folder is entered once, so that links in a circle end.
PhotoList CollectPhotos(const std::vector<std::string>& arguments);

}  // namespace frond::cli

#endif  // FROND_CLI_PREDICT_PHOTOS_H_
