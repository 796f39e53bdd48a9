#include "src/data/row_cache.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <numeric>
#include <vector>

#include "tests/support/temp_dir.h"

namespace frond {
namespace {

constexpr size_t kRows = 5;
constexpr size_t kFloats = 700;  // rows cross pages

class RowCacheTest : public ::testing::Test {
 protected:
  RowCache Open(const std::string& key = "key", size_t rows = kRows) const {
    Result<RowCache> cache = RowCache::Open(path_, key, rows, kFloats);
    EXPECT_TRUE(cache.ok()) << cache.error().ToString();
    return std::move(cache).value();
  }
  static std::vector<float> Values(float first) {
    std::vector<float> values(kFloats);
    std::iota(values.begin(), values.end(), first);
    return values;
  }
  static bool Holds(const RowCache& cache, size_t row, const std::vector<float>& values) {
    const std::optional<std::span<const float>> found = cache.Get(row);
    return found && std::vector<float>(found->begin(), found->end()) == values;
  }

  TempDir dir_;
  std::string path_ = dir_.File("rows.cache");
};

TEST_F(RowCacheTest, RowsOutliveTheProcessAndTheOthersAreMissing) {
  {
    RowCache cache = Open();
    cache.Put(1, Values(1));
    cache.Put(4, Values(0));
    cache.Put(2, {});
  }
  const RowCache cache = Open();
  EXPECT_TRUE(Holds(cache, 1, Values(1)));
  EXPECT_TRUE(Holds(cache, 4, Values(0)));
  EXPECT_TRUE(cache.Has(2) && cache.Get(2)->empty());
  for (const size_t row : {0, 3}) EXPECT_FALSE(cache.Has(row) || cache.Get(row).has_value()) << row;
}

TEST_F(RowCacheTest, OfAnotherKeyOrSizeNothingIsKept) {
  Open().Put(1, Values(1));
  EXPECT_FALSE(Open("other").Has(1));
  Open().Put(1, Values(1));
  EXPECT_FALSE(Open("key", kRows + 1).Has(1));
}

TEST_F(RowCacheTest, ARowThatIsNotWhatWasPutIsMissing) {
  {
    RowCache cache = Open();
    cache.Put(0, Values(1));
    cache.Put(1, Values(2));
  }
  {
    std::fstream file(path_, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(-static_cast<std::streamoff>((kRows - 1) * kFloats * sizeof(float) + 8), std::ios::end);
    file.write("spoilt", 6);  // in row 0
  }
  const RowCache cache = Open();
  EXPECT_FALSE(cache.Has(0));
  EXPECT_TRUE(Holds(cache, 1, Values(2)));
}

TEST_F(RowCacheTest, AFileOfSomethingElseIsMadeAnew) {
  std::ofstream(path_) << std::string(RowCache::FileBytes(kRows, kFloats), 'x');
  const RowCache cache = Open();
  for (size_t row = 0; row < kRows; ++row) EXPECT_FALSE(cache.Has(row));
}

TEST_F(RowCacheTest, TwoAtOnceAreRefused) {
  const RowCache cache = Open();
  const Result<RowCache> second = RowCache::Open(path_, "key", kRows, kFloats);
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().code, ErrorCode::kMismatch);
}

// A limit on the size of files stands for the full disk.
TEST_F(RowCacheTest, AFullDiskIsAnErrorAndLeavesNoFile) {
  struct rlimit before = {};
  getrlimit(RLIMIT_FSIZE, &before);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  const struct rlimit small = {4096, before.rlim_max};
  setrlimit(RLIMIT_FSIZE, &small);
  const Result<RowCache> cache = RowCache::Open(path_, "key", kRows, kFloats);
  setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  ASSERT_FALSE(cache.ok());
  EXPECT_EQ(cache.error().code, ErrorCode::kIo);
  EXPECT_FALSE(std::filesystem::exists(path_));
}

TEST_F(RowCacheTest, AFolderThatIsNotThereIsAnError) {
  const Result<RowCache> cache = RowCache::Open(dir_.File("none/rows.cache"), "key", kRows, kFloats);
  ASSERT_FALSE(cache.ok());
  EXPECT_EQ(cache.error().code, ErrorCode::kIo);
}

}  // namespace
}  // namespace frond
