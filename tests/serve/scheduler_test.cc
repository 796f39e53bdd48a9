#include "src/serve/core/scheduler.h"

#include <gtest/gtest.h>

#include <fstream>
#include <future>
#include <sstream>

#include "frond/image.h"
#include "src/serve/core/repository.h"
#include "tests/data/photo_files.h"
#include "tests/support/temp_dir.h"
#include "tests/support/tiny_model.h"

namespace frond::serve {
namespace {

std::string Bytes(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

class SchedulerTest : public testing::Test {
 protected:
  SchedulerTest() {
    WriteTinyModel(dir_.File("tiny.safetensors"));
    model_.emplace(*Model::Load(dir_.File("tiny.safetensors")));
  }

  std::unique_ptr<Scheduler> Make(const SchedulerOptions& options) {
    Result<std::unique_ptr<Scheduler>> scheduler = Scheduler::Create(*model_, options);
    EXPECT_TRUE(scheduler.ok());
    return std::move(*scheduler);
  }
  const Preprocessing& size() const { return model_->spec().preprocessing; }

  std::string Photo(uint64_t seed) {
    WritePattern(dir_.File("photo.png"), seed, 60, 40);
    return Bytes(dir_.File("photo.png"));
  }
  std::vector<float> Tensor(const std::string& photo) {
    std::vector<float> tensor(size_t{3} * static_cast<size_t>(size().height) * static_cast<size_t>(size().width));
    const Result<Image> image = DecodeImage(std::as_bytes(std::span(photo)), DecodeOptionsFor(size()));
    EXPECT_TRUE(image.ok() && Preprocess(*image, size(), tensor).ok());
    return tensor;
  }
  std::vector<float> Logits(const std::vector<float>& tensor) {
    std::vector<float> logits(static_cast<size_t>(model_->output_size()));
    Result<Session> session = Session::Create(*model_, {.threads = 1});
    EXPECT_TRUE(session->Run({tensor, 1, size().height, size().width}, logits).ok());
    return logits;
  }
  Work TensorWork(std::vector<float> tensor) {
    Work work;
    work.tensor = std::move(tensor);
    work.count = 1;
    work.height = size().height;
    work.width = size().width;
    return work;
  }
  static Work PhotoWork(std::string photo) {
    Work work;
    work.photo = std::move(photo);
    return work;
  }
  static std::future<Outcome> Submit(Scheduler& scheduler, Work work) {
    auto promise = std::make_shared<std::promise<Outcome>>();
    std::future<Outcome> outcome = promise->get_future();
    scheduler.Submit(std::move(work), [promise](Outcome done) { promise->set_value(std::move(done)); });
    return outcome;
  }

  // While it lives the scheduler's one thread is held.
  class Held {
   public:
    Held(Scheduler& scheduler, Work work) {
      std::promise<void> held;
      std::future<void> is_held = held.get_future();
      scheduler.Submit(std::move(work), [held = std::make_shared<std::promise<void>>(std::move(held)),
                                         released = release_.get_future().share()](const Outcome&) {
        held->set_value();
        released.wait();
      });
      is_held.wait();
    }
    ~Held() { release_.set_value(); }

   private:
    std::promise<void> release_;
  };

  TempDir dir_;
  std::optional<Model> model_;
};

TEST_F(SchedulerTest, WhatIsRunTogetherIsAnsweredAsAlone) {
  const auto scheduler = Make({.threads = 2, .queue = 1000, .batch = 4});
  std::vector<std::future<Outcome>> outcomes;
  std::vector<std::vector<float>> expected;
  for (uint64_t i = 0; i < 60; ++i) {
    const std::string photo = Photo(i % 5);
    const std::vector<float> tensor = Tensor(photo);
    expected.push_back(Logits(tensor));
    if (i % 7 == 3) {
      outcomes.push_back(Submit(*scheduler, PhotoWork("no photo")));
      expected.emplace_back();
    }
    outcomes.push_back(Submit(*scheduler, i % 2 == 0 ? PhotoWork(photo) : TensorWork(tensor)));
    if (i % 7 == 3) std::swap(expected[expected.size() - 1], expected[expected.size() - 2]);
  }
  for (size_t i = 0; i < outcomes.size(); ++i) {
    const Outcome outcome = outcomes[i].get();
    if (expected[i].empty()) {
      EXPECT_FALSE(outcome.answer) << i;
      EXPECT_EQ(outcome.refusal.reason, Refusal::Reason::kInput);
      EXPECT_EQ(outcome.refusal.error.code, ErrorCode::kBadFormat);
    } else {
      ASSERT_TRUE(outcome.answer) << i;
      EXPECT_EQ(outcome.answer->logits, expected[i]) << i;
    }
  }
  while (scheduler->pending() > 0) std::this_thread::yield();  // the last is counted until its answer was taken
}

TEST_F(SchedulerTest, WhoFindsTheQueueFullIsToldAtOnce) {
  const auto scheduler = Make({.threads = 1, .queue = 2});
  const std::string photo = Photo(1);
  std::vector<std::future<Outcome>> waiting;
  {
    const Held held(*scheduler, PhotoWork(photo));
    for (int i = 0; i < 2; ++i) waiting.push_back(Submit(*scheduler, PhotoWork(photo)));
    const Outcome refused = Submit(*scheduler, PhotoWork(photo)).get();
    EXPECT_FALSE(refused.answer);
    EXPECT_EQ(refused.refusal.reason, Refusal::Reason::kFull);
    EXPECT_GE(scheduler->RetryAfter().count(), 1);
    EXPECT_EQ(scheduler->pending(), 3U);
  }
  for (auto& outcome : waiting) EXPECT_TRUE(outcome.get().answer);
}

TEST_F(SchedulerTest, WhatNobodyWantsAnyMoreIsNotRun) {
  const auto scheduler = Make({.threads = 1});
  const std::string photo = Photo(1);
  Work late = PhotoWork(photo);
  late.deadline = Clock::now();
  Work in_time = PhotoWork(photo);
  in_time.deadline = Clock::now() + std::chrono::hours(1);
  Work abandoned = PhotoWork(photo);
  const auto cancelled = std::make_shared<std::atomic<bool>>(false);
  abandoned.cancelled = cancelled;
  std::vector<std::future<Outcome>> outcomes;
  {
    const Held held(*scheduler, PhotoWork(photo));
    outcomes.push_back(Submit(*scheduler, late));
    outcomes.push_back(Submit(*scheduler, in_time));
    outcomes.push_back(Submit(*scheduler, abandoned));
    cancelled->store(true);
  }
  EXPECT_EQ(outcomes[0].get().refusal.reason, Refusal::Reason::kLate);
  EXPECT_TRUE(outcomes[1].get().answer);
  EXPECT_EQ(outcomes[2].get().refusal.reason, Refusal::Reason::kCancelled);
}

TEST_F(SchedulerTest, StoppingAnswersWhatWaits) {
  auto scheduler = Make({.threads = 1});
  const std::string photo = Photo(1);
  std::vector<std::future<Outcome>> waiting;
  {
    const Held held(*scheduler, PhotoWork(photo));
    for (int i = 0; i < 5; ++i) waiting.push_back(Submit(*scheduler, PhotoWork(photo)));
    scheduler->Stop();
    EXPECT_EQ(Submit(*scheduler, PhotoWork(photo)).get().refusal.reason, Refusal::Reason::kStopping);
  }
  scheduler.reset();
  for (auto& outcome : waiting) EXPECT_TRUE(outcome.get().answer);
}

TEST_F(SchedulerTest, ADelayGathersABatch) {
  const auto scheduler = Make({.threads = 1, .batch = 4, .batch_delay = std::chrono::minutes(1)});
  const std::string photo = Photo(1);
  std::vector<std::future<Outcome>> outcomes;
  for (int i = 0; i < 3; ++i) outcomes.push_back(Submit(*scheduler, PhotoWork(photo)));
  EXPECT_EQ(outcomes[0].wait_for(std::chrono::milliseconds(50)), std::future_status::timeout);
  outcomes.push_back(Submit(*scheduler, PhotoWork(photo)));
  for (auto& outcome : outcomes) EXPECT_TRUE(outcome.get().answer);
}

// Threads that wait for the same work, of which one takes it.
TEST_F(SchedulerTest, SeveralThreadsWaitTogetherForABatch) {
  const auto scheduler = Make({.threads = 3, .batch = 4, .batch_delay = std::chrono::milliseconds(2)});
  const std::string photo = Photo(1);
  for (int round = 0; round < 60; ++round) {
    std::vector<std::future<Outcome>> outcomes;
    for (int i = 0; i < 1 + round % 6; ++i) outcomes.push_back(Submit(*scheduler, PhotoWork(photo)));
    for (auto& outcome : outcomes) {
      ASSERT_EQ(outcome.wait_for(std::chrono::seconds(20)), std::future_status::ready) << round;
      EXPECT_TRUE(outcome.get().answer);
    }
  }
}

TEST_F(SchedulerTest, AModelLoadedAgainLosesNoRequest) {
  Repository repository({.threads = 2});
  const ModelEntry entry{"tiny", "1", dir_.File("tiny.safetensors")};
  ASSERT_TRUE(repository.Load(entry).ok());
  const std::string photo = Photo(1);
  std::atomic<bool> stop{false};
  std::atomic<int> asked{0};
  std::atomic<int> answered{0};
  std::thread client([&] {
    while (!stop) {
      const auto served = repository.Find("tiny", "");
      ++asked;
      served->scheduler->Submit(PhotoWork(photo), [&, served](const Outcome& outcome) {
        if (outcome.answer) ++answered;
      });
      while (repository.pending() > 20) std::this_thread::sleep_for(std::chrono::microseconds(100));
    }
  });
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(repository.Load(entry).ok());
  EXPECT_FALSE(repository.Load({"tiny", "1", dir_.File("absent")}).ok());
  stop = true;
  client.join();
  while (repository.pending() > 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  EXPECT_GT(asked, 0);
  EXPECT_EQ(answered, asked);
}

TEST(ModelEntries, AreNamedByTheirFilesOrAsAsked) {
  const auto entry = [](const std::string& text) { return *ParseModelEntry(text); };
  EXPECT_EQ(entry("a/leaf v2.safetensors").name, "leaf_v2");
  EXPECT_EQ(entry("a/leaf v2.safetensors").version, "1");
  EXPECT_EQ(entry("crops/7=b.safetensors").name, "crops");
  EXPECT_EQ(entry("crops/7=b.safetensors").version, "7");
  EXPECT_EQ(entry("crops/7=b.safetensors").file, "b.safetensors");
  for (const char* bad : {"", "=x", "a=", "a b=x", "a/=x", "a/b/c=x"}) EXPECT_FALSE(ParseModelEntry(bad).ok()) << bad;
}

}  // namespace
}  // namespace frond::serve
