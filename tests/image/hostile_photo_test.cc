// Hostile photos: each must be answered with a picture or an error, in 2 s of CPU
// time and 512 MB. Each runs in a process of its own, which is measured.

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <iostream>

#include "frond/image.h"
#include "src/image/decode.h"
#include "tests/image/hostile_photos.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kMeasured = false;
#elif defined(__has_feature)
constexpr bool kMeasured = !__has_feature(address_sanitizer) && !__has_feature(thread_sanitizer);
#else
constexpr bool kMeasured = true;
#endif

namespace frond::testing {

namespace {

#ifdef NDEBUG
constexpr bool kOptimised = true;
#else
constexpr bool kOptimised = false;
#endif
constexpr double kMaxSeconds = 2.0;
constexpr int64_t kMaxMemoryBytes = 512'000'000;
constexpr int kRunaway_s = 120;  // of CPU time, after which the child is ended

Result<Image> Decode(const std::string& bytes) { return DecodeImage(std::as_bytes(std::span(bytes))); }

Outcome OutcomeOf(const Result<Image>& image) {
  if (image.ok()) return Outcome::kPicture;
  switch (image.error().code) {
    case ErrorCode::kBadFormat: return Outcome::kBadFormat;
    case ErrorCode::kUnsupported: return Outcome::kUnsupported;
    case ErrorCode::kLimit: return Outcome::kLimit;
    default: return Outcome::kAny;  // no code that decoding may answer with
  }
}

// The child's exit status is the outcome; a picture's every byte is read first.
[[noreturn]] void DecodeAndExit(const std::string& bytes) {
  const rlimit cpu = {kRunaway_s, kRunaway_s};
  setrlimit(RLIMIT_CPU, &cpu);
  const Result<Image> image = Decode(bytes);
  uint32_t sum = 0;
  if (image.ok()) {
    for (const uint8_t byte : image->pixels()) sum += byte;
  } else if (image.error().message.empty()) {
    _exit(99);
  }
  if (sum == 0xFFFFFFFFu) _exit(98);  // keeps the sum
  _exit(static_cast<int>(OutcomeOf(image)));
}

int64_t ResidentBytes() {
  std::ifstream statm("/proc/self/statm");
  int64_t total = 0;
  int64_t resident = 0;
  statm >> total >> resident;
  return resident * sysconf(_SC_PAGESIZE);
}

void ExpectAnswer(const std::string& name, const std::string& bytes, Outcome outcome, bool report) {
  SCOPED_TRACE(name);
  const int64_t before_bytes = ResidentBytes();
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) DecodeAndExit(bytes);
  int status = 0;
  rusage usage = {};
  ASSERT_EQ(wait4(child, &status, 0, &usage), child);
  ASSERT_TRUE(WIFEXITED(status)) << "ended by signal " << WTERMSIG(status);
  const int answer = WEXITSTATUS(status);
  ASSERT_LT(answer, static_cast<int>(Outcome::kAny));
  if (outcome != Outcome::kAny && answer != static_cast<int>(outcome)) {
    const Result<Image> image = Decode(bytes);
    ADD_FAILURE() << "answer " << answer << ": " << (image.ok() ? "a picture" : image.error().ToString());
  }
  const double seconds = static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
                         static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1e-6;
  // The child begins with the parent's pages; the file, which is among them, counts.
  const int64_t memory_bytes = int64_t{usage.ru_maxrss} * 1024 - before_bytes + static_cast<int64_t>(bytes.size());
  if (report)
    std::cout << "  " << seconds << " s, " << memory_bytes / 1'000'000 << " MB: " << name << ", " << bytes.size()
              << " bytes, answer " << answer << "\n";
  if (kMeasured && kOptimised) {
    EXPECT_LE(seconds, kMaxSeconds);
    EXPECT_LE(memory_bytes, kMaxMemoryBytes);
  }
}

void ExpectAnswers(const std::vector<HostilePhoto>& photos) {
  for (const HostilePhoto& photo : photos) ExpectAnswer(photo.name, photo.bytes, photo.outcome, false);
}

void ExpectAnswers(const std::vector<PhotoBomb>& photos) {
  for (const PhotoBomb& photo : photos) ExpectAnswer(photo.name, photo.build(), photo.outcome, true);
}

TEST(HostilePhotos, Jpeg) { ExpectAnswers(HostileJpegs()); }
// What is wrong with a file is told alike where only a part of it is asked for.
TEST(HostilePhotos, PartOfAJpegIsAnsweredAsTheWhole) {
  for (const HostilePhoto& photo : HostileJpegs()) {
    const Result<Image> whole = Decode(photo.bytes);
    const Result<PicturePart> part = DecodePart(std::as_bytes(std::span(photo.bytes)), {}, [](int width, int height) {
      return Region{width / 4, height / 4, (width + 3) / 4, (height + 3) / 4};
    });
    EXPECT_EQ(part.ok() ? "" : part.error().ToString(), whole.ok() ? "" : whole.error().ToString()) << photo.name;
  }
}

TEST(HostilePhotos, Png) { ExpectAnswers(HostilePngs()); }
TEST(HostilePhotos, Webp) { ExpectAnswers(HostileWebps()); }

TEST(HostilePhotos, AreTwoHundred) {
  const size_t bombs = JpegBombs().size() + PngBombs().size() + WebpBombs().size();
  EXPECT_GE(HostileJpegs().size() + HostilePngs().size() + HostileWebps().size() + 3 * AbsurdExif().size() + bombs,
            200u);
}

// Decoders skip bytes between segments; the orientation behind them counts all the same.
TEST(HostilePhotos, PaddingBeforeExifDoesNotHideIt) {
  // TIFF, little-endian: one entry, orientation 6 (a quarter turn) as a SHORT.
  const std::string tiff("II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0", 22);
  const std::string sound = TinyJpeg(tiff);
  for (const std::string& padding :
       {std::string(), std::string(3, '\0'), std::string("\xFF\0x", 3), std::string("\xFF\xFF")}) {
    std::string file = sound;
    file.insert(2, std::string("\xFF\xFE\0\x04"
                               "ok",
                               6) +
                       padding);  // behind a comment
    const Result<Image> image = DecodeImage(std::as_bytes(std::span(file)));
    ASSERT_TRUE(image.ok()) << image.error().ToString();
    EXPECT_EQ(image->width(), 8) << padding.size();
    EXPECT_EQ(image->height(), 16) << padding.size();
  }
}

TEST(HostilePhotos, AbsurdExifLeavesThePhotoAsItIs) {
  for (const HostilePhoto& exif : AbsurdExif()) {
    for (const std::string& file : {TinyJpeg(exif.bytes), TinyPng(exif.bytes), TinyWebp(exif.bytes)}) {
      const Result<Image> image = Decode(file);
      ASSERT_TRUE(image.ok()) << exif.name << ": " << image.error().ToString();
      EXPECT_EQ(image->width(), 16) << exif.name;
      EXPECT_EQ(image->height(), 8) << exif.name;
    }
  }
}

TEST(PhotoBombs, Jpeg) { ExpectAnswers(JpegBombs()); }
TEST(PhotoBombs, Png) { ExpectAnswers(PngBombs()); }
TEST(PhotoBombs, Webp) { ExpectAnswers(WebpBombs()); }

}  // namespace
}  // namespace frond::testing
