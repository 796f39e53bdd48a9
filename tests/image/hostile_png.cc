// PNG files by hand: chunks in any order and of any length, and streams that inflate to much.

#include <zlib.h>

#include <algorithm>
#include <utility>

#include "tests/image/hostile_photos.h"

namespace frond::testing {
namespace {

const std::string kSignature = "\x89PNG\r\n\x1A\n";

std::string Chunk(const std::string& type, const std::string& data) {
  const std::string body = type + data;
  const uLong crc = crc32(0, reinterpret_cast<const Bytef*>(body.data()), static_cast<uInt>(body.size()));
  return Big32Of(static_cast<uint32_t>(data.size())) + body + Big32Of(static_cast<uint32_t>(crc));
}

// The same with a length that is not the data's.
std::string LyingChunk(const std::string& type, const std::string& data, uint32_t length) {
  return Chunk(type, data).replace(0, 4, Big32Of(length));
}

std::string Ihdr(uint32_t width, uint32_t height, int depth = 8, int color = 2, int interlace = 0) {
  return Chunk("IHDR", Big32Of(width) + Big32Of(height) + static_cast<char>(depth) + static_cast<char>(color) +
                           std::string(2, '\0') + static_cast<char>(interlace));
}

std::string Deflated(const std::string& raw) {
  uLongf size = compressBound(static_cast<uLong>(raw.size()));
  std::string out(size, '\0');
  compress2(reinterpret_cast<Bytef*>(out.data()), &size, reinterpret_cast<const Bytef*>(raw.data()),
            static_cast<uLong>(raw.size()), 6);
  out.resize(size);
  return out;
}

// `bytes` zeros, compressed, without holding them.
std::string DeflatedZeros(uint64_t bytes) {
  z_stream stream = {};
  deflateInit(&stream, 1);
  std::string zeros(1 << 20, '\0');
  std::string out;
  std::string buffer(1 << 16, '\0');
  for (bool last = false; !last;) {
    const uint64_t step = std::min<uint64_t>(bytes, zeros.size());
    bytes -= step;
    last = bytes == 0;
    stream.next_in = reinterpret_cast<Bytef*>(zeros.data());
    stream.avail_in = static_cast<uInt>(step);
    do {
      stream.next_out = reinterpret_cast<Bytef*>(buffer.data());
      stream.avail_out = static_cast<uInt>(buffer.size());
      deflate(&stream, last ? Z_FINISH : Z_NO_FLUSH);
      out.append(buffer, 0, buffer.size() - stream.avail_out);
    } while (stream.avail_out == 0);
  }
  deflateEnd(&stream);
  return out;
}

const std::string kEnd = Chunk("IEND", "");

std::string Pixels(uint32_t width, uint32_t height, int bytes_per_pixel = 3) {
  return Chunk(
      "IDAT", Deflated(std::string(size_t{height} * (1 + size_t{width} * static_cast<size_t>(bytes_per_pixel)), '\0')));
}

std::string File(const std::string& chunks) { return kSignature + chunks; }

// A zero picture of any size; interlaced, each pass has a filter byte for each row.
std::string Bomb(uint32_t width, uint32_t height, int depth, int color, int channels, int interlace = 0,
                 const std::string& chunks = "") {
  const uint64_t row = (uint64_t{width} * static_cast<uint64_t>(channels * depth) + 7) / 8 + 1;
  return File(Ihdr(width, height, depth, color, interlace) + chunks +
              Chunk("IDAT", DeflatedZeros(row * height * (interlace != 0 ? 2 : 1))) + kEnd);
}

// Deflate blocks that hold no byte, only the description of 316 codes: 40 bytes each,
// for which inflate builds tables of hundreds of entries.
std::string BlockFlood(int blocks) {
  std::string out = "\x78\x01";
  uint64_t window = 0;
  int held = 0;
  const auto put = [&](uint32_t value, int bits) {  // lowest bit first
    window |= uint64_t{value} << held;
    for (held += bits; held >= 8; held -= 8, window >>= 8) out += static_cast<char>(window & 255);
  };
  // Lengths of lengths: 8, 9 and 16 (repeat) have the codes 00, 01, 10; 4 and 5 have 110, 111.
  constexpr int kOrder[] = {16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15};
  const auto length = [&](int value) {
    if (value == 8) put(0, 2);
    if (value == 9) put(2, 2);
    if (value == 4) put(3, 3);
    if (value == 5) put(7, 3);
  };
  const auto lengths = [&](int value, int count) {
    length(value);
    for (--count; count >= 6; count -= 6) put(1, 2), put(3, 2);
    for (; count > 0; --count) length(value);
  };
  for (int block = 0; block < blocks; ++block) {
    put(0, 1);          // not the last
    put(2, 2);          // its codes follow
    put(286 - 257, 5);  // lengths of literals
    put(30 - 1, 5);     // of distances
    put(19 - 4, 4);     // of lengths
    for (const int symbol : kOrder)
      put(symbol == 8 || symbol == 9 || symbol == 16 ? 2 : symbol == 4 || symbol == 5 ? 3 : 0, 3);
    lengths(8, 226);  // 226 / 256 + 60 / 512 = 1: a complete code
    lengths(9, 60);
    lengths(4, 2);  // 2 / 16 + 28 / 32 = 1
    lengths(5, 28);
    put(143, 9);  // end of block
  }
  return out;
}

}  // namespace

std::string TinyPng(const std::string& exif) {
  return File(Ihdr(16, 8) + (exif.empty() ? "" : Chunk("eXIf", exif)) + Pixels(16, 8) + kEnd);
}

std::vector<HostilePhoto> HostilePngs() {
  const std::string pixels = Pixels(16, 8);
  const std::string rgb = Ihdr(16, 8);
  const std::string sound = rgb + pixels + kEnd;
  const std::string wrong_crc = [&] {
    std::string chunk = pixels;
    chunk.back() = static_cast<char>(chunk.back() ^ 1);
    return chunk;
  }();
  const auto palette = [&](const std::string& table, const std::string& raw, const std::string& trns = "") {
    return File(Ihdr(2, 1, 8, 3) + table + trns + Chunk("IDAT", Deflated(raw)) + kEnd);
  };
  const std::string three = Chunk("PLTE", "abcdefghi");
  const std::string bomb = std::string("text\0\0", 6) + DeflatedZeros(200'000'000);
  std::vector<HostilePhoto> photos = {
      {"sound", TinyPng(), Outcome::kPicture},
      {"only a signature", File(""), Outcome::kBadFormat},
      {"only an end", File(kEnd), Outcome::kBadFormat},
      {"only a header", File(rgb), Outcome::kBadFormat},
      {"no pixels", File(rgb + kEnd), Outcome::kBadFormat},
      {"no end", File(rgb + pixels), Outcome::kBadFormat},
      {"pixels before the header", File(pixels + rgb + kEnd), Outcome::kBadFormat},
      {"two headers", File(rgb + rgb + pixels + kEnd), Outcome::kBadFormat},
      {"header of 12 bytes", File(Chunk("IHDR", std::string(12, '\1')) + pixels + kEnd), Outcome::kBadFormat},
      {"header of length 2^31", File(LyingChunk("IHDR", std::string(13, '\1'), 0x80000000u) + pixels + kEnd),
       Outcome::kBadFormat},
      {"0 x 8", File(Ihdr(0, 8) + pixels + kEnd), Outcome::kBadFormat},
      {"16 x 0", File(Ihdr(16, 0) + pixels + kEnd), Outcome::kBadFormat},
      {"65535 x 65535", File(Ihdr(65535, 65535) + pixels + kEnd), Outcome::kLimit},
      {"65536 x 1", File(Ihdr(65536, 1) + pixels + kEnd), Outcome::kAny},
      {"2147483647 x 2147483647", File(Ihdr(0x7FFFFFFFu, 0x7FFFFFFFu) + pixels + kEnd), Outcome::kBadFormat},
      {"4294967295 x 1", File(Ihdr(0xFFFFFFFFu, 1) + pixels + kEnd), Outcome::kBadFormat},
      {"65535 x 1", File(Ihdr(65535, 1) + Pixels(65535, 1) + kEnd), Outcome::kPicture},
      {"1 x 65535", File(Ihdr(1, 65535) + Pixels(1, 65535) + kEnd), Outcome::kPicture},
      {"65535 x 762 without pixels", File(Ihdr(65535, 762) + pixels + kEnd), Outcome::kBadFormat},
      {"65535 x 763", File(Ihdr(65535, 763) + pixels + kEnd), Outcome::kLimit},
      {"depth 3", File(Ihdr(16, 8, 3) + pixels + kEnd), Outcome::kBadFormat},
      {"depth 0", File(Ihdr(16, 8, 0) + pixels + kEnd), Outcome::kBadFormat},
      {"depth 32", File(Ihdr(16, 8, 32) + pixels + kEnd), Outcome::kBadFormat},
      {"RGB of depth 4", File(Ihdr(16, 8, 4) + pixels + kEnd), Outcome::kBadFormat},
      {"palette of depth 16", File(Ihdr(16, 8, 16, 3) + three + pixels + kEnd), Outcome::kBadFormat},
      {"colour type 5", File(Ihdr(16, 8, 8, 5) + pixels + kEnd), Outcome::kBadFormat},
      {"interlacing 2", File(Ihdr(16, 8, 8, 2, 2) + pixels + kEnd), Outcome::kBadFormat},
      {"wrong checksum of the pixels", File(rgb + wrong_crc + kEnd), Outcome::kBadFormat},
      {"chunk of length 2^32 - 1", File(rgb + LyingChunk("IDAT", "xx", 0xFFFFFFFFu) + kEnd), Outcome::kBadFormat},
      {"chunk of length 2^31 - 1", File(rgb + LyingChunk("IDAT", "xx", 0x7FFFFFFFu) + kEnd), Outcome::kBadFormat},
      {"text of length 2^32 - 1", File(rgb + LyingChunk("tEXt", "xx", 0xFFFFFFFFu) + pixels + kEnd),
       Outcome::kBadFormat},
      {"pixels one byte too long",
       File(rgb + LyingChunk("IDAT", pixels.substr(8, pixels.size() - 12), static_cast<uint32_t>(pixels.size() - 11)) +
            kEnd),
       Outcome::kBadFormat},
      {"pixels one byte too short",
       File(rgb + LyingChunk("IDAT", pixels.substr(8, pixels.size() - 12), static_cast<uint32_t>(pixels.size() - 13)) +
            kEnd),
       Outcome::kBadFormat},
      {"pixels of 7 rows", File(rgb + Pixels(16, 7) + kEnd), Outcome::kBadFormat},
      {"pixels of 9 rows", File(rgb + Pixels(16, 9) + kEnd), Outcome::kAny},
      {"pixels that are no zlib stream", File(rgb + Chunk("IDAT", std::string(99, 'x')) + kEnd), Outcome::kBadFormat},
      {"empty pixels", File(rgb + Chunk("IDAT", "") + kEnd), Outcome::kBadFormat},
      {"filter 5", File(Ihdr(1, 1) + Chunk("IDAT", Deflated("\5abc")) + kEnd), Outcome::kBadFormat},
      {"text among the pixels",
       File(rgb + Chunk("IDAT", Deflated(std::string(8 * 49, '\0')).substr(0, 5)) +
            Chunk("tEXt", std::string("a\0b", 3)) + Chunk("IDAT", Deflated(std::string(8 * 49, '\0')).substr(5)) +
            kEnd),
       Outcome::kAny},
      {"palette missing", palette("", std::string("\0\0\0", 3)), Outcome::kBadFormat},
      {"palette empty", palette(Chunk("PLTE", ""), std::string("\0\0\0", 3)), Outcome::kBadFormat},
      {"palette of 4 bytes", palette(Chunk("PLTE", "abcd"), std::string("\0\0\0", 3)), Outcome::kBadFormat},
      {"palette of 257 entries", palette(Chunk("PLTE", std::string(771, 'x')), std::string("\0\0\0", 3)),
       Outcome::kBadFormat},
      {"palette of 30 MB", palette(Chunk("PLTE", std::string(30'000'000, 'x')), std::string("\0\0\0", 3)),
       Outcome::kBadFormat},
      {"palette twice", palette(three + three, std::string("\0\0\0", 3)), Outcome::kAny},
      {"palette after the pixels",
       File(Ihdr(2, 1, 8, 3) + Chunk("IDAT", Deflated(std::string(3, '\0'))) + three + kEnd), Outcome::kBadFormat},
      {"palette index past its end", palette(three, std::string("\0\1\xC8", 3)), Outcome::kAny},
      {"palette for grey", File(Ihdr(16, 8, 8, 0) + three + Pixels(16, 8, 1) + kEnd), Outcome::kAny},
      {"transparency of 5 for 3 entries", palette(three, std::string("\0\1\2", 3), Chunk("tRNS", "abcde")),
       Outcome::kAny},
      {"transparency of 30 MB", palette(three, std::string("\0\1\2", 3), Chunk("tRNS", std::string(30'000'000, 'x'))),
       Outcome::kAny},
      {"transparency before the palette", palette(Chunk("tRNS", "a") + three, std::string("\0\1\2", 3)), Outcome::kAny},
      {"transparency of RGB in 2 bytes", File(rgb + Chunk("tRNS", "ab") + pixels + kEnd), Outcome::kAny},
      {"transparency with alpha", File(Ihdr(16, 8, 8, 6) + Chunk("tRNS", "abcdef") + Pixels(16, 8, 4) + kEnd),
       Outcome::kAny},
      {"unknown critical chunk", File(rgb + Chunk("ABCD", "x") + pixels + kEnd), Outcome::kBadFormat},
      {"unknown chunk", File(rgb + Chunk("abCd", "x") + pixels + kEnd), Outcome::kPicture},
      {"chunk type of control bytes", File(rgb + Chunk("\1\2\3\4", "x") + pixels + kEnd), Outcome::kAny},
      {"compressed text of 200 MB", File(rgb + Chunk("zTXt", bomb) + pixels + kEnd), Outcome::kPicture},
      {"profile of 200 MB", File(rgb + Chunk("iCCP", bomb) + pixels + kEnd), Outcome::kPicture},
      {"international text of 200 MB", File(rgb + Chunk("iTXt", std::string("a\0\1\0\0\0", 6) + bomb) + pixels + kEnd),
       Outcome::kPicture},
      {"gamma 0", File(rgb + Chunk("gAMA", std::string(4, '\0')) + pixels + kEnd), Outcome::kPicture},
      {"significant bits 255", File(rgb + Chunk("sBIT", "\xFF\xFF\xFF") + pixels + kEnd), Outcome::kPicture},
      {"junk after the end", File(sound + std::string(5000, 'x')), Outcome::kPicture},
      {"line ends converted", File(sound).replace(0, 8, "\x89PNG\n\x1A\n"), Outcome::kBadFormat},
  };
  for (const size_t size : {4, 7, 9, 20})
    photos.push_back({"first bytes", File(sound).substr(0, size), Outcome::kBadFormat});
  return photos;
}

std::vector<PhotoBomb> PngBombs() {
  std::string empty_chunks;
  const std::string empty = Chunk("IDAT", "");
  for (int i = 0; i < 1'000'000; ++i) empty_chunks += empty;
  return {
      {"50 million RGB pixels", [=] { return Bomb(7071, 7071, 8, 2, 3); }, Outcome::kPicture},
      {"50 million RGBA pixels of 16 bits", [=] { return Bomb(7071, 7071, 16, 6, 4); }, Outcome::kAny},
      {"50 million RGBA pixels of 16 bits, interlaced", [=] { return Bomb(7071, 7071, 16, 6, 4, 1); }, Outcome::kAny},
      {"50 million grey pixels of 1 bit, interlaced", [=] { return Bomb(65535, 762, 1, 0, 1, 1); }, Outcome::kPicture},
      {"50 million grey pixels of 1 bit with transparency",
       [=] { return Bomb(65535, 762, 1, 0, 1, 0, Chunk("tRNS", std::string("\0\1", 2))); }, Outcome::kPicture},
      {"50 million palette pixels of 1 bit with transparency",
       [=] { return Bomb(65535, 762, 1, 3, 1, 1, Chunk("PLTE", "abcdef") + Chunk("tRNS", "a")); }, Outcome::kPicture},
      {"50 million RGB pixels of 16 bits with transparency",
       [=] { return Bomb(7071, 7071, 16, 2, 3, 0, Chunk("tRNS", std::string("\0\1\0\1\0\1", 6))); }, Outcome::kAny},
      {"762 x 65535, interlaced", [=] { return Bomb(762, 65535, 8, 2, 3, 1); }, Outcome::kPicture},
      {"1 x 65535 of 16 bits, interlaced", [=] { return Bomb(1, 65535, 16, 6, 4, 1); }, Outcome::kPicture},
      {"a thousand times too many pixels",
       [=] { return File(Ihdr(16, 8) + Chunk("IDAT", DeflatedZeros(400'000'000)) + kEnd); }, Outcome::kAny},
      {"a million empty chunks of pixels", [=] { return File(Ihdr(16, 8) + empty_chunks + Pixels(16, 8) + kEnd); },
       Outcome::kPicture},
      {"a million empty chunks and no pixels", [=] { return File(Ihdr(16, 8) + empty_chunks + kEnd); },
       Outcome::kBadFormat},
      {"half a million empty blocks", [=] { return File(Ihdr(16, 8) + Chunk("IDAT", BlockFlood(500'000)) + kEnd); },
       Outcome::kAny},
      {"half a million empty blocks in 50 million pixels",
       [=] { return File(Ihdr(7071, 7071) + Chunk("IDAT", BlockFlood(500'000)) + kEnd); }, Outcome::kAny},
  };
}

}  // namespace frond::testing
