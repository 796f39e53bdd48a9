#include "src/image/png_chunks.h"

#include "src/base/format.h"
#include "src/image/bytes.h"

namespace frond {
namespace {

constexpr size_t kFrameBytes = 12;  // length, type, checksum

Error Damaged(std::string message) {
  return {ErrorCode::kBadFormat, std::move(message), "the file is damaged: copy or take the photo again"};
}

}  // namespace

bool PngChunks::Next() {
  if (rest_.empty()) return false;
  if (rest_.size() < kFrameBytes || Big32(rest_, 0) > rest_.size() - kFrameBytes) {
    cut_short_ = true;
    return false;
  }
  const size_t length = Big32(rest_, 0);
  whole_ = rest_.first(length + kFrameBytes);
  type_ = AsText(whole_.subspan(4, 4));
  data_ = whole_.subspan(8, length);
  rest_ = rest_.subspan(whole_.size());
  return true;
}

Status CheckPngChunks(Bytes file) {
  PngChunks chunks(file);
  if (!chunks.Next() || chunks.type() != "IHDR" || chunks.data().size() != 13) {
    return Damaged("PNG: it does not begin with its header");
  }
  bool has_pixels = false;
  while (chunks.Next()) {
    const std::string_view type = chunks.type();
    if (type == "IEND") {
      if (!has_pixels) return Damaged("PNG: it holds no pixels");
      return {};
    }
    has_pixels |= type == "IDAT";
    const bool critical = type[0] >= 'A' && type[0] <= 'Z';  // section 5.4 of the PNG specification
    if (critical && type != "IDAT" && type != "PLTE") {
      return Damaged(StrCat("PNG: an unknown chunk \"", Quote(type), "\" that a reader may not skip"));
    }
  }
  return Damaged("PNG: the file is cut short");
}

Bytes PngExif(Bytes file) {
  if (file.size() < kPngSignatureBytes) return {};
  PngChunks chunks(file);
  while (chunks.Next()) {
    if (chunks.type() == "eXIf") return chunks.data();
    if (chunks.type() == "IEND") break;
  }
  return {};
}

}  // namespace frond
