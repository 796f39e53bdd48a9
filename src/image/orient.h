#ifndef FROND_SRC_IMAGE_ORIENT_H_
#define FROND_SRC_IMAGE_ORIENT_H_

#include "frond/image.h"
#include "frond/result.h"
#include "src/image/part.h"

namespace frond {

// The picture as the viewer sees it, from the picture as it is stored and EXIF's
// orientation: 1 as it is, 2 mirrored left to right, 3 turned by 180 degrees, 4
// mirrored top to bottom, 5 transposed, 6 to be turned by 90 degrees clockwise, 7
// transposed along the other diagonal, 8 to be turned by 90 degrees
// anticlockwise; any other value is taken as 1. Errors: kLimit where memory is refused.
Result<Image> Orient(Image image, int orientation);

// Whether that exchanges width and height.
inline bool IsTransposed(int orientation) { return orientation >= 5 && orientation <= 8; }

// Where a region of the upright picture lies in the stored one, which is width x height px.
Region RegionAsStored(const Region& upright, int orientation, int width, int height);

}  // namespace frond

#endif  // FROND_SRC_IMAGE_ORIENT_H_
