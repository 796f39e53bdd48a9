#ifndef FROND_TESTS_IMAGE_HOSTILE_PHOTOS_H_
#define FROND_TESTS_IMAGE_HOSTILE_PHOTOS_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace frond::testing {

// What must come of a hostile file.
enum class Outcome {
  kPicture,      // harmless after all
  kBadFormat,    // damaged
  kUnsupported,  // not damaged, but of no kind that we read
  kLimit,        // too large or too slow
  kAny,          // any of these
};

struct HostilePhoto {
  std::string name;
  std::string bytes;
  Outcome outcome = Outcome::kAny;
};

// One that is built when it is needed, so that the others take no memory.
struct PhotoBomb {
  std::string name;
  std::function<std::string()> build;
  Outcome outcome = Outcome::kAny;
};

// Built by hand, of a few bytes to some megabytes; none needs more than a second to build.
std::vector<HostilePhoto> HostileJpegs();
std::vector<HostilePhoto> HostilePngs();
std::vector<HostilePhoto> HostileWebps();

// The most work and memory that small files can ask for: some seconds together.
std::vector<PhotoBomb> JpegBombs();
std::vector<PhotoBomb> PngBombs();
std::vector<PhotoBomb> WebpBombs();

// EXIF blocks that say nothing of use, and that must not matter.
std::vector<HostilePhoto> AbsurdExif();

// Sound files to damage and to put EXIF into: 16 x 8 px.
std::string TinyJpeg(const std::string& exif = "");
std::string TinyPng(const std::string& exif = "");
std::string TinyWebp(const std::string& exif = "");  // lossless

// Bytes of an integer.
std::string Big16Of(uint32_t value);
std::string Big32Of(uint32_t value);
std::string Little24Of(uint32_t value);
std::string Little32Of(uint32_t value);

}  // namespace frond::testing

#endif  // FROND_TESTS_IMAGE_HOSTILE_PHOTOS_H_
