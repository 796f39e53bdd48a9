#include "src/train/shared_memory_sums.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <thread>
#include <vector>

namespace frond {
namespace {

using std::chrono::milliseconds;
using Sums = SharedMemorySums;

// Processes of a test are threads of this one: each has an open file of its own, as processes do.
TEST(SharedMemorySums, AreTheSameBitsInAllWhateverTheirSize) {
  constexpr int kProcesses = 3;
  // Small: most tensors take more slots than there are.
  const Sums::Layout layout = {kProcesses, 4, 256};
  const auto maker = Sums::Create(0, layout, milliseconds(10000));
  ASSERT_NE(maker, nullptr);
  constexpr int kSums = 60;
  const auto numbers = [](int rank, int sum) {
    torch::manual_seed(static_cast<uint64_t>(100 * sum + rank));
    constexpr std::array kTypes = {torch::kFloat32, torch::kFloat64, torch::kInt64, torch::kInt32};
    return torch::randn({sum * sum + 1}).mul(1000).to(kTypes[static_cast<size_t>(sum) % kTypes.size()]);
  };
  std::vector<torch::Tensor> inputs[kProcesses];
  std::vector<torch::Tensor> expected;
  for (int sum = 0; sum < kSums; ++sum) {
    for (int rank = 0; rank < kProcesses; ++rank) inputs[rank].push_back(numbers(rank, sum));
    expected.push_back(inputs[0].back() + inputs[1].back() + inputs[2].back());
  }
  std::vector<std::thread> processes;
  for (int rank = 0; rank < kProcesses; ++rank) {
    processes.emplace_back([&, rank] {
      const auto opened = rank == 0 ? nullptr : Sums::Open(maker->address(), rank, layout, milliseconds(10000));
      Sums* sums = rank == 0 ? maker.get() : opened.get();
      ASSERT_NE(sums, nullptr);
      // One is slower here, another there; every third sum is waited for late, after others.
      std::function<void()> late = [] {};
      for (int sum = 0; sum < kSums; ++sum) {
        if (sum % (rank + 7) == 0) std::this_thread::sleep_for(milliseconds(1));
        const auto end = sums->Start(inputs[rank][static_cast<size_t>(sum)]);
        if (sum % 3 == 1) {
          late();
          late = end;
        } else {
          end();
        }
      }
      late();
    });
  }
  for (std::thread& process : processes) process.join();
  for (int rank = 0; rank < kProcesses; ++rank) {
    for (size_t sum = 0; sum < kSums; ++sum) {
      EXPECT_TRUE(torch::equal(inputs[rank][sum], expected[sum])) << "rank " << rank << ", sum " << sum;
    }
  }
}

TEST(SharedMemorySums, OneThatIsKilledIsNoticedAtOnceAndASilentOneInTime) {
  const Sums::Layout layout = {2, 2, 64};
  for (const bool killed : {true, false}) {
    const auto sums = Sums::Create(0, layout, milliseconds(killed ? 60000 : 300));
    ASSERT_NE(sums, nullptr);
    int opened[2];
    ASSERT_EQ(pipe(opened), 0);
    const pid_t other = fork();
    if (other == 0) {
      const auto own = Sums::Open(sums->address(), 1, layout, milliseconds(1000));
      const char there = own != nullptr ? 1 : 0;
      if (write(opened[1], &there, 1) != 1) _exit(1);
      for (;;) pause();
    }
    char there = 0;
    ASSERT_EQ(read(opened[0], &there, 1), 1);
    ASSERT_EQ(there, 1);
    if (killed) kill(other, SIGKILL);
    const auto begin = std::chrono::steady_clock::now();
    std::string said;
    try {
      sums->Start(torch::ones({3}))();
    } catch (const std::exception& error) {
      said = error.what();
    }
    const auto took = std::chrono::steady_clock::now() - begin;
    EXPECT_NE(said.find(killed ? "rank 1 is gone" : "rank 1 was silent"), std::string::npos) << said;
    EXPECT_LT(took, milliseconds(5000));
    EXPECT_GE(took, milliseconds(killed ? 0 : 300));
    kill(other, SIGKILL);  // a zombie so far where it was killed before: it counts as gone all the same
    waitpid(other, nullptr, 0);
    close(opened[0]);
    close(opened[1]);
  }
}

TEST(SharedMemorySums, AreNotOpenedElsewhere) {
  const Sums::Layout layout = {2, 2, 64};
  const auto sums = Sums::Create(0, layout, milliseconds(1000));
  ASSERT_NE(sums, nullptr);
  EXPECT_NE(Sums::Open(sums->address(), 1, layout, milliseconds(1000)), nullptr);
  std::string elsewhere = sums->address();
  elsewhere[0] = elsewhere[0] == '0' ? '1' : '0';
  EXPECT_EQ(Sums::Open(elsewhere, 1, layout, milliseconds(1000)), nullptr);
  EXPECT_EQ(Sums::Open(sums->address(), 1, {2, 3, 64}, milliseconds(1000)), nullptr);  // it has another size
  EXPECT_EQ(Sums::Open("none", 1, layout, milliseconds(1000)), nullptr);
  EXPECT_EQ(Sums::Open(sums->address(), 0, layout, milliseconds(1000)), nullptr);  // rank 0 is there already
}

}  // namespace
}  // namespace frond
