#ifndef FROND_SRC_IMAGE_ORIENT_H_
#define FROND_SRC_IMAGE_ORIENT_H_

#include "frond/image.h"
#include "frond/result.h"

namespace frond {

// The picture as the viewer sees it, from the picture as it is stored and EXIF's
// orientation: 1 as it is, 2 mirrored left to right, 3 turned by 180 degrees, 4
// mirrored top to bottom, 5 transposed, 6 to be turned by 90 degrees clockwise, 7
// transposed along the other diagonal, 8 to be turned by 90 degrees
// anticlockwise; any other value is taken as 1. Errors: kLimit where memory is refused.
Result<Image> Orient(Image image, int orientation);

}  // namespace frond

#endif  // FROND_SRC_IMAGE_ORIENT_H_
