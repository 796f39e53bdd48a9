#include "frond/image.h"

#include <new>

#include "src/base/format.h"

namespace frond {

Result<Image> Image::Create(int width, int height) {
  constexpr int kMaxImageSide = 65535;  // JPEG's own limit
  if (width < 1 || height < 1 || width > kMaxImageSide || height > kMaxImageSide) {
    return Error{ErrorCode::kInvalidArgument, StrCat("a picture of ", width, "x", height, " px"),
                 StrCat("sides may be 1 to ", kMaxImageSide, " px")};
  }
  const size_t bytes = static_cast<size_t>(width) * static_cast<size_t>(height) * 3;
  std::unique_ptr<uint8_t[]> pixels(new (std::nothrow) uint8_t[bytes]);
  if (pixels == nullptr) {
    return Error{ErrorCode::kLimit, StrCat("no memory for a picture of ", width, "x", height, " px"),
                 "free memory, or make the picture smaller"};
  }
  return Image(width, height, std::move(pixels));
}

}  // namespace frond
