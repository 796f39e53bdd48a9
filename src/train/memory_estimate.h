#ifndef FROND_SRC_TRAIN_MEMORY_ESTIMATE_H_
#define FROND_SRC_TRAIN_MEMORY_ESTIMATE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "frond/spec.h"
#include "src/base/process_memory.h"

namespace frond {

// What the CPU's memory depends on.
struct MemoryQuestion {
  Spec spec;
  size_t frozen_blocks = 0;    // as Module::FrozenBlocks counts them
  int64_t trained_values = 0;  // of all parameters, those that take steps
  std::string optimizer = "adamw";
  bool average = true;  // of the weights
  int batch = 16;
  bool grad_checkpoint = false;
  int map_bytes = 4;         // of a value in a map between layers: 2 in mixed precision
  bool maps_on_gpu = false;  // they take none of the CPU's memory
  int64_t train_photos = 0;
  int64_t val_photos = 0;
  int64_t photo_pixels = 0;  // of a photo to be augmented, as the loader keeps it (LoaderOptions::cache_bytes)
};

// In bytes, resident.
struct TrainingMemory {
  uint64_t program = 0;  // libraries, and what libtorch and the loader's threads set up
  uint64_t weights = 0;  // values, average, gradients, the optimizer's state, the packed copy of what is frozen
  uint64_t photos = 0;   // decoded ones that the loaders keep, and the batches that they hold ready
  uint64_t kept = 0;     // maps that the backward pass needs
  uint64_t work = 0;     // of the layer or block at hand
  uint64_t total() const { return program + weights + photos + kept + work; }
};

// Of one training step at its fullest, from the spec alone.
TrainingMemory EstimateTrainingMemory(const MemoryQuestion& question);

// The largest batch of at most question.batch photos that takes no more than `room`; 0 where not even one photo does.
int LargestBatch(const MemoryQuestion& question, uint64_t room);

// What to tell before the first step: the estimate and, where it does not fit into `room`, a warning with the batch
// that would, with how many batches a step (`accumulate` now), and whether --grad-checkpoint helps. Not an error: the
// estimate is one, and there may be swap.
std::vector<std::string> AdviseOnMemory(const MemoryQuestion& question, int accumulate,
                                        const std::optional<MemoryRoom>& room);

}  // namespace frond

#endif  // FROND_SRC_TRAIN_MEMORY_ESTIMATE_H_
