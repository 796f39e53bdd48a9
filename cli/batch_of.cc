#include "cli/batch_of.h"

#include "src/base/format.h"

namespace frond::cli {

Result<ImageBatch> BatchOf(const NpyFile& npy, const std::string& path) {
  constexpr int64_t kMaxExtent = 1 << 20;
  const Shape& shape = npy.shape();
  const bool fits = shape.size() == 4 && shape[1] == 3 && shape[0] >= 1 && shape[0] <= kMaxExtent && shape[2] >= 1 &&
                    shape[2] <= kMaxExtent && shape[3] >= 1 && shape[3] <= kMaxExtent;
  if (!fits) {
    return Error{ErrorCode::kInvalidArgument,
                 StrCat(path, ": the array is ", ToString(shape), ", wanted is N x 3 x H x W"),
                 shape.size() == 4 && shape[3] == 3 ? "save x.transpose(0, 3, 1, 2).copy()"
                                                    : "stack images as float32 with numpy.stack"};
  }
  return ImageBatch{npy.values(), static_cast<int>(shape[0]), static_cast<int>(shape[2]), static_cast<int>(shape[3])};
}

}  // namespace frond::cli
