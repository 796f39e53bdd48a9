#ifndef FROND_SRC_IMAGE_PREFIX_CODE_H_
#define FROND_SRC_IMAGE_PREFIX_CODE_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace frond {

// Bits of a stream, the lowest of a byte first. Past the end it reads zeros and says so.
class LittleBits {
 public:
  explicit LittleBits(std::span<const std::byte> bytes) : bytes_(bytes) {}

  // The next `count` bits, at most 24, without consuming them.
  uint32_t Peek(int count) {
    while (held_ < count) {
      const uint64_t next = at_ < bytes_.size() ? std::to_integer<uint64_t>(bytes_[at_]) : 0;
      ++at_;
      window_ |= next << held_;
      held_ += 8;
    }
    return static_cast<uint32_t>(window_) & ((1u << count) - 1);
  }
  void Skip(int count) {
    window_ >>= count;
    held_ -= count;
  }
  uint32_t Read(int count) {
    const uint32_t bits = Peek(count);
    Skip(count);
    return bits;
  }

  // Whether bits were consumed that the stream does not hold.
  bool overrun() const { return at_ > bytes_.size() && (at_ - bytes_.size()) * 8 > static_cast<size_t>(held_); }

 private:
  std::span<const std::byte> bytes_;
  size_t at_ = 0;
  uint64_t window_ = 0;
  int held_ = 0;  // bits of window_
};

// A canonical prefix code, as VP8L and DEFLATE have it: codes of one length are
// consecutive in the order of their symbols, and are sent highest bit first.
class PrefixCode {
 public:
  static constexpr int kMaxLength = 15;

  // From each symbol's length, 0 for unused ones. False where no complete code has
  // these lengths; a single symbol makes a code of no bits.
  bool Build(std::span<const uint8_t> lengths);

  int Read(LittleBits& bits) const {
    const Short found = short_[bits.Peek(kShortBits)];
    if (found.length < 0) return ReadLong(bits);
    bits.Skip(found.length);
    return found.symbol;
  }

 private:
  static constexpr int kShortBits = 8;
  struct Short {
    int16_t symbol = 0;
    int16_t length = -1;  // -1: the code is longer
  };

  int ReadLong(LittleBits& bits) const;
  void FillShort();

  std::array<Short, 1 << kShortBits> short_;
  std::array<uint16_t, kMaxLength + 1> counts_{};  // of codes of each length
  std::vector<uint16_t> symbols_;                  // in the order of their codes
};

}  // namespace frond

#endif  // FROND_SRC_IMAGE_PREFIX_CODE_H_
