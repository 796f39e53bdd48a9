// A training under the watchdog: what is planted is named, and the run goes on, also from a checkpoint.

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "src/base/format.h"
#include "src/train/trainer.h"
#include "tests/data/photo_files.h"
#include "tests/support/temp_dir.h"
#include "tests/train/generated_module.h"

namespace frond {
namespace {

// Called after each batch, with the epoch from 1.
using Meddle = std::function<void(Module& module, int epoch, int64_t batch)>;

struct Outcome {
  Status status;
  RunState state;
  std::vector<torch::Tensor> tensors;
  int notices = 0;
};

class Rescue : public testing::Test {
 protected:
  void SetUp() override {
    const std::array<Colour, 2> colours = {{{40, 60, 200}, {200, 50, 40}}};
    for (size_t c = 0; c < colours.size(); ++c) {
      for (int i = 0; i < 20; ++i) {
        WritePng(dir_.File(StrCat("data/", c, "/", i, ".png")), 32, 32, [&](int x, int y) {
          Random random({c, static_cast<uint64_t>(i), static_cast<uint64_t>(x), static_cast<uint64_t>(y)});
          Colour pixel = colours[c];
          for (uint8_t& part : pixel) part = static_cast<uint8_t>(part + random.Below(40));
          return pixel;
        });
      }
    }
    torch::manual_seed(1);
    Spec spec = TinySpec();
    spec.num_classes = 2;
    network_ = std::make_unique<Module>(spec);
    UseStatisticsOf(GeneratedTensor("photos", {8, 3, 32, 32}, -2, 2), *network_);
    options_.data = dir_.File("data");
    options_.pretrained = dir_.File("start.safetensors");
    options_.size = "32";
    options_.head = "linear";
    options_.freeze = "none";
    options_.norm = "batch";
    options_.epochs = 4;
    options_.learning_rate = 0.01;
    options_.batch = 6;
    options_.threads = 1;
    options_.checkpoint_seconds = 0;
  }

  void Scale(const std::string& name, double factor) {
    const torch::NoGradGuard no_grad;
    TensorNamed(*network_, name).value.mul_(factor);
  }

  // `stop_at`: batches after which the run is interrupted and begun anew, from its checkpoint.
  Outcome Train(const std::string& out, const Meddle& meddle = {}, std::vector<int> stop_at = {}) {
    options_.out = dir_.File(out);
    std::filesystem::create_directories(options_.out);
    EXPECT_TRUE(SaveModel(options_.pretrained, *network_, {.labels = {"0", "1"}}, {}).ok());
    stop_at.push_back(-1);
    Outcome outcome;
    int batches = 0;
    for (const int stop : stop_at) {
      Result<frond::Setup> setup = PrepareRun(options_, [](size_t, size_t) {});
      if (!setup.ok()) {
        outcome.status = setup.error();
        return outcome;
      }
      const std::unique_ptr<Trainer> trainer = Trainer::Create(options_, *setup, "key").value();
      outcome.status = trainer->Run(
          [&](const TrainProgress& now) {
            if (now.notice != nullptr) {
              ++outcome.notices;
            } else if (now.finished == nullptr && now.to_keep == 0) {
              ++batches;
              if (meddle) meddle(setup->module, now.epoch, now.batch);
            }
          },
          [&] { return stop >= 0 && batches >= stop; });
      outcome.state = trainer->state();
      outcome.tensors.clear();
      for (const ModuleTensor& tensor : setup->module.tensors())
        outcome.tensors.push_back(tensor.value.detach().clone());
    }
    return outcome;
  }

  static bool Logged(const Outcome& outcome, const std::string& text) {
    return std::ranges::any_of(outcome.state.log,
                               [&](const std::string& line) { return line.find(text) != std::string::npos; });
  }
  static void ExpectTrained(const Outcome& outcome) {
    ASSERT_TRUE(outcome.status.ok()) << outcome.status.error().ToString();
    ASSERT_FALSE(outcome.state.records.empty());
    EXPECT_TRUE(std::isfinite(outcome.state.records.back().train_loss));
    EXPECT_GT(outcome.state.records.back().val_accuracy, 0.9);
    for (const torch::Tensor& tensor : outcome.tensors) EXPECT_TRUE(AllFinite(tensor));
  }
  static void ExpectSame(const Outcome& one, const Outcome& other) {
    ASSERT_EQ(one.tensors.size(), other.tensors.size());
    for (size_t i = 0; i < one.tensors.size(); ++i) EXPECT_TRUE(torch::equal(one.tensors[i], other.tensors[i])) << i;
    EXPECT_EQ(one.state.log, other.state.log);
  }

  TempDir dir_;
  std::unique_ptr<Module> network_;
  TrainOptions options_;
};

// From the first batch on, in the number formats of training: no state to go back to, the weight itself is at fault.
TEST_F(Rescue, WeightsThatOverflowFromTheStartAreNamedAndTamed) {
  Scale("blocks.1.0.bn1.weight", 3e38);
  for (const char* precision : {"fp32", "bf16"}) {
    options_.precision = precision;
    const Outcome outcome = Train(precision);
    ExpectTrained(outcome);
    EXPECT_TRUE(Logged(outcome, "epoch 1, batch 1: the loss is nan, first in blocks.1.0.bn1: the batch is left out"));
    EXPECT_TRUE(Logged(outcome, "blocks.1.0.bn1.weight (up to 3e+38) is divided by 2^127"));
    EXPECT_EQ(outcome.notices, 3);
    ExpectSame(Train(StrCat(precision, "-broken"), {}, {1, 2, 3, 5, 9}), outcome);
  }
}

// What is frozen runs on frond's engine, which refuses it.
TEST_F(Rescue, FrozenWeightsToo) {
  Scale("blocks.0.0.bn1.weight", 3e38);
  options_.freeze = "stages:2";
  options_.norm = "frozen";
  const Outcome outcome = Train("whole");
  ExpectTrained(outcome);
  EXPECT_TRUE(Logged(outcome, "the weights of blocks.0.0.conv_dw or of its norm are not finite"));
  EXPECT_TRUE(Logged(outcome, "blocks.0.0.bn1.weight (up to 3e+38) is divided by 2^127"));
  ExpectSame(Train("broken", {}, {2, 3, 4, 9}), outcome);
  // Where every view's outputs are kept, too.
  options_.views = 1;
  const Outcome kept = Train("kept");
  ExpectTrained(kept);
  EXPECT_TRUE(Logged(kept, "blocks.0.0.bn1.weight (up to 3e+38) is divided by 2^127"));
}

TEST_F(Rescue, AfterThreeBadBatchesItGoesBackWithHalfTheRate) {
  const auto plant = [](Module& module, int epoch, int64_t batch) {
    const torch::NoGradGuard no_grad;
    if (epoch == 2 && batch == 2) TensorNamed(module, "blocks.1.1.bn1.weight").value.mul_(3e38);
  };
  options_.precision = "bf16";
  const Outcome outcome = Train("whole", plant);
  ExpectTrained(outcome);
  EXPECT_TRUE(Logged(outcome, "epoch 2, batch 3: the loss is nan, first in blocks.1.1.bn1"));
  EXPECT_TRUE(Logged(outcome, "back to the state before step 6 (epoch 2), from here on with 0.5 times"));
  EXPECT_EQ(outcome.state.watchdog.rate_factor, 0.5);
  EXPECT_EQ(outcome.state.watchdog.all_roll_backs, 1);
  // Half of what it would have been there: the schedule goes by the place in the run.
  const Outcome undisturbed = Train("undisturbed");
  EXPECT_EQ(outcome.state.records[2].learning_rate, undisturbed.state.records[2].learning_rate / 2);
  EXPECT_EQ(undisturbed.state.watchdog.all_skips, 0);
  // Interrupted before, within and after it.
  ExpectSame(Train("broken", plant, {6, 8, 9, 10, 12}), outcome);
}

TEST_F(Rescue, OneBadBatchIsLeftOutAndLeavesNoTrace) {
  torch::Tensor before;
  torch::Tensor after;
  const auto plant = [&](Module& module, int epoch, int64_t batch) {
    const torch::NoGradGuard no_grad;
    torch::Tensor& weight = TensorNamed(module, "blocks.2.0.bn1.weight").value;
    torch::Tensor& variance = TensorNamed(module, "blocks.1.0.bn1.running_var").value;
    if (epoch == 2 && batch == 1) {
      weight.fill_(INFINITY);
      before = variance.clone();
    } else if (epoch == 2 && batch == 2) {
      weight.fill_(1);
      after = variance.clone();
    }
  };
  const Outcome outcome = Train("whole", plant);
  ExpectTrained(outcome);
  EXPECT_EQ(outcome.state.watchdog.all_skips, 1);
  EXPECT_EQ(outcome.state.watchdog.all_roll_backs, 0);
  EXPECT_EQ(outcome.state.watchdog.rate_factor, 1);
  EXPECT_TRUE(torch::equal(before, after));
}

TEST_F(Rescue, StatisticsAloneAreEnough) {
  const auto plant = [](Module& module, int epoch, int64_t batch) {
    const torch::NoGradGuard no_grad;
    if (epoch == 2 && batch == 1) TensorNamed(module, "blocks.1.1.conv_pw.weight").value.mul_(1e25);
  };
  const Outcome outcome = Train("whole", plant);
  ExpectTrained(outcome);
  EXPECT_TRUE(Logged(outcome, "a running statistic is not finite, first in blocks.1.1.bn1.running_var"));
}

TEST_F(Rescue, AGradientAloneIsEnough) {
  options_.norm = "frozen";
  const auto plant = [](Module& module, int epoch, int64_t batch) {
    const torch::NoGradGuard no_grad;
    if (epoch != 2 || batch != 1) return;
    // Behind filters of zeros the norm's weight shows in the gradient alone.
    TensorNamed(module, "blocks.2.0.conv_pw.weight").value.zero_();
    TensorNamed(module, "blocks.2.0.bn1.running_mean").value.zero_();
    TensorNamed(module, "blocks.2.0.bn1.weight").value.fill_(1e25);
    TensorNamed(module, "classifier.weight").value.mul_(1e25);
  };
  const Outcome outcome = Train("whole", plant);
  ExpectTrained(outcome);
  EXPECT_TRUE(Logged(outcome, "a gradient is not finite, first in blocks.2.0.conv_pw.weight: the step is left out"));
}

TEST_F(Rescue, SoundWeightsThatNeverGiveANumberEndWithAdvice) {
  const torch::NoGradGuard no_grad;
  TensorNamed(*network_, "blocks.1.1.conv_pw.weight").value.view(-1)[5] = NAN;
  const Outcome outcome = Train("whole");
  ASSERT_FALSE(outcome.status.ok());
  EXPECT_NE(outcome.status.error().message.find("first in blocks.1.1.conv_pw"), std::string::npos)
      << outcome.status.error().message;
}

// Without a GPU this needs a libtorch whose CPU computes in half precision.
TEST_F(Rescue, TheLossScaleOfHalfPrecisionComesDownToWhatFits) {
  if (!OfferedHere().half_on_cpu) GTEST_SKIP() << "this libtorch has no half precision on the CPU";
  options_.precision = "fp16";
  const auto plant = [](Module& module, int epoch, int64_t batch) {
    const torch::NoGradGuard no_grad;
    if (epoch == 2 && batch == 2) TensorNamed(module, "blocks.1.1.bn1.weight").value.mul_(1e5);
  };
  const Outcome outcome = Train("whole", plant);
  ExpectTrained(outcome);
  EXPECT_LE(outcome.state.loss_scale.value, LossScale::kFirst);
  EXPECT_TRUE(Logged(outcome, "epoch 2, batch 3: the loss is nan, first in blocks.1.1.bn1"));
  ExpectSame(Train("broken", plant, {2, 6, 9, 12}), outcome);
}

}  // namespace
}  // namespace frond
