#include "src/image/prefix_code.h"

namespace frond {

bool PrefixCode::Build(std::span<const uint8_t> lengths) {
  counts_ = {};
  short_.fill({});
  for (const uint8_t length : lengths) ++counts_[length];
  counts_[0] = 0;
  std::array<uint16_t, kMaxLength + 2> starts{};
  int left = 1;  // codes of the current length that shorter ones leave free
  for (int length = 1; length <= kMaxLength; ++length) {
    left = 2 * left - counts_[length];
    if (left < 0) return false;
    starts[length + 1] = static_cast<uint16_t>(starts[length] + counts_[length]);
  }
  const size_t used = starts[kMaxLength + 1];
  if (used == 0 || (left > 0 && used > 1)) return false;
  symbols_.resize(used);
  for (size_t symbol = 0; symbol < lengths.size(); ++symbol) {
    if (lengths[symbol] != 0) symbols_[starts[lengths[symbol]]++] = static_cast<uint16_t>(symbol);
  }
  if (used == 1) {
    short_.fill({static_cast<int16_t>(symbols_[0]), 0});
  } else {
    FillShort();
  }
  return true;
}

void PrefixCode::FillShort() {
  unsigned code = 0;
  size_t index = 0;
  for (int length = 1; length <= kShortBits; ++length) {
    for (int i = 0; i < counts_[length]; ++i, ++code, ++index) {
      unsigned reversed = 0;  // as it lies in the window
      for (int bit = 0; bit < length; ++bit) reversed |= (code >> bit & 1) << (length - 1 - bit);
      for (unsigned at = reversed; at < short_.size(); at += 1u << length) {
        short_[at] = {static_cast<int16_t>(symbols_[index]), static_cast<int16_t>(length)};
      }
    }
    code <<= 1;
  }
}

int PrefixCode::ReadLong(LittleBits& bits) const {
  const uint32_t window = bits.Peek(kMaxLength);
  int code = 0;
  int first = 0;  // the first code of this length
  int index = 0;  // and its place in symbols_
  for (int length = 1; length <= kMaxLength; ++length) {
    code |= static_cast<int>(window >> (length - 1) & 1);
    const int count = counts_[length];
    if (code - first < count) {
      bits.Skip(length);
      return symbols_[static_cast<size_t>(index + code - first)];
    }
    index += count;
    first = (first + count) << 1;
    code <<= 1;
  }
  return 0;  // not reached: the code is complete
}

}  // namespace frond
