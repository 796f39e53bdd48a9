#include "src/train/peers.h"

#include <array>

#include "src/base/format.h"
#include "src/train/joint_batch.h"
#include "tests/train/in_world.h"

namespace frond {
namespace {

class PeersOver : public testing::TestWithParam<Peers::Sums> {};
INSTANTIATE_TEST_SUITE_P(SumsOver, PeersOver,
                         testing::Values(Peers::Sums::kSharedMemoryIfPossible, Peers::Sums::kNetwork));

TEST_P(PeersOver, AddGatherAndBroadcast) {
  const auto body = [](Peers& peers) {
    const int64_t rank = peers.rank();
    const torch::Tensor values = torch::full({5}, static_cast<double>(rank + 1));
    peers.Sum(values);
    EXPECT_TRUE(torch::equal(values, torch::full({5}, 6.0)));

    EXPECT_TRUE(peers.Any(rank == 2));
    EXPECT_FALSE(peers.Any(false));

    // Rank 1 has no rows.
    const torch::Tensor rows = torch::full({rank == 1 ? 0 : rank + 1, 2}, rank, torch::kInt64);
    const torch::Tensor all = peers.Gather(rows);
    EXPECT_TRUE(torch::equal(all, torch::tensor({{0, 0}, {2, 2}, {2, 2}, {2, 2}}, torch::kInt64)));

    EXPECT_EQ(peers.Broadcast(StrCat("of ", rank)), "of 0");
    EXPECT_EQ(peers.Broadcast(std::string()), "");
    const torch::Tensor map =
        torch::full({1, 2, 3, 3}, static_cast<double>(rank)).contiguous(torch::MemoryFormat::ChannelsLast);
    peers.Broadcast(map);
    EXPECT_TRUE(torch::equal(map, torch::zeros({1, 2, 3, 3})));
    EXPECT_FALSE(peers.lost().has_value());
  };
  InWorld(3, body, GetParam());
}

TEST(Peers, WhoDoesNotComeIsNamed) {
  const int port = FreePort();
  std::vector<std::thread> threads;
  for (const int rank : {0, 2}) {
    threads.emplace_back([rank, port] {
      const Result<std::unique_ptr<Peers>> peers = Peers::Join({rank, 4, 0, 1, "127.0.0.1", port}, 5);
      ASSERT_FALSE(peers.ok());
      const std::string text = peers.error().ToString();
      // Where rank 0 has given up first, its store is gone.
      const bool named = text.find("ranks 1, 3 of 4 processes did not come") != std::string::npos;
      EXPECT_TRUE(named || (rank == 2 && text.find("rank 0 at") != std::string::npos)) << text;
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST(Peers, APortThatIsTakenIsSaid) {
  InWorld(2, [](Peers& peers) {
    if (!peers.leads()) return;
    const int taken = FreePort();
    const int socket = ::socket(AF_INET6, SOCK_STREAM, 0);
    sockaddr_in6 address = {};
    address.sin6_family = AF_INET6;
    address.sin6_addr = in6addr_any;
    address.sin6_port = htons(static_cast<uint16_t>(taken));
    if (bind(socket, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0 || listen(socket, 1) != 0) return;
    const Result<std::unique_ptr<Peers>> second = Peers::Join({0, 2, 0, 1, "127.0.0.1", taken}, 1);
    ASSERT_FALSE(second.ok());
    EXPECT_NE(second.error().message.find(StrCat("cannot listen at 127.0.0.1:", taken)), std::string::npos)
        << second.error().ToString();
    close(socket);
  });
}

// Of 3 + 0 + 2 photos.
TEST(JointBatch, TotalsAndOutcomesAreThoseOfTheWholeBatch) {
  InWorld(3, [](Peers& peers) {
    const int64_t photos = std::array{3, 0, 2}[static_cast<size_t>(peers.rank())];
    const BatchTotals totals = AddUpBatch(&peers, photos, torch::full({2}, 0.5F * static_cast<float>(photos)));
    EXPECT_EQ(totals.batch.photos, 5);
    EXPECT_EQ(totals.batch.first, peers.rank() == 0 ? 0 : 3);
    EXPECT_EQ(totals.batch.counts, photos > 0);
    EXPECT_TRUE(torch::equal(totals.task_weights, torch::full({2}, 2.5F)));

    BatchOutcome outcome(&peers, 0.25, {{1, photos}}, peers.rank() == 1);
    outcome.Wait();
    EXPECT_EQ(outcome.loss(), 0.75);
    EXPECT_TRUE(outcome.interrupted());
    std::vector<TaskCount> counts = {{10, 20}};
    outcome.AddTo(counts);
    EXPECT_EQ(counts[0].right, 13);
    EXPECT_EQ(counts[0].labelled, 25);
  });
  const BatchTotals alone = AddUpBatch(nullptr, 4, torch::ones({1}));
  EXPECT_EQ(alone.batch.photos, 4);
  EXPECT_EQ(alone.batch.peers, nullptr);
}

}  // namespace
}  // namespace frond
