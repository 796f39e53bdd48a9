#include "src/image/webp_chunks.h"

#include <algorithm>
#include <string_view>

#include "src/base/format.h"
#include "src/image/bytes.h"

namespace frond {
namespace {

constexpr size_t kRiffBytes = 12;  // "RIFF", size, "WEBP"

Error Damaged(std::string message) {
  return {ErrorCode::kBadFormat, std::move(message), "the file is damaged: copy or take the photo again"};
}

// Chunks of a RIFF list: type, size, data, a byte of padding after an odd size.
class RiffChunks {
 public:
  explicit RiffChunks(Bytes list) : rest_(list) {}

  bool Next() {
    if (rest_.empty()) return false;
    if (rest_.size() < 8 || Little32(rest_, 4) > rest_.size() - 8) {
      cut_short_ = true;
      return false;
    }
    const size_t size = Little32(rest_, 4);
    type_ = AsText(rest_.first(4));
    data_ = rest_.subspan(8, size);
    start_ = rest_.data();
    rest_ = rest_.subspan(std::min(rest_.size(), 8 + size + size % 2));
    return true;
  }

  std::string_view type() const { return type_; }
  Bytes data() const { return data_; }
  const std::byte* start() const { return start_; }  // of the chunk's header
  bool cut_short() const { return cut_short_; }

 private:
  Bytes rest_;
  std::string_view type_;
  Bytes data_;
  const std::byte* start_ = nullptr;
  bool cut_short_ = false;
};

// What the RIFF header encloses; empty where it says more than the file holds.
Bytes ListOf(Bytes file) {
  if (file.size() < kRiffBytes) return {};
  const size_t size = Little32(file, 4);
  if (size < 4 || size > file.size() - 8) return {};
  return file.subspan(kRiffBytes, size - 4);
}

// Fills the frame's chunks from a list that holds its picture, the file's or an animation frame's.
Status FindPicture(Bytes list, WebpFrame& frame) {
  RiffChunks chunks(list);
  const std::byte* begin = nullptr;
  while (chunks.Next()) {
    const bool lossless = chunks.type() == "VP8L";
    if (chunks.type() == "ALPH" && begin == nullptr) {
      begin = chunks.start();
      frame.alpha = chunks.data();
    } else if (lossless || chunks.type() == "VP8 ") {
      if (lossless) frame.alpha = {};  // it has its own
      if (begin == nullptr || lossless) begin = chunks.start();
      frame.pixels = chunks.data();
      frame.lossless = lossless;
      const std::byte* end = frame.pixels.data() + frame.pixels.size();
      frame.chunks = {begin, static_cast<size_t>(end - begin)};
      return {};
    }
  }
  return Damaged(chunks.cut_short() ? "WebP: the file is cut short" : "WebP: it holds no picture");
}

Status FindFirstFrame(Bytes list, WebpFrame& frame) {
  RiffChunks chunks(list);
  while (chunks.Next()) {
    if (chunks.type() != "ANMF") continue;
    const Bytes data = chunks.data();
    if (data.size() < 16) return Damaged("WebP: a frame's header is too short");
    frame.x = static_cast<int>(2 * Little24(data, 0));
    frame.y = static_cast<int>(2 * Little24(data, 3));
    return FindPicture(data.subspan(16), frame);
  }
  return Damaged(chunks.cut_short() ? "WebP: the file is cut short" : "WebP: an animation without frames");
}

}  // namespace

Result<WebpFrame> FindWebpFrame(Bytes file) {
  const Bytes list = ListOf(file);
  if (list.empty()) return Damaged("WebP: the file is cut short");
  WebpFrame frame;
  RiffChunks chunks(list);
  if (chunks.Next() && chunks.type() == "VP8X") {
    const Bytes header = chunks.data();
    if (header.size() < 10) return Damaged("WebP: its header is too short");
    frame.canvas_width = static_cast<int>(Little24(header, 4)) + 1;
    frame.canvas_height = static_cast<int>(Little24(header, 7)) + 1;
    frame.animated = (ByteAt(header, 0) & 0x02) != 0;
  }
  FROND_RETURN_IF_ERROR(frame.animated ? FindFirstFrame(list, frame) : FindPicture(list, frame));
  return frame;
}

Bytes WebpExif(Bytes file) {
  RiffChunks chunks(ListOf(file));
  while (chunks.Next()) {
    if (chunks.type() == "EXIF") return chunks.data();
  }
  return {};
}

}  // namespace frond
