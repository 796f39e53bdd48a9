// What the estimate says of itself; that it is right is measured in program_test.cc.
#include "src/train/memory_estimate.h"

#include <gtest/gtest.h>

#include "src/data/loader.h"
#include "src/spec/network.h"

namespace frond {
namespace {

MemoryQuestion Lite0(int size, int batch) {
  MemoryQuestion question;
  question.spec = FindSpec("lite0").value();
  question.spec.preprocessing.height = size;
  question.spec.preprocessing.width = size;
  question.trained_values = 4'000'000;
  question.batch = batch;
  question.train_photos = question.val_photos = 100'000;
  return question;
}

TEST(TrainingMemory, MapsAndPhotosGrowWithBatchAndPixels) {
  const TrainingMemory small = EstimateTrainingMemory(Lite0(128, 8));
  for (const TrainingMemory& large : {EstimateTrainingMemory(Lite0(256, 8)), EstimateTrainingMemory(Lite0(128, 32))}) {
    EXPECT_EQ(large.kept, 4 * small.kept);
    EXPECT_EQ(large.work, 4 * small.work);
    EXPECT_GT(large.photos, small.photos);
    EXPECT_EQ(large.weights, small.weights);
  }
}

TEST(TrainingMemory, OptimizerAverageFreezingAndCheckpointsCountAsTheyShould) {
  const MemoryQuestion question = Lite0(128, 8);
  const TrainingMemory memory = EstimateTrainingMemory(question);
  MemoryQuestion other = question;
  other.optimizer = "sgd";
  EXPECT_EQ(memory.weights - EstimateTrainingMemory(other).weights, 4U * 4'000'000);
  other = question;
  other.average = false;
  EXPECT_LT(EstimateTrainingMemory(other).weights, memory.weights);
  other = question;
  other.grad_checkpoint = true;
  EXPECT_LT(EstimateTrainingMemory(other).kept, memory.kept / 2);
  EXPECT_LT(EstimateTrainingMemory(other).total(), memory.total());
  uint64_t before = memory.kept;
  for (const size_t frozen : {size_t{1}, size_t{8}, BuildNetwork(question.spec).blocks.size() + 1}) {
    other = question;
    other.frozen_blocks = frozen;
    EXPECT_LT(EstimateTrainingMemory(other).kept, before);
    before = EstimateTrainingMemory(other).kept;
  }
  EXPECT_EQ(before, 0U);
}

TEST(TrainingMemory, PhotosAreKeptUpToTheLoadersCacheAndBatchesAsFarAsThereAreAny) {
  MemoryQuestion question = Lite0(100, 10);
  question.photo_pixels = 20'000;
  const auto photos = [&](int64_t train, int64_t val) {
    question.train_photos = train;
    question.val_photos = val;
    return EstimateTrainingMemory(question).photos;
  };
  constexpr uint64_t kBatch = uint64_t{10} * 3 * 100 * 100 * sizeof(float);
  EXPECT_EQ(photos(0, 0), 0U);
  EXPECT_EQ(photos(11, 0), 2 * kBatch + 11 * 60'000);
  EXPECT_EQ(photos(0, 5), kBatch + 5 * 30'000);
  EXPECT_EQ(photos(100, 0), 4 * kBatch + 100 * 60'000);
  EXPECT_EQ(photos(1'000'000, 0), 4 * kBatch + LoaderOptions{}.cache_bytes);
}

TEST(TrainingMemory, OnAGpuMapsTakeNone) {
  MemoryQuestion question = Lite0(128, 8);
  question.maps_on_gpu = true;
  EXPECT_EQ(EstimateTrainingMemory(question).kept + EstimateTrainingMemory(question).work, 0U);
}

TEST(TrainingMemory, TheLargestBatchFitsAndOnePhotoMoreDoesNot) {
  const MemoryQuestion question = Lite0(224, 64);
  const uint64_t room = EstimateTrainingMemory(Lite0(224, 21)).total();
  EXPECT_EQ(LargestBatch(question, room), 21);
  EXPECT_EQ(LargestBatch(question, room - 1), 20);
  EXPECT_EQ(LargestBatch(question, uint64_t{1} << 60), 64);
  EXPECT_EQ(LargestBatch(question, 1), 0);
}

TEST(TrainingMemory, WhatFitsIsNotWarnedOf) {
  const MemoryQuestion question = Lite0(224, 16);
  EXPECT_EQ(AdviseOnMemory(question, 1, std::nullopt).size(), 1U);
  const std::vector<std::string> notes = AdviseOnMemory(question, 1, MemoryRoom{uint64_t{1} << 40, "free somewhere"});
  ASSERT_EQ(notes.size(), 1U);
  EXPECT_NE(notes[0].find("are free somewhere"), std::string::npos) << notes[0];
}

TEST(TrainingMemory, WhatDoesNotFitIsWarnedOfWithSettingsThatDo) {
  const MemoryQuestion question = Lite0(224, 64);
  const std::vector<std::string> notes =
      AdviseOnMemory(question, 2, MemoryRoom{EstimateTrainingMemory(Lite0(224, 20)).total(), "free"});
  ASSERT_EQ(notes.size(), 2U);
  EXPECT_NE(notes[1].find("warning: memory may not suffice; --batch 20 --accumulate 7 fits"), std::string::npos)
      << notes[1];
  EXPECT_NE(notes[1].find("--grad-checkpoint"), std::string::npos) << notes[1];
  const std::vector<std::string> hopeless = AdviseOnMemory(question, 1, MemoryRoom{1000, "free"});
  ASSERT_EQ(hopeless.size(), 2U);
  EXPECT_NE(hopeless[1].find("smaller --size"), std::string::npos) << hopeless[1];
}

TEST(ProcessMemory, TheSystemTells) {
#if defined(__linux__)
  EXPECT_GT(PeakResidentBytes(), uint64_t{1} << 20);
  const std::optional<MemoryRoom> room = AvailableMemory();
  ASSERT_TRUE(room);
  EXPECT_GT(room->bytes, uint64_t{16} << 20);
  EXPECT_FALSE(room->limit.empty());
#else
  EXPECT_FALSE(AvailableMemory());
#endif
}

}  // namespace
}  // namespace frond
