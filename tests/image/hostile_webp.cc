// WebP files by hand: RIFF chunks in any order, and lossless streams bit by bit (RFC 9649).

#include <utility>

#include "tests/image/hostile_photos.h"

namespace frond::testing {
namespace {

std::string Chunk(const std::string& type, const std::string& data) {
  return type + Little32Of(static_cast<uint32_t>(data.size())) + data + std::string(data.size() % 2, '\0');
}

std::string Riff(const std::string& chunks) {
  return "RIFF" + Little32Of(static_cast<uint32_t>(chunks.size() + 4)) + "WEBP" + chunks;
}

class Bits {
 public:
  void Put(uint32_t value, int bits) {  // lowest bit first
    window_ |= uint64_t{value} << held_;
    for (held_ += bits; held_ >= 8; held_ -= 8, window_ >>= 8) out_ += static_cast<char>(window_ & 255);
  }
  std::string Take() {
    Put(0, 7);
    return std::move(out_);
  }

 private:
  std::string out_;
  uint64_t window_ = 0;
  int held_ = 0;
};

// A code of the one symbol 0: it takes no bits.
void PutEmptyCode(Bits& bits) { bits.Put(1, 4); }

void PutEmptyGroup(Bits& bits) {
  for (int i = 0; i < 5; ++i) PutEmptyCode(bits);
}

// A code whose 256 literals have 8 bits each: symbol s is s, highest bit first. The
// alphabet may have more symbols; they are unused.
void PutByteCode(Bits& bits, int alphabet) {
  bits.Put(0, 1);
  bits.Put(19 - 4, 4);
  constexpr int kOrder[] = {17, 18, 0, 1, 2, 3, 4, 5, 16, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
  for (const int symbol : kOrder) bits.Put(symbol == 8 || symbol == 0 ? 1 : 0, 3);
  bits.Put(0, 1);
  // Canonical: 0 has the code 0, 8 the code 1.
  for (int symbol = 0; symbol < alphabet; ++symbol) bits.Put(symbol < 256 ? 1 : 0, 1);
}

uint32_t Reversed(uint32_t byte) {
  uint32_t out = 0;
  for (int i = 0; i < 8; ++i) out |= (byte >> i & 1) << (7 - i);
  return out;
}

// A description that is as long as it can be, of a code of 280 (and 256, and 40) symbols.
void PutLongGroup(Bits& bits) {
  for (const int alphabet : {280, 256, 256, 256}) PutByteCode(bits, alphabet);
  PutEmptyCode(bits);
}

// The image that gives each block of 4 x 4 px a group of its own, until `groups`.
void PutGroupImage(Bits& bits, uint32_t blocks, uint32_t groups) {
  bits.Put(0, 1);  // no colour cache
  PutByteCode(bits, 280);
  PutByteCode(bits, 256);
  for (int i = 0; i < 3; ++i) PutEmptyCode(bits);
  for (uint32_t i = 0; i < blocks; ++i) {
    const uint32_t group = i < groups ? i : groups - 1;
    bits.Put(Reversed(group & 255), 8);  // green
    bits.Put(Reversed(group >> 8), 8);   // red
  }
}

std::string Header(uint32_t width, uint32_t height, bool alpha) {
  Bits bits;
  bits.Put(0x2F, 8);
  bits.Put(width - 1, 14);
  bits.Put(height - 1, 14);
  bits.Put(alpha ? 1 : 0, 1);
  bits.Put(0, 3);
  std::string out = bits.Take();
  return out.substr(0, 5);
}

// The part after the header, with that many groups.
std::string Groups(uint32_t width, uint32_t height, uint32_t groups, bool long_codes) {
  Bits bits;
  bits.Put(0, 1);  // no transforms
  bits.Put(0, 1);  // no colour cache
  bits.Put(1, 1);  // groups
  bits.Put(0, 3);  // blocks of 4 px
  PutGroupImage(bits, ((width + 3) / 4) * ((height + 3) / 4), groups);
  for (uint32_t i = 0; i < groups; ++i) long_codes ? PutLongGroup(bits) : PutEmptyGroup(bits);
  // Pixels: 8 bits for each of four channels where the codes are long.
  std::string out = bits.Take();
  if (long_codes) out += std::string(size_t{width} * height * 4, '\x5A');
  return out;
}

std::string Flat() {
  Bits bits;
  bits.Put(0, 3);  // no transform, no cache, one group
  PutEmptyGroup(bits);
  return bits.Take();
}

std::string Lossless(uint32_t width, uint32_t height, bool alpha, const std::string& stream) {
  return Chunk("VP8L", Header(width, height, alpha) + stream);
}

// A predictor for each block of 4 x 4 px, and a colour transform.
std::string Transforms(uint32_t mode) {
  Bits bits;
  for (const uint32_t type : {0u, 1u}) {
    bits.Put(1, 1);
    bits.Put(type, 2);
    bits.Put(0, 3);                   // blocks of 4 px
    bits.Put(0, 1);                   // no cache
    bits.Put(0b101 | mode << 3, 11);  // green: one symbol of 8 bits
    for (int i = 0; i < 4; ++i) PutEmptyCode(bits);
  }
  bits.Put(1, 1);
  bits.Put(2, 2);  // subtract green
  bits.Put(0, 3);
  PutEmptyGroup(bits);
  return bits.Take();
}

std::string Vp8x(uint32_t width, uint32_t height, int flags) {
  return Chunk("VP8X", std::string(1, static_cast<char>(flags)) + std::string(3, '\0') + Little24Of(width - 1) +
                           Little24Of(height - 1));
}

std::string Frame(uint32_t x, uint32_t y, uint32_t width, uint32_t height, const std::string& chunks) {
  return Chunk("ANMF", Little24Of(x / 2) + Little24Of(y / 2) + Little24Of(width - 1) + Little24Of(height - 1) +
                           Little24Of(100) + std::string(1, '\0') + chunks);
}

// A lossy key frame's header without the pixels that it promises.
std::string Lossy(uint32_t width, uint32_t height, size_t bytes) {
  const auto partition = static_cast<uint32_t>(bytes / 2);
  const uint32_t tag = 1u << 4 | partition << 5;
  std::string size;
  size += static_cast<char>(width & 255);
  size += static_cast<char>(width >> 8);
  size += static_cast<char>(height & 255);
  size += static_cast<char>(height >> 8);
  return Little24Of(tag) + "\x9D\x01\x2A" + size + std::string(bytes, '\0');
}

constexpr int kAnimated = 2;
constexpr int kAlpha = 16;

}  // namespace

std::string TinyWebp(const std::string& exif) {
  const std::string pixels = Lossless(16, 8, false, Flat());
  return exif.empty() ? Riff(pixels) : Riff(Vp8x(16, 8, 8) + pixels + Chunk("EXIF", exif));
}

std::vector<HostilePhoto> HostileWebps() {
  const std::string tiny = Lossless(16, 8, false, Flat());
  const std::string ani = Chunk("ANIM", std::string(6, '\0'));
  const auto animated = [&](const std::string& frames) { return Riff(Vp8x(16, 8, kAnimated) + ani + frames); };
  std::string lying = Riff(tiny);
  std::string huge_chunk = Riff(tiny);
  huge_chunk.replace(16, 4, "\xFF\xFF\xFF\xFF");
  std::vector<HostilePhoto> photos = {
      {"sound", TinyWebp(), Outcome::kPicture},
      {"no chunks", Riff(""), Outcome::kBadFormat},
      {"RIFF of 0 bytes", std::string(lying).replace(4, 4, Little32Of(0)), Outcome::kBadFormat},
      {"RIFF of 3 bytes", std::string(lying).replace(4, 4, Little32Of(3)), Outcome::kBadFormat},
      {"RIFF of 2^32 - 1 bytes", std::string(lying).replace(4, 4, "\xFF\xFF\xFF\xFF"), Outcome::kBadFormat},
      {"RIFF one byte longer than the file",
       std::string(lying).replace(4, 4, Little32Of(static_cast<uint32_t>(lying.size() - 7))), Outcome::kBadFormat},
      {"chunk of 2^32 - 1 bytes", huge_chunk, Outcome::kBadFormat},
      {"chunk longer than its file", std::string(Riff(tiny)).replace(16, 4, Little32Of(99)), Outcome::kBadFormat},
      {"unknown chunks", Riff(Chunk("abcd", "x") + tiny), Outcome::kAny},
      {"lossless header cut", Riff(Chunk("VP8L", "\x2F")), Outcome::kBadFormat},
      {"lossless of no bytes", Riff(Chunk("VP8L", "")), Outcome::kBadFormat},
      {"lossless without its mark", Riff(Chunk("VP8L", std::string(20, 'x'))), Outcome::kBadFormat},
      {"lossless without codes", Riff(Chunk("VP8L", Header(16, 8, false))), Outcome::kBadFormat},
      {"lossless of ones", Riff(Chunk("VP8L", Header(16, 8, false) + std::string(99, '\xFF'))), Outcome::kBadFormat},
      {"lossless 16384 x 16384", Riff(Lossless(16384, 16384, false, Flat())), Outcome::kLimit},
      {"lossless 16384 x 1", Riff(Lossless(16384, 1, false, Flat())), Outcome::kPicture},
      {"lossless 1 x 16384", Riff(Lossless(1, 16384, false, Flat())), Outcome::kPicture},
      {"lossless with transforms", Riff(Lossless(16, 8, false, Transforms(11))), Outcome::kPicture},
      {"4,096 groups", Riff(Lossless(256, 256, false, Groups(256, 256, 4096, false))), Outcome::kPicture},
      {"4,097 groups", Riff(Lossless(512, 256, false, Groups(512, 256, 4097, false))), Outcome::kLimit},
      {"4,097 groups of an alpha plane",
       Riff(Vp8x(512, 256, kAlpha) + Chunk("ALPH", "\1" + Groups(512, 256, 4097, false)) +
            Chunk("VP8 ", Lossy(512, 256, 5000))),
       Outcome::kLimit},
      {"groups without their codes", Riff(Lossless(256, 256, false, Groups(256, 256, 4096, false).substr(0, 9000))),
       Outcome::kBadFormat},
      {"lossy without pixels", Riff(Chunk("VP8 ", Lossy(16, 8, 0))), Outcome::kBadFormat},
      {"lossy with too few pixels", Riff(Chunk("VP8 ", Lossy(1600, 800, 20))), Outcome::kBadFormat},
      {"lossy of no bytes", Riff(Chunk("VP8 ", "")), Outcome::kBadFormat},
      {"lossy 0 x 8", Riff(Chunk("VP8 ", Lossy(0, 8, 50))), Outcome::kBadFormat},
      {"lossy 16383 x 16383", Riff(Chunk("VP8 ", Lossy(16383, 16383, 50))), Outcome::kLimit},
      {"lossy 16383 x 3051 without pixels", Riff(Chunk("VP8 ", Lossy(16383, 3051, 50))), Outcome::kBadFormat},
      {"lossy that is no key frame", Riff(Chunk("VP8 ", std::string("\1\0\0\x9D\1\x2A\x10\0\x08\0\0\0", 12))),
       Outcome::kBadFormat},
      {"partition past its chunk", Riff(Chunk("VP8 ", std::string("\xF0\xFF\xFF\x9D\1\x2A\x10\0\x08\0\0\0", 12))),
       Outcome::kBadFormat},
      {"alpha and no picture", Riff(Vp8x(16, 8, kAlpha) + Chunk("ALPH", "\1")), Outcome::kBadFormat},
      {"alpha of no bytes", Riff(Vp8x(16, 8, kAlpha) + Chunk("ALPH", "") + Chunk("VP8 ", Lossy(16, 8, 400))),
       Outcome::kAny},
      {"raw alpha cut short",
       Riff(Vp8x(16, 8, kAlpha) + Chunk("ALPH", std::string(9, '\0')) + Chunk("VP8 ", Lossy(16, 8, 400))),
       Outcome::kBadFormat},
      {"alpha by method 3",
       Riff(Vp8x(16, 8, kAlpha) + Chunk("ALPH", std::string(200, '\3')) + Chunk("VP8 ", Lossy(16, 8, 400))),
       Outcome::kAny},
      {"alpha that is damaged",
       Riff(Vp8x(16, 8, kAlpha) + Chunk("ALPH", "\1" + std::string(200, '\xFF')) + Chunk("VP8 ", Lossy(16, 8, 400))),
       Outcome::kBadFormat},
      {"extended header of 9 bytes", Riff(Chunk("VP8X", std::string(9, '\0')) + tiny), Outcome::kBadFormat},
      {"extended header and nothing", Riff(Vp8x(16, 8, 0)), Outcome::kBadFormat},
      {"canvas of another size", Riff(Vp8x(17, 8, 0) + tiny), Outcome::kBadFormat},
      {"canvas of 2^24 px", Riff(Vp8x(1 << 24, 1 << 24, 0) + tiny), Outcome::kBadFormat},
      {"canvas of 65535 x 65535", Riff(Vp8x(65535, 65535, 0) + tiny), Outcome::kLimit},
      {"animation of 2^24 px", Riff(Vp8x(1 << 24, 1 << 24, kAnimated) + ani + Frame(0, 0, 16, 8, tiny)),
       Outcome::kBadFormat},
      {"animation without frames", animated(""), Outcome::kBadFormat},
      {"animation", animated(Frame(0, 0, 16, 8, tiny)), Outcome::kPicture},
      {"animation without its chunk", Riff(Vp8x(16, 8, kAnimated) + Frame(0, 0, 16, 8, tiny)), Outcome::kAny},
      {"frame of 15 bytes", animated(Chunk("ANMF", std::string(15, '\0'))), Outcome::kBadFormat},
      {"frame without pixels", animated(Frame(0, 0, 16, 8, "")), Outcome::kBadFormat},
      {"frame past the right", animated(Frame(2, 0, 16, 8, tiny)), Outcome::kBadFormat},
      {"frame past the bottom", animated(Frame(0, 2, 16, 8, tiny)), Outcome::kBadFormat},
      {"frame at 2^25", animated(Frame(0x1FFFFFE, 0x1FFFFFE, 16, 8, tiny)), Outcome::kBadFormat},
      {"frame whose pixels have another size", animated(Frame(0, 0, 4, 4, tiny)), Outcome::kAny},
      {"frame larger than its animation", animated(Frame(0, 0, 32, 8, Lossless(32, 8, false, Flat()))),
       Outcome::kBadFormat},
      {"frame in a frame", animated(Frame(0, 0, 16, 8, Frame(0, 0, 16, 8, tiny))), Outcome::kBadFormat},
      {"junk after the end", Riff(tiny) + std::string(5000, 'x'), Outcome::kPicture},
  };
  for (const size_t size : {4, 11, 12, 15})
    photos.push_back({"first bytes", Riff(tiny).substr(0, size), Outcome::kBadFormat});
  return photos;
}

std::vector<PhotoBomb> WebpBombs() {
  std::string chunks;
  const std::string empty = Chunk("abcd", "");
  for (int i = 0; i < 1'000'000; ++i) chunks += empty;
  const auto large = [](bool alpha, const std::string& stream) { return Riff(Lossless(16383, 3051, alpha, stream)); };
  return {
      {"65,536 groups in a million pixels",
       [=] { return Riff(Lossless(1024, 1024, false, Groups(1024, 1024, 65536, true))); }, Outcome::kLimit},
      {"65,536 groups in the alpha of a million pixels",
       [=] {
         return Riff(Vp8x(1024, 1024, kAlpha) + Chunk("ALPH", "\1" + Groups(1024, 1024, 65536, true)) +
                     Chunk("VP8 ", Lossy(1024, 1024, 300'000)));
       },
       Outcome::kLimit},
      {"65,536 short groups", [=] { return Riff(Lossless(1024, 1024, false, Groups(1024, 1024, 65536, false))); },
       Outcome::kLimit},
      {"4,096 long groups", [=] { return Riff(Lossless(256, 256, false, Groups(256, 256, 4096, true))); },
       Outcome::kPicture},
      {"4,096 groups in 50 million pixels",
       [=] { return Riff(Lossless(16383, 3051, false, Groups(16383, 3051, 4096, false))); }, Outcome::kAny},
      {"50 million flat pixels", [=] { return large(false, Flat()); }, Outcome::kPicture},
      {"50 million transparent pixels", [=] { return large(true, Flat()); }, Outcome::kPicture},
      {"50 million pixels with transforms", [=] { return large(false, Transforms(11)); }, Outcome::kPicture},
      {"50 million transparent pixels with transforms", [=] { return large(true, Transforms(13)); }, Outcome::kPicture},
      {"50 million lossy pixels", [=] { return Riff(Chunk("VP8 ", Lossy(16383, 3051, 400'000))); }, Outcome::kAny},
      {"50 million lossy pixels with lossless alpha",
       [=] {
         return Riff(Vp8x(16383, 3051, kAlpha) + Chunk("ALPH", "\1" + Transforms(11)) +
                     Chunk("VP8 ", Lossy(16383, 3051, 400'000)));
       },
       Outcome::kAny},
      {"a million chunks", [=] { return Riff(Vp8x(16, 8, 0) + chunks + Lossless(16, 8, false, Flat()) + chunks); },
       Outcome::kPicture},
      {"a large animation of small frames",
       [=] {
         return Riff(Vp8x(7071, 7071, 2) + Chunk("ANIM", std::string(6, '\0')) +
                     Frame(0, 0, 16, 8, Lossless(16, 8, false, Flat())));
       },
       Outcome::kPicture},
  };
}

}  // namespace frond::testing
