#include "src/image/thumbnail.h"

#include <algorithm>
#include <cmath>
#include <string_view>
#include <vector>

#include "src/base/base64.h"
#include "src/base/format.h"
#include "src/image/encode.h"
#include "src/image/resample.h"

namespace frond {

Result<std::string> ThumbnailAttributes(const Image& photo, int side) {
  constexpr int kQuality = 80;
  const double scale = std::min(1.0, static_cast<double>(side) / std::max(photo.width(), photo.height()));
  const auto scaled = [&](int px) { return std::max<int64_t>(1, std::llround(scale * px)); };
  FROND_ASSIGN(const Isa isa, ChooseIsa());
  FROND_ASSIGN(const Image small,
               Resample(photo, {.width = scaled(photo.width()), .height = scaled(photo.height())}, isa));
  FROND_ASSIGN(const std::vector<std::byte> file, EncodeJpeg(small, kQuality));
  const std::string_view bytes(reinterpret_cast<const char*>(file.data()), file.size());
  return StrCat("width=\"", small.width(), "\" height=\"", small.height(), "\" src=\"data:image/jpeg;base64,",
                Base64(bytes), "\"");
}

}  // namespace frond
