// Thousands of damaged files, the same on every run: each must be answered in
// time, and every tensor that is handed out must be readable. Then the forms
// that were made to take memory, each in a process of its own that is measured.

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <functional>
#include <random>

#include "src/weights/sniff.h"
#include "tests/support/temp_dir.h"
#include "tests/weights/expect.h"
#include "tests/weights/file_builders.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kSanitized = true;
#elif defined(__has_feature)
constexpr bool kSanitized = __has_feature(address_sanitizer) || __has_feature(thread_sanitizer);
#else
constexpr bool kSanitized = false;
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

// Runs `work` in a process of its own and gives its peak resident memory, in KiB,
// which begins with what this one holds: little.
long PeakKiB(const std::function<bool()>& work) {
  const pid_t child = fork();
  if (child == 0) _exit(work() ? 0 : 1);
  int status = 0;
  rusage usage = {};
  EXPECT_EQ(wait4(child, &status, 0, &usage), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << "status " << status;
  return usage.ru_maxrss;
}

// A safetensors file whose header is begin, `count` times `item` with every '#'
// a running number of eight digits, and end; made in place, for it may be large.
std::string LongHeader(const std::string& begin, const std::string& item, size_t count, const std::string& end) {
  std::string file(8, '\0');
  file.reserve(8 + begin.size() + count * (item.size() + 8) + end.size());
  file += begin;
  for (size_t i = 0; i < count; ++i) {
    for (const char c : item) {
      if (c == '#') {
        const std::string digits = std::to_string(100'000'000 + i);
        file.append(digits, 1);
      } else {
        file += c;
      }
    }
  }
  file += end;
  file.replace(0, 8, Le<uint64_t>(file.size() - 8));
  return file;
}

TEST(PeakMemory, EveryHostileFormStaysUnderHalfAGigabyte) {
  if (kSanitized) GTEST_SKIP() << "a sanitizer's shadow would count as ours";
  using Make = std::function<std::string()>;
  constexpr size_t kMega = 1 << 20;
  std::vector<std::pair<std::string, Make>> forms = {
      {"safetensors, many metadata",
       [] { return LongHeader(R"({"__metadata__":{)", R"("#":"",)", 6'600'000, R"("x":""}})"); }},
      {"safetensors, one text of 79 MiB",
       [] { return LongHeader(R"({"__metadata__":{"x":")", std::string(kMega, 'x'), 79, R"("}})"); }},
      {"safetensors, one text of 95 MB",
       [] { return LongHeader(R"({"__metadata__":{"x":")", std::string(1'000'000, 'x'), 95, R"("}})"); }},
      {"safetensors, many tensors",
       [] {
         return LongHeader("{", R"("#":{"dtype":"F32","shape":[0],"data_offsets":[0,0]},)", 1'600'000, R"("x":{}})");
       }},
      {"safetensors, a tensor of a long name",
       [] { return LongHeader("{\"", std::string(kMega, 'x'), 90, R"(":{}})"); }},
      {"safetensors, a long shape", [] { return LongHeader(R"({"x":{"shape":[)", "0,", 40'000'000, R"(0]}})"); }},
      {"safetensors, spaces", [] { return LongHeader("{", std::string(kMega, ' '), 90, "}"); }},
      {"safetensors, deep", [] { return LongHeader("{\"x\":", std::string(kMega, '['), 90, ""); }},
      {"ZIP, an entry that claims 2 GiB",
       [] { return Zip({{.name = "archive/data.pkl", .contents = Deflate("x"), .method = 8, .bytes = 0x7fffffff}}); }},
      {"ZIP, 60 MB of nothing",
       [] {
         const std::string packed = Deflate(std::string(60'000'000, '\0'));
         return Zip({{.name = "archive/data.pkl", .contents = packed, .method = 8, .bytes = 60'000'000}});
       }},
      {"ZIP, many entries", [] {
         std::vector<ZipPart> parts;
         for (int i = 0; i < 65'000; ++i) parts.push_back({.name = "archive/data/" + std::to_string(i)});
         return Zip(parts);
       }}};
  for (const std::string& item : std::vector<std::string>{"}", "]", ")", "N", "(", "K1", "2"}) {
    const auto pickle = [item] {
      std::string out = item == "2" ? "\x80\x02N" : "\x80\x02";
      while (out.size() < 8 * kMega) out += item;
      return out;
    };
    forms.emplace_back("ZIP, pickle of " + item, [pickle] { return TorchZip(pickle(), {}); });
    forms.emplace_back("legacy, pickle of " + item, [pickle] { return TorchLegacy(pickle(), {}); });
  }
  const TempDir dir;
  const std::string path = dir.File("hostile");
  for (const auto& [name, make] : forms) {
    SCOPED_TRACE(name);
    // Made in another process than it is read in, for making takes memory too.
    PeakKiB([&path, &bytes_of = make] {
      std::ofstream out(path, std::ios::binary);
      out << bytes_of();
      return out.flush().good();
    });
    const long peak_kib = PeakKiB([&path] {
      const Result<TensorFile> read = ReadTensorFile(path);
      return read.ok() || !read.error().message.empty();
    });
    RecordProperty(name, static_cast<int>(peak_kib));
    EXPECT_LE(peak_kib, 512 * 1024);
  }
}

}  // namespace
}  // namespace frond::testing
