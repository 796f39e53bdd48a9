#ifndef FROND_SRC_TRAIN_JOINT_BATCH_H_
#define FROND_SRC_TRAIN_JOINT_BATCH_H_

#include <functional>
#include <vector>

#include "src/train/peers.h"
#include "src/train/shared_batch.h"
#include "src/train/task_loss.h"

namespace frond {

// What the processes that share a batch tell each other of it. Without peers a process is told what it said.

struct BatchTotals {
  SharedBatch batch;
  torch::Tensor task_weights;  // TaskWeights of all photos
};

// Before a batch is learnt from: how many photos each process has of it, and what their targets weigh.
BatchTotals AddUpBatch(Peers* peers, int64_t photos, const torch::Tensor& task_weights);

// Behind the forward pass: the loss, which is the sum of the processes' parts, and who was right. The sum goes on while
// the backward pass runs.
class BatchOutcome {
 public:
  BatchOutcome(Peers* peers, double loss, const std::vector<TaskCount>& counts, bool interrupted);
  void Wait();

  // Valid behind Wait.
  double loss() const;
  void AddTo(std::vector<TaskCount>& counts) const;
  bool interrupted() const;  // one of the processes is to stop

 private:
  torch::Tensor values_;  // loss, interrupted, then right and labelled of each task
  std::function<void()> wait_;
};

}  // namespace frond

#endif  // FROND_SRC_TRAIN_JOINT_BATCH_H_
