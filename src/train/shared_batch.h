#ifndef FROND_SRC_TRAIN_SHARED_BATCH_H_
#define FROND_SRC_TRAIN_SHARED_BATCH_H_

#include <cstdint>

namespace frond {

class Peers;

// The batch that a network is at, where several processes share it.
struct SharedBatch {
  Peers* peers = nullptr;  // nobody: the batch is this process's
  int64_t photos = 0;      // of all processes
  int64_t first = 0;       // of this process's among them
  bool counts = true;      // false: this process's share is empty, and what it feeds the network stands in for a photo
};

}  // namespace frond

#endif  // FROND_SRC_TRAIN_SHARED_BATCH_H_
