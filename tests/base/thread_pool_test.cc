#include "src/base/thread_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#if defined(__linux__)
#include <sched.h>
#endif

#include "tests/support/threads.h"

namespace frond {
namespace {

TEST(ThreadPoolTest, EveryTaskRunsExactlyOnce) {
  for (const int threads : {1, 2, 3, 8}) {
    ThreadPool pool(threads);
    EXPECT_EQ(pool.threads(), ThreadsStart() ? threads : 1);
    for (int round = 0; round < 500; ++round) {
      const int tasks = round % 37;
      std::vector<std::atomic<int>> runs(static_cast<size_t>(tasks));
      std::atomic<bool> bad_thread = false;
      pool.Run(tasks, [&](int task, int thread) {
        ++runs[static_cast<size_t>(task)];
        if (thread < 0 || thread >= threads) bad_thread = true;
      });
      for (const auto& count : runs) EXPECT_EQ(count, 1);
      EXPECT_FALSE(bad_thread);
    }
  }
}

TEST(ThreadPoolTest, ThreadsThatAreThereTakeTheirOwnTasks) {
  ThreadPool pool(2);
  if (pool.threads() < 2) GTEST_SKIP() << "no threads here";
  std::atomic<int> strangers = 0;
  for (int round = 0; round < 500; ++round) {
    std::atomic<int> arrived = 0;
    pool.Run(2, [&](int task, int thread) {
      if (task != thread) ++strangers;
      ++arrived;
      while (arrived < 2) std::this_thread::yield();  // so that neither thread takes both
    });
  }
  EXPECT_EQ(strangers, 0);
}

TEST(ThreadPoolTest, WorkIsSeenByTheCallerAfterRun) {
  ThreadPool pool(4);
  std::vector<int> values(1000);
  for (int round = 1; round < 100; ++round) {
    pool.Run(1000, [&](int task, int /*thread*/) { values[static_cast<size_t>(task)] += round; });
  }
  for (const int value : values) EXPECT_EQ(value, 99 * 100 / 2);
}

#if defined(__linux__)
TEST(ThreadPoolTest, WorkersStayOnTheirCpus) {
  if (!ThreadsStart() || !CheckCpus({0}).ok()) GTEST_SKIP() << "no threads here, or CPU 0 is not ours";
  ThreadPool pool(3, {0});
  std::atomic<int> elsewhere = 0;
  for (int round = 0; round < 200; ++round) {
    pool.Run(8, [&](int /*task*/, int thread) {
      if (thread > 0 && sched_getcpu() != 0) ++elsewhere;
    });
  }
  EXPECT_EQ(elsewhere, 0);
}
#endif

}  // namespace
}  // namespace frond
