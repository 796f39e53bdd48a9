#include "src/data/loader.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <numeric>
#include <thread>
#include <vector>

#include "src/data/photo_source.h"
#include "tests/data/png_file.h"
#include "tests/image/generated_picture.h"
#include "tests/support/temp_dir.h"

namespace frond {
namespace {

constexpr size_t kPhotos = 13;

// Thirteen photos of different sizes, some below and some above what they are reduced to.
class LoaderTest : public ::testing::Test {
 protected:
  LoaderTest() {
    for (size_t i = 0; i < kPhotos; ++i) AddPhoto(i);
    options_.preprocessing = {.height = 24, .width = 32, .crop_pct = 0.9};
    options_.augment = AugmentOptions{.rotation_degrees = 5, .season_light = 0.3, .erase_probability = 0.2};
    options_.batch = 4;
    options_.threads = 2;
    options_.seed = 7;
    order_.resize(kPhotos);
    std::iota(order_.begin(), order_.end(), size_t{0});
  }

  std::string Path(size_t i) const { return dir_.File("photo" + std::to_string(i) + ".png"); }
  void AddPhoto(size_t i) {
    WritePng(GeneratedPicture(30 + 17 * static_cast<int>(i), 90 - 4 * static_cast<int>(i)), Path(i));
    if (i == dataset_.samples.size()) AddSample(Path(i));
  }
  void AddSample(const std::string& path) {
    Sample sample;
    sample.path = path;
    dataset_.samples.push_back(sample);
  }
  void Spoil(size_t i) { std::ofstream(Path(i), std::ios::trunc) << "\x89PNG\r\n\x1A\nno more"; }

  std::vector<LoadedBatch> Epoch(Loader& loader, uint64_t epoch, const std::vector<size_t>& order,
                                 size_t first_batch = 0) {
    loader.StartEpoch(epoch, order, first_batch);
    std::vector<LoadedBatch> batches;
    while (auto batch = loader.Next()) batches.push_back(std::move(*batch));
    EXPECT_FALSE(loader.Next().has_value());
    return batches;
  }
  std::vector<LoadedBatch> Epoch(const LoaderOptions& options, uint64_t epoch, const std::vector<size_t>& order,
                                 size_t first_batch = 0) {
    Result<Loader> loader = Loader::Create(dataset_, options);
    EXPECT_TRUE(loader.ok());
    return Epoch(*loader, epoch, order, first_batch);
  }

  size_t PhotoFloats() const {
    return size_t{3} * static_cast<size_t>(options_.preprocessing.height) *
           static_cast<size_t>(options_.preprocessing.width);
  }

  TempDir dir_;
  Dataset dataset_;
  LoaderOptions options_;
  std::vector<size_t> order_;
};

void ExpectSame(const std::vector<LoadedBatch>& a, const std::vector<LoadedBatch>& b) {
  ASSERT_EQ(a.size(), b.size());
  for (size_t i = 0; i < a.size(); ++i) {
    EXPECT_EQ(a[i].samples, b[i].samples) << i;
    EXPECT_TRUE(a[i].inputs == b[i].inputs) << i;
    EXPECT_EQ(a[i].unreadable.size(), b[i].unreadable.size()) << i;
  }
}

TEST(ReduceToAugment, BringsTheShorterSideToItsLimitAndOfAPadTheLonger) {
  const AugmentOptions augment{.min_area = 0.64};  // the limit is 32 / 0.8
  for (const auto& [mode, shorter] : {std::pair(ResizeMode::kSquash, 40), std::pair(ResizeMode::kPad, 20)}) {
    const Preprocessing preprocessing{.height = 24, .width = 32, .mode = mode};
    const Image wide = ReduceToAugment(GeneratedPicture(120, 60), preprocessing, augment).value();
    EXPECT_EQ(std::pair(wide.width(), wide.height()), std::pair(2 * shorter, shorter));
    const Image tall = ReduceToAugment(GeneratedPicture(60, 120), preprocessing, augment).value();
    EXPECT_EQ(std::pair(tall.width(), tall.height()), std::pair(shorter, 2 * shorter));
  }
}

TEST_F(LoaderTest, BatchesAreTheSameForAnyThreadsAndAnyCache) {
  options_.threads = 1;
  options_.cache_bytes = 0;
  const std::vector<LoadedBatch> first = Epoch(options_, 3, order_);
  ASSERT_EQ(first.size(), 4U);
  EXPECT_EQ(first[0].inputs.size(), 4 * PhotoFloats());
  EXPECT_EQ(first[3].samples, std::vector<size_t>({12}));
  EXPECT_EQ(first[3].inputs.size(), PhotoFloats());
  for (const int threads : {1, 2, 5}) {
    for (const size_t cache : {size_t{0}, size_t{20000}, size_t{1} << 30}) {
      options_.threads = threads;
      options_.cache_bytes = cache;
      Loader loader = Loader::Create(dataset_, options_).value();
      ExpectSame(Epoch(loader, 3, order_), first);
      ExpectSame(Epoch(loader, 3, order_), first);  // from the cache, where there is one
    }
  }
}

// Shares of 2, 3 and 5 processes, of which the last batch of one photo leaves most with none, also from its middle on.
TEST_F(LoaderTest, TheSharesOfABatchAreTheBatch) {
  Spoil(5);
  for (const size_t first_batch : {size_t{0}, size_t{2}}) {
    const std::vector<LoadedBatch> whole = Epoch(options_, 3, order_, first_batch);
    for (const size_t of : {size_t{1}, size_t{2}, size_t{3}, size_t{5}}) {
      std::vector<LoadedBatch> joined(whole.size());
      for (size_t index = 0; index < of; ++index) {
        Loader loader = Loader::Create(dataset_, options_).value();
        loader.StartEpoch(3, order_, first_batch, {index, of});
        for (LoadedBatch& to : joined) {
          const std::optional<LoadedBatch> part = loader.Next();
          ASSERT_TRUE(part.has_value());
          to.samples.insert(to.samples.end(), part->samples.begin(), part->samples.end());
          to.inputs.insert(to.inputs.end(), part->inputs.begin(), part->inputs.end());
          to.unreadable.insert(to.unreadable.end(), part->unreadable.begin(), part->unreadable.end());
        }
        EXPECT_FALSE(loader.Next().has_value());
      }
      ExpectSame(joined, whole);
    }
  }
}

TEST_F(LoaderTest, TheCacheIsReadInsteadOfFiles) {
  Loader kept = Loader::Create(dataset_, options_).value();
  options_.cache_bytes = 0;
  Loader read_again = Loader::Create(dataset_, options_).value();
  const std::vector<LoadedBatch> first = Epoch(kept, 1, order_);
  ExpectSame(Epoch(read_again, 1, order_), first);
  for (size_t i = 0; i < kPhotos; ++i) std::filesystem::remove(Path(i));
  ExpectSame(Epoch(kept, 1, order_), first);
  size_t unreadable = 0;
  for (const LoadedBatch& batch : Epoch(read_again, 1, order_)) unreadable += batch.unreadable.size();
  EXPECT_EQ(unreadable, kPhotos);
}

TEST_F(LoaderTest, WithoutAugmentationItIsPreprocess) {
  options_.augment.reset();
  // A JPEG too, whose draft inference would take.
  options_.preprocessing.draft = true;
  AddSample(FROND_PHOTO_DIR "/jpeg_420.jpg");
  order_.push_back(kPhotos);
  Loader loader = Loader::Create(dataset_, options_).value();
  for (int time = 0; time < 2; ++time) {
    size_t at = 0;
    for (const LoadedBatch& batch : Epoch(loader, 0, order_)) {
      for (size_t i = 0; i < batch.samples.size(); ++i, ++at) {
        const Image photo = ReadImage(dataset_.samples[at].path, DecodeOptionsFor(options_.preprocessing)).value();
        std::vector<float> expected(PhotoFloats());
        ASSERT_TRUE(Preprocess(photo, options_.preprocessing, expected).ok());
        EXPECT_TRUE(std::equal(expected.begin(), expected.end(),
                               batch.inputs.begin() + static_cast<ptrdiff_t>(i * PhotoFloats())))
            << at;
      }
    }
    EXPECT_EQ(at, kPhotos + 1);
  }
}

// What the header promises of a sample: Random({seed, epoch, position, index}) over the reduced photo.
TEST_F(LoaderTest, SamplesAreAugmentedByTheirKey) {
  const std::vector<size_t> order = {12, 0, 12, 5};
  const std::vector<LoadedBatch> batches = Epoch(options_, 9, order);
  ASSERT_EQ(batches.size(), 1U);
  for (uint64_t i = 0; i < order.size(); ++i) {
    Image photo = ReadImage(Path(order[i])).value();
    const Image reduced = ReduceToAugment(std::move(photo), options_.preprocessing, *options_.augment).value();
    EXPECT_LE(std::min(reduced.width(), reduced.height()), 42);  // 32 / sqrt(0.6)
    std::vector<float> expected(PhotoFloats());
    Random random({7, 9, i, order[i]});
    ASSERT_TRUE(AugmentedInput(reduced, options_.preprocessing, *options_.augment, random, expected).ok());
    EXPECT_TRUE(std::equal(expected.begin(), expected.end(),
                           batches[0].inputs.begin() + static_cast<ptrdiff_t>(i * PhotoFloats())))
        << i;
  }
}

TEST_F(LoaderTest, AnotherSeedOrEpochIsAnotherPicture) {
  const std::vector<LoadedBatch> batches = Epoch(options_, 1, order_);
  EXPECT_NE(batches[0].inputs, Epoch(options_, 2, order_)[0].inputs);
  options_.seed = 8;
  EXPECT_NE(batches[0].inputs, Epoch(options_, 1, order_)[0].inputs);
}

TEST_F(LoaderTest, OrderAndRepeatsAreKept) {
  const std::vector<size_t> order = {5, 5, 5, 1, 12, 0, 5, 3, 1};
  std::vector<size_t> seen;
  for (const LoadedBatch& batch : Epoch(options_, 0, order)) {
    seen.insert(seen.end(), batch.samples.begin(), batch.samples.end());
  }
  EXPECT_EQ(seen, order);
}

TEST_F(LoaderTest, SkippedBatchesLeaveTheTailAsItIs) {
  const std::vector<LoadedBatch> whole = Epoch(options_, 4, order_);
  for (size_t first = 0; first <= whole.size(); ++first) {
    std::vector<LoadedBatch> tail = Epoch(options_, 4, order_, first);
    ASSERT_EQ(tail.size(), whole.size() - first);
    for (size_t i = 0; i < tail.size(); ++i) EXPECT_TRUE(tail[i].inputs == whole[first + i].inputs);
  }
  EXPECT_TRUE(Epoch(options_, 4, order_, SIZE_MAX).empty());
  // Nor are they loaded.
  for (size_t i = 0; i < 8; ++i) std::filesystem::remove(Path(i));
  EXPECT_TRUE(Epoch(options_, 4, order_, 2)[0].inputs == whole[2].inputs);
}

TEST_F(LoaderTest, UnreadablePhotosAreReportedAndLeftOut) {
  const std::vector<LoadedBatch> whole = Epoch(options_, 4, order_);
  Spoil(5);
  std::filesystem::remove(Path(7));
  const std::vector<LoadedBatch> batches = Epoch(options_, 4, order_);
  ASSERT_EQ(batches.size(), 4U);
  EXPECT_EQ(batches[1].samples, std::vector<size_t>({4, 6}));
  ASSERT_EQ(batches[1].unreadable.size(), 2U);
  EXPECT_EQ(batches[1].unreadable[0].first, 5U);
  EXPECT_EQ(batches[1].unreadable[0].second.code, ErrorCode::kBadFormat);
  EXPECT_NE(batches[1].unreadable[0].second.message.find("photo5.png"), std::string::npos);
  EXPECT_EQ(batches[1].unreadable[1].second.code, ErrorCode::kNotFound);
  // The others are what they were, moved together.
  const auto photo = [&](const LoadedBatch& batch, size_t i) {
    const auto from = batch.inputs.begin() + static_cast<ptrdiff_t>(i * PhotoFloats());
    return std::vector<float>(from, from + static_cast<ptrdiff_t>(PhotoFloats()));
  };
  ASSERT_EQ(batches[1].inputs.size(), 2 * PhotoFloats());
  EXPECT_TRUE(photo(batches[1], 0) == photo(whole[1], 0));
  EXPECT_TRUE(photo(batches[1], 1) == photo(whole[1], 2));
  EXPECT_TRUE(batches[2].inputs == whole[2].inputs);
}

TEST_F(LoaderTest, ABatchOfNothingReadableIsEmptyAndAnIndexOutOfRangeAnError) {
  for (size_t i = 0; i < kPhotos; ++i) Spoil(i);
  const std::vector<LoadedBatch> batches = Epoch(options_, 0, {0, 1, 2, 3, kPhotos, SIZE_MAX});
  ASSERT_EQ(batches.size(), 2U);
  EXPECT_TRUE(batches[0].inputs.empty());
  EXPECT_EQ(batches[0].unreadable.size(), 4U);
  ASSERT_EQ(batches[1].unreadable.size(), 2U);
  EXPECT_EQ(batches[1].unreadable[1].second.code, ErrorCode::kInvalidArgument);
}

TEST_F(LoaderTest, AnEpochCanBeDroppedAtAnyBatch) {
  for (const int threads : {1, 5}) {
    options_.threads = threads;
    const std::vector<LoadedBatch> whole = Epoch(options_, 6, order_);
    Loader loader = Loader::Create(dataset_, options_).value();
    for (size_t taken = 0; taken <= whole.size(); ++taken) {
      loader.StartEpoch(5, {3, 3, 3, 3, 2, 2, 2, 2, 1, 1, 1, 1, 0, 0, 0, 0, 9, 9});
      for (size_t i = 0; i < taken; ++i) ASSERT_TRUE(loader.Next().has_value());
      ExpectSame(Epoch(loader, 6, order_), whole);
    }
    loader.StartEpoch(6, order_);
    loader.StartEpoch(6, {});
    EXPECT_FALSE(loader.Next().has_value());
  }
}

// What lies beyond the queue does not exist yet, and is put there only after the threads have had time to look.
TEST_F(LoaderTest, NoMoreIsLoadedThanTheQueueHolds) {
  for (const int ahead : {0, 1}) {
    options_.batches_ahead = ahead;
    options_.cache_bytes = 0;
    const size_t held = static_cast<size_t>(options_.batch) * static_cast<size_t>(ahead + 1);
    for (size_t i = held; i < kPhotos; ++i) std::filesystem::remove(Path(i));
    Loader loader = Loader::Create(dataset_, options_).value();
    loader.StartEpoch(0, order_);
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    for (size_t i = held; i < kPhotos; ++i) AddPhoto(i);
    while (auto batch = loader.Next()) EXPECT_TRUE(batch->unreadable.empty());
  }
}

TEST_F(LoaderTest, EndsWithBatchesWaitingOrNone) {
  for (int round = 0; round < 30; ++round) {
    options_.threads = 1 + round % 5;
    options_.batches_ahead = round % 3;
    Loader loader = Loader::Create(dataset_, options_).value();
    EXPECT_FALSE(loader.Next().has_value()) << "no epoch has begun";
    if (round % 4 == 0) continue;
    loader.StartEpoch(0, order_);
    if (round % 4 == 1) continue;
    EXPECT_TRUE(loader.Next().has_value());
    if (round % 4 == 2) std::this_thread::sleep_for(std::chrono::milliseconds(5));  // the queue fills
  }
}

TEST_F(LoaderTest, MovesWithItsThreads) {
  Loader loader = Loader::Create(dataset_, options_).value();
  loader.StartEpoch(0, order_);
  Loader moved = std::move(loader);
  EXPECT_TRUE(moved.Next().has_value());
  moved = Loader::Create(dataset_, options_).value();
  EXPECT_EQ(Epoch(moved, 0, order_).size(), 4U);
}

TEST_F(LoaderTest, OptionsOutsideOfTheirRangeAreNamed) {
  const auto refusal = [&](auto&& change) {
    LoaderOptions options = options_;
    change(options);
    const Result<Loader> loader = Loader::Create(dataset_, options);
    return loader.ok() ? std::string() : loader.error().ToString();
  };
  EXPECT_NE(refusal([](LoaderOptions& o) { o.batch = 0; }).find("batch is 0"), std::string::npos);
  EXPECT_NE(refusal([](LoaderOptions& o) { o.threads = -1; }).find("threads is -1"), std::string::npos);
  EXPECT_NE(refusal([](LoaderOptions& o) { o.batches_ahead = -1; }).find("batches_ahead"), std::string::npos);
  EXPECT_NE(refusal([](LoaderOptions& o) { o.preprocessing.width = 0; }).find("width is 0"), std::string::npos);
  EXPECT_NE(refusal([](LoaderOptions& o) { o.augment->hue = 3; }).find("hue is 3"), std::string::npos);
}

TEST_F(LoaderTest, ViewsComeBackWhereverAPhotoStandsInTheOrder) {
  options_.views = 2;
  const std::vector<LoadedBatch> first = Epoch(options_, 0, order_);
  const std::vector<LoadedBatch> second = Epoch(options_, 1, order_);
  std::vector<size_t> reversed(order_.rbegin(), order_.rend());
  const std::vector<LoadedBatch> again = Epoch(options_, 2, reversed);
  const auto photo = [&](const std::vector<LoadedBatch>& epoch, size_t position) {
    const size_t batch = position / static_cast<size_t>(options_.batch);
    const size_t at = position % static_cast<size_t>(options_.batch) * PhotoFloats();
    const auto begin = epoch[batch].inputs.begin() + static_cast<ptrdiff_t>(at);
    return std::vector<float>(begin, begin + static_cast<ptrdiff_t>(PhotoFloats()));
  };
  for (size_t i = 0; i < kPhotos; ++i) {
    EXPECT_EQ(photo(first, i), photo(again, kPhotos - 1 - i)) << i;
    EXPECT_NE(photo(first, i), photo(second, i)) << i;
  }
}

}  // namespace
}  // namespace frond
