#ifndef FROND_SRC_TRAIN_PEERS_H_
#define FROND_SRC_TRAIN_PEERS_H_

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "frond/result.h"
#include "src/data/batch_share.h"
#include "src/train/torch.h"
#include "src/train/world.h"

namespace frond {

// The processes that train together: sums, gathers and broadcasts among them, over NCCL for tensors of a GPU and Gloo
// for those of the CPU, but for sums where all processes are of one machine: through memory that they share. Every
// process makes the same calls in the same order. Where a peer is gone, or silent for longer than the time-out, a call
// throws libtorch's exception, from within a backward pass too, and lost() says it.
class Peers {
 public:
  // What a sum is of: each kind has its own connections, so that neither waits behind the other.
  enum class Lane { kBatch, kGradients };
  // What sums of CPU tensors go over: kNetwork as if each process had a machine of its own.
  enum class Sums { kSharedMemoryIfPossible, kNetwork };

  // Waits up to the time-out for all processes, which ask for the same. Errors: kIo naming who did not come;
  // kUnsupported where frond-train was built without Gloo's headers.
  static Result<std::unique_ptr<Peers>> Join(const World& world, int timeout_seconds,
                                             Sums sums = Sums::kSharedMemoryIfPossible);
  ~Peers();

  int rank() const { return world_.rank; }
  int size() const { return world_.size; }
  int local_rank() const { return world_.local_rank; }
  // Rank 0, which alone writes files and speaks.
  bool leads() const { return world_.rank == 0; }
  BatchShare share() const { return {static_cast<size_t>(world_.rank), static_cast<size_t>(world_.size)}; }

  // Begins to add up a contiguous tensor over all processes, in place; the function that is returned waits for it.
  std::function<void()> StartSum(const torch::Tensor& values, Lane lane);
  void Sum(const torch::Tensor& values) { StartSum(values, Lane::kBatch)(); }
  // Whether it holds in any of them.
  bool Any(bool here);

  // The calls below may be as far apart in time as they like: peers that are gone are still noticed at once, those that
  // are silent are not.

  // Rows of all, those of rank 0 first; of the same kind but for their number.
  torch::Tensor Gather(const torch::Tensor& rows);
  // What rank 0 has.
  void Broadcast(const torch::Tensor& values);
  std::string Broadcast(const std::string& text);
  // Whether sums go through shared memory.
  bool shares_memory() const;
  // The end: rank 0 has done what it does alone. It does not fail there any more.
  void Part();

  // Set once a call has failed.
  std::optional<Error> lost() const;

 private:
  struct Impl;
  Peers(const World& world, std::unique_ptr<Impl> impl);

  World world_;
  std::unique_ptr<Impl> impl_;
};

}  // namespace frond

#endif  // FROND_SRC_TRAIN_PEERS_H_
