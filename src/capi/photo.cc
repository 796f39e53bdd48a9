#include "src/capi/photo.h"

#include <cstring>

#include "src/base/format.h"
#include "src/capi/guard.h"

namespace frond {

Result<Image> ReadFile(const char* path, const DecodeOptions& options) {
  if (path == nullptr) return NullArgument("path");
  return ReadImage(path, options);
}

Result<Image> ReadMemory(const void* bytes, size_t size_bytes, const DecodeOptions& options) {
  if (bytes == nullptr) return NullArgument("bytes");
  return DecodeImage({static_cast<const std::byte*>(bytes), size_bytes}, options);
}

Status FileToInput(const char* path, const Preprocessing& preprocessing, std::span<float> out) {
  if (path == nullptr) return NullArgument("path");
  const Result<PhotoInput> photo = ReadToInput(path, preprocessing, out);
  return photo.ok() ? Status() : photo.error();
}

Status MemoryToInput(const void* bytes, size_t size_bytes, const Preprocessing& preprocessing, std::span<float> out) {
  if (bytes == nullptr) return NullArgument("bytes");
  const Result<PhotoInput> photo =
      DecodeToInput({static_cast<const std::byte*>(bytes), size_bytes}, preprocessing, out);
  return photo.ok() ? Status() : photo.error();
}

Result<Image> CopyPixels(const uint8_t* pixels, int width, int height, size_t stride_bytes) {
  if (pixels == nullptr) return NullArgument("pixels");
  FROND_ASSIGN(Image image, Image::Create(width, height));
  const size_t row_bytes = size_t{3} * static_cast<size_t>(width);
  if (stride_bytes < row_bytes) {
    return Error{ErrorCode::kInvalidArgument, StrCat("rows ", stride_bytes, " bytes apart for ", width, " px"),
                 StrCat("give at least ", row_bytes)};
  }
  for (int y = 0; y < height; ++y) {
    std::memcpy(image.row(y), pixels + static_cast<size_t>(y) * stride_bytes, row_bytes);
  }
  return image;
}

}  // namespace frond
