// Thousands of damaged files, the same on every run: each must be answered in
// time, within memory, and every tensor that is handed out must be readable.

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <chrono>
#include <random>

#include "src/weights/sniff.h"
#include "tests/weights/expect.h"
#include "tests/weights/file_builders.h"

#if defined(__SANITIZE_ADDRESS__)
#define FROND_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define FROND_SANITIZED 1
#endif
#endif

namespace frond::testing {
namespace {

constexpr int kBitFlips = 1500;
constexpr int kSplices = 800;
constexpr double kMaxSeconds = 2.0;

class Mutations : public ::testing::TestWithParam<const char*> {
 protected:
  std::string Good() const {
    const std::string form = GetParam();
    if (form == "safetensors") return GoodSafetensors();
    if (form == "zip2") return GoodTorchZip(2);
    if (form == "zip4") return GoodTorchZip(4);
    if (form == "zip64")
      return TorchZip(Pickler().Dict().Text("w").Tensor({}).Raw("s").Stop(), {{"0", std::string(24, 'x')}}, "little",
                      {.zip64 = true});
    return GoodTorchLegacy(form == "legacy4" ? 4 : 2);
  }

  void Try(const std::string& file, const std::string& what) {
    const auto start = std::chrono::steady_clock::now();
    for (const auto reader : {ReadSafetensors, ReadPyTorch}) {
      const Result<TensorFile> read = ReadCopy(reader, file);
      if (!read.ok()) {
        EXPECT_FALSE(read.error().message.empty()) << what;
        continue;
      }
      for (const StoredTensor& tensor : read->tensors) {
        const std::vector<float> values = ToFloat(tensor);
        EXPECT_EQ(static_cast<int64_t>(values.size()), ElementCount(tensor.shape)) << what;
      }
    }
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    EXPECT_LE(took.count(), kMaxSeconds) << what;
  }
};

TEST_P(Mutations, Truncations) {
  const std::string good = Good();
  for (size_t n = 0; n < good.size(); ++n) Try(good.substr(0, n), "first " + std::to_string(n));
  for (size_t n = 1; n < good.size(); n += 3) Try(good.substr(n), "without the first " + std::to_string(n));
}

TEST_P(Mutations, BitFlips) {
  std::mt19937 random(1);
  const std::string good = Good();
  for (int i = 0; i < kBitFlips; ++i) {
    std::string file = good;
    const int flips = 1 + static_cast<int>(random() % 3);
    for (int k = 0; k < flips; ++k) file[random() % file.size()] ^= static_cast<char>(1u << (random() % 8));
    Try(file, "bit flip " + std::to_string(i));
  }
}

TEST_P(Mutations, IntegersReplaced) {
  const std::string good = Good();
  const std::string values[] = {
      Le<uint64_t>(0), Le<uint64_t>(~uint64_t{0}), Le<uint64_t>(uint64_t{1} << 31), Le<uint64_t>(uint64_t{1} << 63),
      Le<uint32_t>(0), Le<uint32_t>(0xffffffff),   Le<uint32_t>(0x80000000),        Le<uint16_t>(0xffff)};
  for (const std::string& value : values) {
    for (size_t at = 0; at + value.size() <= good.size(); ++at) {
      std::string file = good;
      file.replace(at, value.size(), value);
      Try(file, std::to_string(value.size()) + " bytes replaced at " + std::to_string(at));
    }
  }
}

TEST_P(Mutations, Splices) {
  std::mt19937 random(2);
  const std::string good = Good();
  const std::string others[] = {GoodSafetensors(), GoodTorchZip(4), GoodTorchLegacy(2), good};
  for (int i = 0; i < kSplices; ++i) {
    std::string file = good;
    const std::string& other = others[random() % 4];
    const size_t from = random() % other.size();
    const std::string piece = other.substr(from, 1 + random() % 64);
    const size_t at = random() % file.size();
    if (random() % 2 == 0) {
      file.insert(at, piece);
    } else {
      file.replace(at, random() % 64, piece);
    }
    Try(file, "splice " + std::to_string(i));
  }
}

INSTANTIATE_TEST_SUITE_P(EveryForm, Mutations,
                         ::testing::Values("safetensors", "zip2", "zip4", "zip64", "legacy2", "legacy4"),
                         [](const auto& form) { return std::string(form.param); });

// Runs last by its name; a sanitizer's shadow would count as ours.
TEST(ZPeakMemory, StaysUnderHalfAGigabyte) {
#ifdef FROND_SANITIZED
  GTEST_SKIP() << "peak memory is measured without sanitizers";
#else
  for (const std::string& bomb : {std::string(1 << 22, '}'), std::string(1 << 22, ']'),
                                  "](" + std::string(1 << 22, 'N'), std::string(1 << 23, 'N')}) {
    EXPECT_FALSE(ReadCopy(ReadPyTorch, TorchZip("\x80\x02" + bomb, {})).ok());
  }
  rusage usage = {};
  getrusage(RUSAGE_SELF, &usage);
  EXPECT_LE(usage.ru_maxrss, 512 * 1024) << "KiB";
#endif
}

}  // namespace
}  // namespace frond::testing
