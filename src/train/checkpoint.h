#ifndef FROND_SRC_TRAIN_CHECKPOINT_H_
#define FROND_SRC_TRAIN_CHECKPOINT_H_

#include <cstdint>
#include <string>
#include <vector>

#include "frond/result.h"
#include "src/evaluate/report.h"
#include "src/train/loss_scale.h"
#include "src/train/task_loss.h"
#include "src/train/tensor_io.h"
#include "src/train/watchdog.h"

namespace frond {

// Where a run stands, but for its tensors.
struct RunState {
  int epoch = 0;        // of the next batch, from 0
  int64_t batch = 0;    // within the epoch
  int64_t steps = 0;    // of the optimizer
  double loss_sum = 0;  // of this epoch's photos so far
  int64_t seen = 0;
  std::vector<TaskCount> counts = {};  // of each task, likewise
  double seconds = 0;                  // spent in this epoch, in all attempts
  int best_epoch = 0;                  // from 1; 0: none yet
  int peak_epoch = 0;                  // of the highest validation accuracy, equals by the loss
  double peak_score = 0;
  LossScale loss_scale = {};
  Watchdog watchdog = {};
  std::vector<EpochRecord> records;
  std::vector<std::string> log;
};

// As JSON, and back; numbers survive exactly. Errors: kBadFormat.
std::string StateToText(const RunState& state);
Result<RunState> StateFromText(const std::string& text);

// A safetensors file with all tensors and, in its metadata, the state; `key` is what must be the same for a run to go
// on: its options and data. Numbers survive exactly. Written beside, then renamed.
Status SaveCheckpoint(const std::string& path, const RunState& state, const std::string& key,
                      const NamedTensors& tensors);

// Fills the tensors. Errors: kNotFound where there is none; kMismatch where its key is another; kBadFormat.
Result<RunState> LoadCheckpoint(const std::string& path, const std::string& key, const NamedTensors& tensors);

// Fills those of the tensors that a checkpoint has.
Status RestoreTensors(const std::string& path, const NamedTensors& tensors);

}  // namespace frond

#endif  // FROND_SRC_TRAIN_CHECKPOINT_H_
