#ifndef FROND_TESTS_TRAIN_IN_WORLD_H_
#define FROND_TESTS_TRAIN_IN_WORLD_H_

#include <gtest/gtest.h>

#include <functional>
#include <thread>
#include <vector>

#include "src/train/peers.h"
#include "tests/support/free_port.h"

namespace frond {

// `body` as each of `size` processes: threads of this one, joined over the loopback.
inline void InWorld(int size, const std::function<void(Peers&)>& body,
                    Peers::Sums sums = Peers::Sums::kSharedMemoryIfPossible) {
  const int port = FreePort();
  std::vector<std::thread> threads;
  for (int rank = 0; rank < size; ++rank) {
    threads.emplace_back([&, rank] {
      const Result<std::unique_ptr<Peers>> peers = Peers::Join({rank, size, rank, size, "127.0.0.1", port}, 30, sums);
      ASSERT_TRUE(peers.ok()) << peers.error().ToString();
      EXPECT_EQ((*peers)->shares_memory(), size > 1 && sums == Peers::Sums::kSharedMemoryIfPossible);
      body(**peers);
      (*peers)->Part();
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace frond

#endif  // FROND_TESTS_TRAIN_IN_WORLD_H_
