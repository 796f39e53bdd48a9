#include "src/train/checkpoint.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "tests/support/temp_dir.h"
#include "tests/train/generated_module.h"

namespace frond {
namespace {

NamedTensors SomeTensors(double low) {
  return {{"model.a", GeneratedTensor("a", {4, 3, 5, 5}, low, 1).contiguous(torch::MemoryFormat::ChannelsLast)},
          {"ema.a", GeneratedTensor("b", {7}, low, 1e-30)},
          {"optimizer.a.2", torch::full({1}, low)}};
}

RunState SomeState() {
  RunState state;
  state.epoch = 7;
  state.batch = 3;
  state.steps = (int64_t{1} << 40) + 1;
  state.loss_sum = 0.1 + 0.2;
  state.counts = {{17.0 / 3, 48}, {0, 0}};
  state.seen = 48;
  state.seconds = 1e-3;
  state.best_epoch = 5;
  state.peak_epoch = 4;
  state.peak_score = 0.9123456789012345;
  state.loss_scale = {0.5, 1999};
  state.watchdog.rate_factor = 0.125;
  state.watchdog.good_step = (int64_t{1} << 33) + 5;
  state.watchdog.good_epoch = 6;
  state.watchdog.skips = 2;
  state.watchdog.epoch_skips = 8;
  state.watchdog.roll_backs = 1;
  state.watchdog.all_skips = 11;
  state.watchdog.all_roll_backs = 3;
  state.watchdog.tamed = 4;
  state.records = {{1, 1.0 / 3, 2.5, 0.25, 2.25, 0.5, 101.7, {{"crop", 1.0 / 7}}}, {2, 1e-4, 1.5, 0.75, 1.25, 1, 99}};
  state.log = {"left out: \"a \xc3\xa9.png\"", ""};
  return state;
}

TEST(Checkpoint, BringsBackTheSameBits) {
  const TempDir folder;
  const NamedTensors saved = SomeTensors(-1);
  const RunState state = SomeState();
  ASSERT_TRUE(SaveCheckpoint(folder.File("c"), state, "key", saved).ok());
  const NamedTensors filled = SomeTensors(0);
  const Result<RunState> loaded = LoadCheckpoint(folder.File("c"), "key", filled);
  ASSERT_TRUE(loaded.ok()) << loaded.error().ToString();
  for (size_t i = 0; i < saved.size(); ++i)
    EXPECT_TRUE(torch::equal(saved[i].second, filled[i].second)) << saved[i].first;
  EXPECT_TRUE(filled[0].second.is_contiguous(torch::MemoryFormat::ChannelsLast));
  EXPECT_EQ(loaded->epoch, state.epoch);
  EXPECT_EQ(loaded->batch, state.batch);
  EXPECT_EQ(loaded->steps, state.steps);
  EXPECT_EQ(loaded->loss_sum, state.loss_sum);
  ASSERT_EQ(loaded->counts.size(), 2U);
  EXPECT_EQ(loaded->counts[0].right, state.counts[0].right);
  EXPECT_EQ(loaded->counts[0].labelled, 48);
  EXPECT_EQ(loaded->seen, state.seen);
  EXPECT_EQ(loaded->seconds, state.seconds);
  EXPECT_EQ(loaded->best_epoch, state.best_epoch);
  EXPECT_EQ(loaded->peak_epoch, state.peak_epoch);
  EXPECT_EQ(loaded->peak_score, state.peak_score);
  EXPECT_EQ(loaded->loss_scale, state.loss_scale);
  EXPECT_EQ(loaded->watchdog, state.watchdog);
  EXPECT_EQ(loaded->log, state.log);
  ASSERT_EQ(loaded->records.size(), 2U);
  EXPECT_EQ(loaded->records[0].learning_rate, 1.0 / 3);
  EXPECT_EQ(loaded->records[1].photos_per_s, 99);
  EXPECT_EQ(loaded->records[0].val_accuracy_of, state.records[0].val_accuracy_of);
}

TEST(Checkpoint, RestoresThoseOfTheTensorsThatItHas) {
  const TempDir folder;
  ASSERT_TRUE(SaveCheckpoint(folder.File("c"), SomeState(), "key", SomeTensors(-1)).ok());
  NamedTensors more = SomeTensors(0);
  more.emplace_back("optimizer.b.0", torch::full({2}, 3.0F));
  ASSERT_TRUE(RestoreTensors(folder.File("c"), more).ok());
  EXPECT_TRUE(torch::equal(more[0].second, SomeTensors(-1)[0].second));
  EXPECT_TRUE(torch::equal(more.back().second, torch::full({2}, 3.0F)));
  EXPECT_EQ(RestoreTensors(folder.File("none"), more).error().code, ErrorCode::kNotFound);
}

void ExpectError(const Result<RunState>& result, ErrorCode code) {
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code, code) << result.error().ToString();
}

TEST(Checkpoint, RefusesAnotherRunsAndLeavesTheTensors) {
  const TempDir folder;
  ASSERT_TRUE(SaveCheckpoint(folder.File("c"), SomeState(), "key", SomeTensors(-1)).ok());
  const NamedTensors filled = SomeTensors(0);
  ExpectError(LoadCheckpoint(folder.File("c"), "other key", filled), ErrorCode::kMismatch);
  EXPECT_TRUE(torch::equal(filled[0].second, SomeTensors(0)[0].second));
}

TEST(Checkpoint, NamesWhatItLacks) {
  const TempDir folder;
  ASSERT_TRUE(SaveCheckpoint(folder.File("c"), {}, "key", SomeTensors(-1)).ok());
  NamedTensors more = SomeTensors(0);
  more.emplace_back("optimizer.b.0", torch::zeros({2}));
  const Result<RunState> lacking = LoadCheckpoint(folder.File("c"), "key", more);
  ExpectError(lacking, ErrorCode::kMismatch);
  EXPECT_NE(lacking.error().message.find("optimizer.b.0"), std::string::npos);
  ExpectError(LoadCheckpoint(folder.File("c"), "key", {{"ema.a", torch::zeros({8})}}), ErrorCode::kMismatch);
}

TEST(Checkpoint, RefusesATruncatedFileWhereverItEnds) {
  const TempDir folder;
  const std::string path = folder.File("c");
  ASSERT_TRUE(SaveCheckpoint(path, SomeState(), "key", SomeTensors(-1)).ok());
  const auto size = std::filesystem::file_size(path);
  for (const auto left : {size - 1, size / 2, size_t{64}, size_t{8}, size_t{0}}) {
    std::filesystem::resize_file(path, left);
    ExpectError(LoadCheckpoint(path, "key", SomeTensors(0)), ErrorCode::kBadFormat);
  }
  ExpectError(LoadCheckpoint(folder.File("none"), "key", {}), ErrorCode::kNotFound);
}

TEST(Checkpoint, RefusesWhatIsNone) {
  const TempDir folder;
  const torch::Tensor zeros = torch::zeros({2});
  const std::span<const float> values(zeros.data_ptr<float>(), 2);
  ASSERT_TRUE(WriteSafetensors(folder.File("a"), {{"model.a", {2}, values}}, {}).ok());
  ExpectError(LoadCheckpoint(folder.File("a"), "key", {}), ErrorCode::kBadFormat);
  for (const char* state : {"", "{}", "[1]", "{\"epoch\": \"x\"}"}) {
    ASSERT_TRUE(
        WriteSafetensors(folder.File("b"), {{"model.a", {2}, values}}, {{"frond.run", state}, {"frond.run_key", "key"}})
            .ok());
    ExpectError(LoadCheckpoint(folder.File("b"), "key", {}), ErrorCode::kBadFormat);
  }
}

}  // namespace
}  // namespace frond
