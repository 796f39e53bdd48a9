#ifndef FROND_SRC_TRAIN_FINISH_H_
#define FROND_SRC_TRAIN_FINISH_H_

#include <string>
#include <vector>

#include "frond/result.h"
#include "src/evaluate/evaluation.h"
#include "src/train/trainer.h"

namespace frond {

// What a finished run leaves.
struct TrainResult {
  std::string model;  // path of the best network, calibrated
  std::string last;   // of the last average
  std::string report;
  int best_epoch = 0;
  uint64_t expected_memory_bytes = 0;  // resident
  uint64_t peak_memory_bytes = 0;      // 0: unknown
  std::vector<Task> tasks = {};
  std::vector<double> temperatures = {};  // of each task
  std::vector<Evaluation> val = {};       // of each task that has photos there
  std::vector<Evaluation> test = {};      // likewise, by the engine, of the model file as it is
};

// Writes OUT/model.safetensors (the best average with temperature, labels and the reference of its embeddings),
// OUT/last.safetensors, OUT/report.html, OUT/README.md (a model card) and OUT/result.json; OUT/best.safetensors goes.
// Of several processes rank 0 does so; the others help, and their result is without figures.
Result<TrainResult> FinishRun(const TrainOptions& options, Setup& setup, Trainer& trainer);

// {"model","last","report","best_epoch","memory":{"expected_bytes","peak_bytes"},"temperature","val","test"}, where val
// and test are figures or null. Where tasks have names, {"tasks": {name: {"temperature","val","test"}}} stands for the
// last three, and "val" and "test" hold the mean accuracy, {"top1"}.
std::string ResultToJson(const TrainResult& result);

// A task's figures among those of a split; null where it has no photos there.
const Evaluation* FindTask(const std::vector<Evaluation>& evaluations, const Task& task);

// "0.47", or "crop 0.47, disease 1.20".
std::string TemperatureText(const TrainResult& result);

}  // namespace frond

#endif  // FROND_SRC_TRAIN_FINISH_H_
