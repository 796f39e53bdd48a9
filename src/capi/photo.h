#ifndef FROND_SRC_CAPI_PHOTO_H_
#define FROND_SRC_CAPI_PHOTO_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "frond/image.h"
#include "frond/result.h"

namespace frond {

// The ways of frond.h to give a photo; kInvalidArgument for NULL.
Result<Image> ReadFile(const char* path, const DecodeOptions& options);
Result<Image> ReadMemory(const void* bytes, size_t size_bytes, const DecodeOptions& options);
// The same as the model's input.
Status FileToInput(const char* path, const Preprocessing& preprocessing, std::span<float> out);
Status MemoryToInput(const void* bytes, size_t size_bytes, const Preprocessing& preprocessing, std::span<float> out);
Result<Image> CopyPixels(const uint8_t* pixels, int width, int height, size_t stride_bytes);

}  // namespace frond

#endif  // FROND_SRC_CAPI_PHOTO_H_
