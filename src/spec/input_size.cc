#include "src/spec/input_size.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "src/base/format.h"
#include "src/spec/limits.h"

namespace frond {

Result<InputSize> ParseInputSize(const std::string& text) {
  const char* end = text.data() + text.size();
  InputSize size;
  auto [at, code] = std::from_chars(text.data(), end, size.height);
  size.width = size.height;
  if (code == std::errc() && at != end && *at == 'x') {
    const auto second = std::from_chars(at + 1, end, size.width);
    at = second.ptr;
    code = second.ec;
  }
  const auto fits = [](int side) { return side >= 1 && side <= kMaxSide; };
  if (code != std::errc() || at != end || !fits(size.height) || !fits(size.width)) {
    return Error{ErrorCode::kInvalidArgument, StrCat(Quote(text), " is no size of an input"),
                 StrCat("give N or HxW in px, from 1 to ", kMaxSide)};
  }
  return size;
}

InputSize ShapedInput(const Spec& spec, double pixels, double width_by_height) {
  int stride = 2;  // the stem's
  for (const StageSpec& stage : spec.stages) stride *= stage.stride;
  stride = std::clamp(stride, 1, kMaxSide);
  InputSize best{stride, stride};
  double least = INFINITY;
  for (int height = stride; height <= kMaxSide; height += stride) {
    const double ideal = height * width_by_height / stride;
    for (const double steps : {std::floor(ideal), std::ceil(ideal)}) {
      const double width = steps * stride;
      if (width < 1 || width > kMaxSide) continue;
      const double miss =
          std::abs(std::log(height * width / pixels)) + std::abs(std::log(width / height / width_by_height));
      if (miss < least) {
        least = miss;
        best = {height, static_cast<int>(width)};
      }
    }
  }
  return best;
}

}  // namespace frond
