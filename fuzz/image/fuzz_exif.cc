// libFuzzer target for EXIF blocks, and for the containers that hold them.

#include "fuzz/image/decode.h"
#include "src/image/exif.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  const int orientation = frond::OrientationOfTiff(bytes);
  frond::Require(orientation >= 1 && orientation <= 8);
  const int in_file = frond::ExifOrientation(bytes, frond::SniffPhoto(bytes));
  frond::Require(in_file >= 1 && in_file <= 8);
  return 0;
}
