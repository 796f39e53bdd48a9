#include "src/image/png_pixels.h"

#include <algorithm>
#include <cstring>

#include "src/image/bytes.h"

namespace frond {
namespace {

constexpr size_t kBlockBytes = 32768;  // stored blocks hold up to 65,535
constexpr int64_t kBlockNs = 5'000;    // the code tables of a DEFLATE block

Error Damaged(const char* message) {
  return {ErrorCode::kBadFormat, message, "the file is damaged: copy or take the photo again"};
}

void PutBig32(std::vector<uint8_t>& out, uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<uint8_t>(value >> shift));
}

uint32_t Crc(const uint8_t* data, size_t size) {
  return static_cast<uint32_t>(crc32(0, data, static_cast<uInt>(size)));
}

}  // namespace

PngPixels::PngPixels(Bytes file, WorkBudget& budget)
    : chunks_(file), budget_(budget), current_(file.first(kPngSignatureBytes)), raw_(kBlockBytes) {
  piece_.reserve(kBlockBytes + 64);  // it is filled under libspng's frames, where nothing may throw
}

PngPixels::~PngPixels() {
  if (inflating_) inflateEnd(&stream_);
}

bool PngPixels::Fail(Error error) {
  error_ = std::move(error);
  return false;
}

bool PngPixels::Read(void* dst, size_t bytes) {
  auto* out = static_cast<std::byte*>(dst);
  while (bytes > 0) {
    if (current_.empty() && (error_.has_value() || !NextPiece())) return false;
    const size_t step = std::min(bytes, current_.size());
    if (step > 0) std::memcpy(out, current_.data(), step);
    current_ = current_.subspan(step);
    out += step;
    bytes -= step;
  }
  return true;
}

bool PngPixels::NextPiece() {
  if (inflating_ && !ended_) return InflateSome();
  while (chunks_.Next()) {
    const std::string_view type = chunks_.type();
    if (type == "IDAT" && !ended_) return NextPixelChunk() && InflateSome();
    if (type == "IHDR" || type == "PLTE" || type == "tRNS" || type == "IEND") {
      current_ = chunks_.whole();
      return true;
    }
  }
  return false;
}

// Makes the IDAT chunk at hand the input.
bool PngPixels::NextPixelChunk() {
  const Bytes whole = chunks_.whole();
  const Bytes checked = whole.subspan(4, whole.size() - 8);
  if (Crc(reinterpret_cast<const uint8_t*>(checked.data()), checked.size()) != Big32(whole, whole.size() - 4)) {
    return Fail(Damaged("PNG: the checksum of its pixels is wrong"));
  }
  if (!inflating_) {
    if (inflateInit(&stream_) != Z_OK) return Fail({ErrorCode::kLimit, "PNG: no memory to decode it", "free memory"});
    inflating_ = true;
  }
  stream_.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(chunks_.data().data()));  // zlib only reads it
  stream_.avail_in = static_cast<uInt>(chunks_.data().size());
  return true;
}

bool PngPixels::NextInput() {
  while (stream_.avail_in == 0) {
    if (!chunks_.Next() || chunks_.type() != "IDAT") return Fail(Damaged("PNG: its pixels are cut short"));
    if (!NextPixelChunk()) return false;
  }
  return true;
}

bool PngPixels::InflateSome() {
  stream_.next_out = raw_.data();
  stream_.avail_out = kBlockBytes;
  while (stream_.avail_out > 0 && !ended_) {
    if (!NextInput()) return false;
    const int code = inflate(&stream_, Z_BLOCK);
    if (code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR) {
      return Fail(Damaged("PNG: its compressed pixels are damaged"));
    }
    const bool at_block = (stream_.data_type & 128) != 0;
    if (at_block && !budget_.SpendTime(kBlockNs)) return Fail(TooMuchTime());
    ended_ = code == Z_STREAM_END;
  }
  inflated_bytes_ += static_cast<int64_t>(kBlockBytes - stream_.avail_out);
  ended_ = ended_ || inflated_bytes_ > raw_bytes_;
  Wrap(ended_);
  return true;
}

// Puts what was inflated into an IDAT chunk of one stored block:
// RFC 1950 and RFC 1951, section 3.2.4.
void PngPixels::Wrap(bool last) {
  const size_t size = kBlockBytes - stream_.avail_out;
  piece_.assign({0, 0, 0, 0, 'I', 'D', 'A', 'T'});
  if (!started_) piece_.insert(piece_.end(), {0x78, 0x01});
  started_ = true;
  const auto low = static_cast<uint8_t>(size & 255);
  const auto high = static_cast<uint8_t>(size >> 8);
  piece_.insert(piece_.end(), {static_cast<uint8_t>(last ? 1 : 0), low, high, static_cast<uint8_t>(~low),
                               static_cast<uint8_t>(~high)});
  piece_.insert(piece_.end(), raw_.begin(), raw_.begin() + static_cast<ptrdiff_t>(size));
  if (last) PutBig32(piece_, static_cast<uint32_t>(stream_.adler));
  const auto length = static_cast<uint32_t>(piece_.size() - 8);
  for (size_t i = 0; i < 4; ++i) piece_[i] = static_cast<uint8_t>(length >> (24 - 8 * i));
  PutBig32(piece_, Crc(piece_.data() + 4, piece_.size() - 4));
  current_ = std::as_bytes(std::span(piece_));
}

}  // namespace frond
