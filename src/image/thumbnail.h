#ifndef FROND_SRC_IMAGE_THUMBNAIL_H_
#define FROND_SRC_IMAGE_THUMBNAIL_H_

#include <string>

#include "frond/image.h"
#include "frond/result.h"

namespace frond {

// A small copy of a photo for a page that loads nothing: width="..." height="..." src="data:...", attributes of an
// <img>. Its longer side is `side` px, or the photo's own where that is shorter; about 5 kB at 160. Errors: those of
// Resample and EncodeJpeg.
Result<std::string> ThumbnailAttributes(const Image& photo, int side);

}  // namespace frond

#endif  // FROND_SRC_IMAGE_THUMBNAIL_H_
