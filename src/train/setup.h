#ifndef FROND_SRC_TRAIN_SETUP_H_
#define FROND_SRC_TRAIN_SETUP_H_

#include <functional>
#include <string>
#include <vector>

#include "frond/result.h"
#include "src/data/audit.h"
#include "src/data/dataset.h"
#include "src/train/compute.h"
#include "src/train/memory_estimate.h"
#include "src/train/module.h"
#include "src/train/options.h"
#include "src/train/peers.h"
#include "src/weights/model_file.h"

namespace frond {

// What a run begins with: photos that were looked at, and a network with its weights.
struct Setup {
  Dataset dataset;  // without the photos that cannot be read
  Dataset audited;  // as given
  Audit audit;      // of it
  Module module;
  std::string source_json;            // of the pretrained weights
  bool batch_statistics = false;      // of the layers that are trained; else their running ones stay
  bool recompute_statistics = false;  // before the first epoch, over the training photos
  std::vector<std::string> notes;     // what was chosen and why, for the log
  bool carry_norms = false;           // likewise: GroupNorms hold the weights of batch-norms
  Compute compute = {};
  TrainingMemory memory = {};  // expected
  // What AdviseOnMemory says, for the terminal: what is free here and now is not of the run.
  std::vector<std::string> memory_notes = {};
};

// `progress(done, of)` while photos are looked at. Errors: those of ReadDataset, of reading weights, and
// kInvalidArgument where too few photos can be read. With `peers` rank 0 looks, and the others' audit is
// AuditTogether's.
Result<Setup> PrepareRun(const TrainOptions& options, const std::function<void(size_t, size_t)>& progress,
                         Peers* peers = nullptr);

// What a model file says of the run's network, before it is calibrated.
ModelInfo InfoOf(const Setup& setup);

// Which tensors require a gradient. `thawed` more stages than the freeze says are trained, from the last that holds a
// frozen tensor down (the head counts as one behind the last).
void ApplyFreeze(Module& module, const Freeze& freeze, int thawed);

}  // namespace frond

#endif  // FROND_SRC_TRAIN_SETUP_H_
