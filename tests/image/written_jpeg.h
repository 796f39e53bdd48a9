#ifndef FROND_TESTS_IMAGE_WRITTEN_JPEG_H_
#define FROND_TESTS_IMAGE_WRITTEN_JPEG_H_

#include <string>

namespace frond::testing {

// How a JPEG is written of GeneratedPicture's bytes.
struct JpegForm {
  const char* name = "";
  int components = 3;  // 1: grey, 3: YCbCr, 4: YCCK
  // Of the first component (and the last of four); the others have (1, 1), but for `other_v`.
  int h = 1;
  int v = 1;
  int other_v = 1;
  bool progressive = false;
  int restart_blocks = 0;  // MCUs between two restart markers; 0: none
};

// EXIF says `orientation`, if it is not 0.
std::string WriteJpeg(const JpegForm& form, int width, int height, int orientation = 0);

}  // namespace frond::testing

#endif  // FROND_TESTS_IMAGE_WRITTEN_JPEG_H_
