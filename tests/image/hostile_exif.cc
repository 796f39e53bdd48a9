// EXIF that says nothing of use; each block goes into all three formats.

#include "tests/image/hostile_photos.h"

namespace frond::testing {
namespace {

std::string Little16Of(uint32_t value) { return {static_cast<char>(value & 255), static_cast<char>(value >> 8 & 255)}; }

// A TIFF header and a directory of one entry.
std::string Tiff(uint32_t tag, uint32_t type, uint32_t count, uint32_t value, uint32_t entries = 1) {
  return "II" + Little16Of(42) + Little32Of(8) + Little16Of(entries) + Little16Of(tag) + Little16Of(type) +
         Little32Of(count) + Little32Of(value);
}

}  // namespace

std::string Big16Of(uint32_t value) { return {static_cast<char>(value >> 8 & 255), static_cast<char>(value & 255)}; }
std::string Big32Of(uint32_t value) { return Big16Of(value >> 16) + Big16Of(value & 0xFFFF); }
std::string Little24Of(uint32_t value) { return Little16Of(value & 0xFFFF) + static_cast<char>(value >> 16 & 255); }
std::string Little32Of(uint32_t value) { return Little16Of(value & 0xFFFF) + Little16Of(value >> 16); }

std::vector<HostilePhoto> AbsurdExif() {
  constexpr uint32_t kOrientation = 0x0112;
  constexpr uint32_t kShort = 3;
  std::vector<HostilePhoto> blocks = {
      {"one byte", "I"},
      {"only a byte order", "II"},
      {"another byte order", "XX" + Tiff(kOrientation, kShort, 1, 6).substr(2)},
      {"43 in place of 42", std::string(Tiff(kOrientation, kShort, 1, 6)).replace(2, 1, "\x2B")},
      {"header alone", "II" + Little16Of(42) + Little32Of(8)},
      {"directory at 2^32 - 1", "II" + Little16Of(42) + Little32Of(0xFFFFFFFFu) + std::string(50, '\0')},
      {"directory at 2^31", "II" + Little16Of(42) + Little32Of(0x80000000u) + std::string(50, '\0')},
      {"directory at the last byte", "II" + Little16Of(42) + Little32Of(8) + "x"},
      {"directory in the header", "II" + Little16Of(42) + Little32Of(0) + std::string(50, '\0')},
      {"65,535 entries that are not there", Tiff(0x010F, 2, 1, 0, 65535)},
      {"no entries", Tiff(kOrientation, kShort, 1, 6, 0)},
      {"entry cut short", Tiff(kOrientation, kShort, 1, 6).substr(0, 20)},
      {"text", Tiff(kOrientation, 2, 1, 6)},
      {"fraction", Tiff(kOrientation, 5, 1, 6)},
      {"type 0", Tiff(kOrientation, 0, 1, 6)},
      {"type 65,535", Tiff(kOrientation, 65535, 1, 6)},
      {"no values", Tiff(kOrientation, kShort, 0, 6)},
      {"2^32 - 1 values", Tiff(kOrientation, kShort, 0xFFFFFFFFu, 6)},
      {"60,000 bytes of ones", std::string(60'000, '\xFF')},
      {"60,000 bytes of zeros", "II" + Little16Of(42) + Little32Of(8) + std::string(60'000, '\0')},
      {"the prefix again and again", std::string("Exif\0\0Exif\0\0Exif\0\0", 18) + Tiff(kOrientation, kShort, 1, 6)},
  };
  for (const uint32_t value : {0u, 9u, 10u, 255u, 256u, 65535u}) {
    blocks.push_back({"orientation " + std::to_string(value), Tiff(kOrientation, kShort, 1, value)});
  }
  blocks.push_back({"orientation 2^31 as a long", Tiff(kOrientation, 4, 1, 0x80000006u)});
  return blocks;
}

}  // namespace frond::testing
