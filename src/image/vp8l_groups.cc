// The part of a lossless WebP decoder that comes before the pixels, after RFC 9649,
// whose sections are cited. What fills transforms is skipped, not kept: only the
// number of bits matters, which neither the values nor the distances of copies change.

#include "src/image/vp8l_groups.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include "src/image/bytes.h"
#include "src/image/prefix_code.h"

namespace frond {
namespace {

constexpr int kLiterals = 256;
constexpr int kLengthSymbols = 24;
constexpr int kDistanceSymbols = 40;
constexpr int kMaxCacheBits = 11;

int BlocksOf(int side, int bits) { return (side + (1 << bits) - 1) >> bits; }

class GroupCounter {
 public:
  explicit GroupCounter(Bytes stream) : bits_(stream) {}

  // 0: the stream is damaged.
  int Count(int width, int height) {
    if (!SkipTransforms(width, height)) return 0;
    int cache_bits = 0;
    if (!ReadCacheBits(cache_bits)) return 0;
    if (bits_.Read(1) == 0) return 1;  // section 6.2.2: one group for the whole picture
    const int block_bits = static_cast<int>(bits_.Read(3)) + 2;
    int largest = 0;
    if (!SkipImage(BlocksOf(width, block_bits), BlocksOf(height, block_bits), &largest)) return 0;
    return largest + 1;
  }

 private:
  // Section 4; the colour-indexing transform packs pixels and so changes the width.
  bool SkipTransforms(int& width, int height) {
    enum : uint32_t { kPredictor, kColor, kSubtractGreen, kColorIndexing };
    uint32_t seen = 0;
    while (bits_.Read(1) != 0) {
      const uint32_t type = bits_.Read(2);
      if ((seen >> type & 1) != 0) return false;
      seen |= 1u << type;
      if (type == kPredictor || type == kColor) {
        const int block_bits = static_cast<int>(bits_.Read(3)) + 2;
        if (!SkipImage(BlocksOf(width, block_bits), BlocksOf(height, block_bits), nullptr)) return false;
      } else if (type == kColorIndexing) {
        const int colors = static_cast<int>(bits_.Read(8)) + 1;
        if (!SkipImage(colors, 1, nullptr)) return false;
        width = BlocksOf(width, colors <= 2 ? 3 : colors <= 4 ? 2 : colors <= 16 ? 1 : 0);
      }
    }
    return true;
  }

  bool ReadCacheBits(int& cache_bits) {
    cache_bits = 0;
    if (bits_.Read(1) == 0) return true;
    cache_bits = static_cast<int>(bits_.Read(4));
    return cache_bits >= 1 && cache_bits <= kMaxCacheBits;
  }

  // An image with one group of codes (section 5). `largest` becomes the largest of
  // its pixels, of which red and green are one number; copies and the cache repeat only
  // what was there before.
  bool SkipImage(int width, int height, int* largest) {
    int cache_bits = 0;
    if (!ReadCacheBits(cache_bits)) return false;
    PrefixCode green;
    PrefixCode red;
    PrefixCode blue;
    PrefixCode alpha;
    PrefixCode distance;
    if (!ReadCode(kLiterals + kLengthSymbols + (cache_bits > 0 ? 1 << cache_bits : 0), green) ||
        !ReadCode(kLiterals, red) || !ReadCode(kLiterals, blue) || !ReadCode(kLiterals, alpha) ||
        !ReadCode(kDistanceSymbols, distance)) {
      return false;
    }
    const int64_t pixels = int64_t{width} * height;
    for (int64_t at = 0; at < pixels && !bits_.overrun();) {
      const int symbol = green.Read(bits_);
      if (symbol < kLiterals) {
        const int group = red.Read(bits_) << 8 | symbol;
        if (largest != nullptr) *largest = std::max(*largest, group);
        blue.Read(bits_);
        alpha.Read(bits_);
        ++at;
      } else if (symbol < kLiterals + kLengthSymbols) {
        at += ReadValue(symbol - kLiterals);
        if (at > pixels) return false;
        ReadValue(distance.Read(bits_));
      } else {
        ++at;
      }
    }
    return !bits_.overrun();
  }

  // Section 5.2.2: what the symbol of a length or a distance stands for.
  int64_t ReadValue(int symbol) {
    if (symbol < 4) return symbol + 1;
    const int extra = (symbol - 2) >> 1;
    return (int64_t{2 + (symbol & 1)} << extra) + bits_.Read(extra) + 1;
  }

  // Section 6.2.1: one prefix code over `alphabet` symbols.
  bool ReadCode(int alphabet, PrefixCode& code) {
    std::vector<uint8_t> lengths(static_cast<size_t>(std::max(alphabet, kLiterals)));
    if (bits_.Read(1) != 0) {
      const bool two = bits_.Read(1) != 0;
      lengths[bits_.Read(bits_.Read(1) != 0 ? 8 : 1)] = 1;
      if (two) lengths[bits_.Read(8)] = 1;
    } else if (!ReadLengths(alphabet, lengths)) {
      return false;
    }
    // A symbol outside the alphabet is as if it were not there, as in libwebp.
    return !bits_.overrun() && code.Build(std::span(lengths).first(static_cast<size_t>(alphabet)));
  }

  bool ReadLengths(int alphabet, std::vector<uint8_t>& lengths) {
    constexpr std::array<uint8_t, 19> kOrder = {17, 18, 0, 1, 2, 3, 4, 5, 16, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    std::array<uint8_t, 19> code_lengths{};
    const size_t count = bits_.Read(4) + 4;
    for (size_t i = 0; i < count; ++i) code_lengths[kOrder[i]] = static_cast<uint8_t>(bits_.Read(3));
    PrefixCode code;
    if (!code.Build(code_lengths)) return false;
    int left = alphabet;  // symbols of `code` to come
    if (bits_.Read(1) != 0) {
      const int size = 2 + 2 * static_cast<int>(bits_.Read(3));
      left = 2 + static_cast<int>(bits_.Read(size));
      if (left > alphabet) return false;
    }
    int previous = 8;
    for (int at = 0; at < alphabet && left > 0; --left) {
      const int symbol = code.Read(bits_);
      if (symbol < 16) {
        lengths[static_cast<size_t>(at++)] = static_cast<uint8_t>(symbol);
        if (symbol != 0) previous = symbol;
        continue;
      }
      const int repeat = symbol == 16   ? 3 + static_cast<int>(bits_.Read(2))
                         : symbol == 17 ? 3 + static_cast<int>(bits_.Read(3))
                                        : 11 + static_cast<int>(bits_.Read(7));
      if (at + repeat > alphabet) return false;
      std::fill_n(lengths.begin() + at, repeat, static_cast<uint8_t>(symbol == 16 ? previous : 0));
      at += repeat;
    }
    return true;
  }

  LittleBits bits_;
};

}  // namespace

Result<int> CountVp8lGroups(Bytes stream, int width, int height) {
  const int groups = GroupCounter(stream).Count(width, height);
  if (groups == 0) {
    return Error{ErrorCode::kBadFormat, "WebP: its Huffman codes are damaged",
                 "the file is damaged: copy or take the photo again"};
  }
  return groups;
}

}  // namespace frond
