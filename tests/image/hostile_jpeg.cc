// JPEG files by hand: segments of ITU T.81 in any order, and scans whose codes are all one bit.

#include <utility>

#include "tests/image/hostile_photos.h"

namespace frond::testing {
namespace {

constexpr int kSof0 = 0xC0;
constexpr int kSof2 = 0xC2;

std::string Marker(int code) { return std::string("\xFF") + static_cast<char>(code); }

std::string Segment(int code, const std::string& data) {
  return Marker(code) + Big16Of(static_cast<uint32_t>(data.size() + 2)) + data;
}

std::string Soi() { return Marker(0xD8); }
std::string Eoi() { return Marker(0xD9); }

std::string Dqt() { return Segment(0xDB, std::string(1, '\0') + std::string(64, '\x01')); }

// One code of one bit, 0, for `symbol`; the other bit is another symbol.
std::string Dht(int table, int symbol, int other = 1) {
  std::string counts(16, '\0');
  counts[0] = '\1';
  counts[1] = '\1';
  return Segment(
      0xC4, std::string(1, static_cast<char>(table)) + counts + static_cast<char>(symbol) + static_cast<char>(other));
}

std::string Sof(int code, uint32_t width, uint32_t height, int components = 1, int sampling = 0x11, int precision = 8) {
  std::string data =
      std::string(1, static_cast<char>(precision)) + Big16Of(height) + Big16Of(width) + static_cast<char>(components);
  for (int i = 0; i < components; ++i) {
    data += static_cast<char>(i + 1);
    data += static_cast<char>(i == 0 ? sampling : 0x11);
    data += '\0';
  }
  return Segment(code, data);
}

std::string Sos(int components = 1, int first = 0, int last = 63, int high = 0, int low = 0) {
  std::string data(1, static_cast<char>(components));
  for (int i = 0; i < components; ++i) {
    data += static_cast<char>(i + 1);
    data += '\0';
  }
  data += static_cast<char>(first);
  data += static_cast<char>(last);
  data += static_cast<char>(high << 4 | low);
  return Segment(0xDA, data);
}

uint64_t BlocksOf(uint32_t side) { return (side + 7) / 8; }

// Enough zero bits for `bits` codes.
std::string Zeros(uint64_t bits) { return std::string(bits / 8 + 1, '\0'); }

// DC difference 0 and end of block: two zero bits for each block.
std::string Flat(uint32_t width, uint32_t height, int components = 1) {
  return Dqt() + Sof(kSof0, width, height, components) + Dht(0x00, 0) + Dht(0x10, 0) + Sos(components) +
         Zeros(2 * BlocksOf(width) * BlocksOf(height) * static_cast<uint64_t>(components)) + Eoi();
}

// A progressive picture whose first scan holds all DC values.
std::string ProgressiveStart(uint32_t width, uint32_t height, int low) {
  return Dqt() + Sof(kSof2, width, height) + Dht(0x00, 0) + Sos(1, 0, 0, 0, low) +
         Zeros(BlocksOf(width) * BlocksOf(height));
}

// A scan of one AC coefficient that is 0 in every block, as runs of 16,384 blocks: one
// zero bit for EOB14 (0xE0), and fourteen more.
std::string EmptyAcScan(uint64_t blocks, int coefficient, int high, int low) {
  constexpr uint64_t kRun = 16384;
  return Sos(1, coefficient, coefficient, high, low) + Zeros(15 * (blocks / kRun + 1));
}

std::string ScanFlood(uint32_t width, uint32_t height, int scans) {
  std::string file = Soi() + ProgressiveStart(width, height, 0) + Dht(0x10, 0xE0);
  for (int i = 0; i < scans; ++i) {
    const int low = 13 - i / 63;  // first scans of 63 coefficients, then their refinements
    file += EmptyAcScan(BlocksOf(width) * BlocksOf(height), 1 + i % 63, i < 63 ? 0 : low + 1, low);
  }
  return file + Eoi();
}

std::string Restarts(int count, bool wrong) {
  // 8 px wide, so that each block is an interval.
  std::string file = Soi() + Dqt() + Sof(kSof0, 8, static_cast<uint32_t>(8 * count)) + Dht(0x00, 0) + Dht(0x10, 0) +
                     Segment(0xDD, Big16Of(1)) + Sos();
  for (int i = 0; i < count; ++i) {
    file += '\x3F';
    if (i + 1 < count) file += Marker(0xD0 + (wrong && i == count / 2 ? (i + 3) % 8 : i % 8));
  }
  return file + Eoi();
}

std::string Repeated(const std::string& text, int times) {
  std::string out;
  out.reserve(text.size() * static_cast<size_t>(times));
  for (int i = 0; i < times; ++i) out += text;
  return out;
}

}  // namespace

std::string TinyJpeg(const std::string& exif) {
  const std::string app1 = exif.empty() ? "" : Segment(0xE1, std::string("Exif\0\0", 6) + exif);
  return Soi() + app1 + Flat(16, 8);
}

std::vector<HostilePhoto> HostileJpegs() {
  const std::string flat = Flat(16, 8);
  const std::string tables = Dqt() + Dht(0x00, 0) + Dht(0x10, 0);
  const std::string scan = Sos() + Zeros(4) + Eoi();
  std::vector<HostilePhoto> photos = {
      {"sound", TinyJpeg(), Outcome::kPicture},
      {"only the first three bytes", Soi() + "\xFF", Outcome::kBadFormat},
      {"end at once", Soi() + Eoi(), Outcome::kBadFormat},
      {"65535 x 65535", Soi() + tables + Sof(kSof0, 65535, 65535) + scan, Outcome::kLimit},
      {"65500 x 1", Soi() + Flat(65500, 1), Outcome::kPicture},
      {"1 x 65500", Soi() + Flat(1, 65500), Outcome::kPicture},
      {"65500 x 763 without pixels", Soi() + tables + Sof(kSof0, 65500, 763) + scan, Outcome::kBadFormat},
      {"65500 x 764", Soi() + tables + Sof(kSof0, 65500, 764) + scan, Outcome::kLimit},
      {"no width", Soi() + tables + Sof(kSof0, 0, 8) + scan, Outcome::kBadFormat},
      {"no height (DNL)", Soi() + tables + Sof(kSof0, 16, 0) + scan, Outcome::kBadFormat},
      {"no components", Soi() + tables + Sof(kSof0, 16, 8, 0) + scan, Outcome::kBadFormat},
      {"2 components", Soi() + Flat(16, 8, 2), Outcome::kUnsupported},
      {"5 components", Soi() + tables + Sof(kSof0, 16, 8, 5) + scan, Outcome::kAny},
      {"255 components", Soi() + tables + Sof(kSof0, 16, 8, 255) + scan, Outcome::kAny},
      {"12 bits", Soi() + tables + Sof(0xC1, 16, 8, 1, 0x11, 12) + scan, Outcome::kUnsupported},
      {"precision 0", Soi() + tables + Sof(kSof0, 16, 8, 1, 0x11, 0) + scan, Outcome::kUnsupported},
      {"lossless", Soi() + tables + Sof(0xC3, 16, 8) + scan, Outcome::kUnsupported},
      {"hierarchical", Soi() + tables + Sof(0xC5, 16, 8) + scan, Outcome::kUnsupported},
      {"arithmetic", Soi() + tables + Sof(0xC9, 16, 8) + scan, Outcome::kUnsupported},
      {"arithmetic, progressive", Soi() + tables + Sof(0xCA, 16, 8) + Sos(1, 0, 0) + Zeros(4) + Eoi(),
       Outcome::kUnsupported},
      {"sampling 0", Soi() + tables + Sof(kSof0, 16, 8, 1, 0x00) + scan, Outcome::kBadFormat},
      {"sampling 15", Soi() + tables + Sof(kSof0, 16, 8, 1, 0xFF) + scan, Outcome::kBadFormat},
      {"sampling 4 x 4", Soi() + tables + Sof(kSof0, 16, 8, 3, 0x44) + Sos(3) + Zeros(400) + Eoi(), Outcome::kAny},
      {"sampling 3 x 1", Soi() + tables + Sof(kSof0, 16, 8, 3, 0x31) + Sos(3) + Zeros(400) + Eoi(), Outcome::kAny},
      {"no tables", Soi() + Sof(kSof0, 16, 8) + scan, Outcome::kBadFormat},
      {"no Huffman tables", Soi() + Dqt() + Sof(kSof0, 16, 8) + Sos() + Eoi(), Outcome::kAny},
      {"no quantisation", Soi() + Dht(0, 0) + Dht(0x10, 0) + Sof(kSof0, 16, 8) + scan, Outcome::kBadFormat},
      {"no scan", Soi() + tables + Sof(kSof0, 16, 8) + Eoi(), Outcome::kBadFormat},
      {"scan before frame", Soi() + tables + scan, Outcome::kBadFormat},
      {"two frames", Soi() + tables + Sof(kSof0, 16, 8) + Sof(kSof0, 16, 8) + scan, Outcome::kBadFormat},
      {"two starts", Soi() + Soi() + flat, Outcome::kBadFormat},
      {"scan of an unknown component",
       Soi() + tables + Sof(kSof0, 16, 8) + Segment(0xDA, std::string("\1\7\0\0\x3F\0", 6)) + Zeros(9) + Eoi(),
       Outcome::kBadFormat},
      {"scan of no component",
       Soi() + tables + Sof(kSof0, 16, 8) + Segment(0xDA, std::string("\0\0\x3F\0", 4)) + Zeros(9) + Eoi(),
       Outcome::kBadFormat},
      {"scan of 4 of 1 components", Soi() + tables + Sof(kSof0, 16, 8) + Sos(4) + Zeros(9) + Eoi(),
       Outcome::kBadFormat},
      {"one of three components", Soi() + tables + Sof(kSof0, 16, 8, 3) + Sos(1) + Zeros(9) + Eoi(),
       Outcome::kBadFormat},
      {"a marker in the pixels", Soi() + tables + Sof(kSof0, 160, 80) + Sos() + Zeros(80) + Eoi(), Outcome::kBadFormat},
      {"no end", (Soi() + flat).substr(0, flat.size()), Outcome::kAny},
      {"oversubscribed Huffman table",
       Soi() + Dqt() + Sof(kSof0, 16, 8) + Segment(0xC4, std::string(1, '\0') + "\3" + std::string(15, '\0') + "abc") +
           scan,
       Outcome::kBadFormat},
      {"Huffman table of 4,080 symbols",
       Soi() + Dqt() + Sof(kSof0, 16, 8) +
           Segment(0xC4, std::string(1, '\0') + std::string(16, '\xFF') + std::string(4080, 'x')) + scan,
       Outcome::kBadFormat},
      {"Huffman table 15", Soi() + Segment(0xC4, std::string(1, '\x0F') + std::string(16, '\0')) + flat,
       Outcome::kBadFormat},
      {"quantisation table 15", Soi() + Segment(0xDB, std::string(1, '\x0F') + std::string(64, '\1')) + flat,
       Outcome::kBadFormat},
      {"quantisation by 0",
       Soi() + Segment(0xDB, std::string(65, '\0')) + Dht(0, 0) + Dht(0x10, 0) + Sof(kSof0, 16, 8) + scan,
       Outcome::kAny},
      {"segment of length 0", Soi() + Marker(0xE5) + Big16Of(0) + flat, Outcome::kAny},
      {"segment of length 1", Soi() + Marker(0xE5) + Big16Of(1) + flat, Outcome::kAny},
      {"segment past the end", Soi() + tables + Marker(0xE5) + Big16Of(65535), Outcome::kBadFormat},
      {"frame past the end", Soi() + Marker(0xC0) + Big16Of(17) + "\x08", Outcome::kBadFormat},
      {"a thousand fill bytes", Soi() + std::string(1000, '\xFF') + flat.substr(1), Outcome::kPicture},
      {"extraneous bytes before a segment", Soi() + Segment(0xE5, "") + "junk that a camera left" + flat,
       Outcome::kPicture},
      {"extraneous bytes before the end", (Soi() + flat).insert(flat.size(), std::string(50, 'x')), Outcome::kPicture},
      {"junk after the end", Soi() + flat + std::string(5000, '\xFF'), Outcome::kPicture},
      {"two pictures", Soi() + flat + Soi() + flat, Outcome::kPicture},
      {"odd Adobe segment", Soi() + Segment(0xEE, std::string("Adobe\0\x64\0\0\0\0\x63", 12)) + flat,
       Outcome::kPicture},
      {"JFIF version 9", Soi() + Segment(0xE0, std::string("JFIF\0\x09\x09\0\0\1\0\1\0\0", 14)) + flat,
       Outcome::kPicture},
      {"JFIF thumbnail past its segment", Soi() + Segment(0xE0, std::string("JFIF\0\1\1\0\0\1\0\1\xFF\xFF", 14)) + flat,
       Outcome::kPicture},
      {"restarts", Restarts(100, false), Outcome::kPicture},
      {"a wrong restart", Restarts(100, true), Outcome::kBadFormat},
      {"sixteen thousand restarts for 16 px",
       Soi() + tables + Segment(0xDD, Big16Of(1)) + Sof(kSof0, 16, 8) + Sos() +
           Repeated(std::string("\x3F\xFF\xD0", 3), 16384) + Eoi(),
       Outcome::kPicture},
      {"progressive without AC", Soi() + ProgressiveStart(16, 8, 0) + Eoi(), Outcome::kPicture},
      {"progressive AC before DC",
       Soi() + Dqt() + Sof(kSof2, 16, 8) + Dht(0x10, 0xE0) + EmptyAcScan(2, 1, 0, 0) + Eoi(), Outcome::kBadFormat},
      {"progressive DC twice", Soi() + ProgressiveStart(16, 8, 0) + Sos(1, 0, 0) + Zeros(2) + Eoi(), Outcome::kPicture},
      {"progressive band 64", Soi() + Dqt() + Sof(kSof2, 16, 8) + Dht(0, 0) + Sos(1, 0, 64) + Zeros(2) + Eoi(),
       Outcome::kBadFormat},
      {"progressive with low bit 14",
       Soi() + Dqt() + Sof(kSof2, 16, 8) + Dht(0, 0) + Sos(1, 0, 0, 0, 14) + Zeros(2) + Eoi(), Outcome::kBadFormat},
      {"progressive with no scans", Soi() + Dqt() + Sof(kSof2, 16, 8) + Eoi(), Outcome::kBadFormat},
      {"ten thousand scans of 16 px",
       Soi() + ProgressiveStart(16, 8, 13) + Repeated(Dht(0x10, 0xE0), 3) + Repeated(EmptyAcScan(2, 1, 0, 0), 10000) +
           Eoi(),
       Outcome::kLimit},
      {"876 scans of 16 px", ScanFlood(16, 8, 876), Outcome::kLimit},
  };
  for (const size_t size : {0, 1, 2, 3}) photos.push_back({"first bytes", Soi().substr(0, size), Outcome::kBadFormat});
  return photos;
}

std::vector<PhotoBomb> JpegBombs() {
  return {
      {"50 million flat pixels", [=] { return Soi() + Flat(65500, 763); }, Outcome::kPicture},
      {"50 million flat pixels of 3 components", [=] { return Soi() + Flat(7071, 7071, 3); }, Outcome::kPicture},
      {"50 million flat pixels of 4 components", [=] { return Soi() + Flat(7071, 7071, 4); }, Outcome::kPicture},
      {"50 million pixels, progressive", [=] { return Soi() + ProgressiveStart(7071, 7071, 0) + Eoi(); },
       Outcome::kPicture},
      {"876 scans of 50 million pixels", [=] { return ScanFlood(7071, 7071, 876); }, Outcome::kLimit},
      {"300 scans of 50 million pixels", [=] { return ScanFlood(7071, 7071, 300); }, Outcome::kAny},
      {"450 scans of a million pixels", [=] { return ScanFlood(1000, 1000, 450); }, Outcome::kPicture},
      {"4 progressive components of 50 million pixels",
       [=] {
         return Soi() + Dqt() + Sof(kSof2, 7071, 7071, 4) + Dht(0, 0) + Sos(4, 0, 0) +
                Zeros(4 * BlocksOf(7071) * BlocksOf(7071)) + Eoi();
       },
       Outcome::kLimit},
      {"3 progressive components of 50 million pixels",
       [=] {
         return Soi() + Dqt() + Sof(kSof2, 7071, 7071, 3) + Dht(0, 0) + Sos(3, 0, 0) +
                Zeros(3 * BlocksOf(7071) * BlocksOf(7071)) + Eoi();
       },
       Outcome::kAny},
      {"restarts in every block", [=] { return Restarts(8187, false); }, Outcome::kPicture},
      {"thousands of EXIF segments",
       [=] {
         return Soi() + Repeated(Segment(0xE1, std::string("Exif\0\0", 6) + std::string(65000, 'x')), 300) +
                Flat(16, 8);
       },
       Outcome::kPicture},
      {"a million empty segments", [=] { return Soi() + Repeated(Segment(0xEF, ""), 1000000) + Flat(16, 8); },
       Outcome::kPicture},
      {"a hundred thousand Huffman tables", [=] { return Soi() + Repeated(Dht(0, 0), 100000) + Flat(16, 8); },
       Outcome::kPicture},
      {"ten million fill bytes", [=] { return Soi() + std::string(10'000'000, '\xFF') + Flat(16, 8).substr(1); },
       Outcome::kPicture},
  };
}

}  // namespace frond::testing
