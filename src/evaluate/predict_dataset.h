#ifndef FROND_SRC_EVALUATE_PREDICT_DATASET_H_
#define FROND_SRC_EVALUATE_PREDICT_DATASET_H_

#include <functional>
#include <optional>
#include <vector>

#include "frond/model.h"
#include "frond/result.h"
#include "src/data/audit.h"
#include "src/data/dataset.h"
#include "src/evaluate/evaluation.h"

namespace frond {

struct PredictDatasetOptions {
  std::optional<Split> split = Split::kTest;  // absent: all photos
  int threads = 0;                            // 0: one for each CPU
  int batch = 32;                             // photos at a time, or fewer where memory is short
};

struct DatasetPredictions {
  std::vector<Predictions> tasks;  // of the model, with its labels; one that the data has no labels for is empty
  std::vector<UnreadablePhoto> unreadable;
};

// The model's logits for the photos of one split, in the data set's order; photos that cannot be read are left out and
// listed. `progress(done, of)` is called after each batch. Errors: those of MatchTasks and Session::Create;
// kUnsupported for a feature extractor; kInvalidArgument for a split without photos; where no photo could be read, the
// first one's error.
Result<DatasetPredictions> PredictDataset(const Model& model, const Dataset& dataset,
                                          const PredictDatasetOptions& options,
                                          const std::function<void(size_t, size_t)>& progress = nullptr);

}  // namespace frond

#endif  // FROND_SRC_EVALUATE_PREDICT_DATASET_H_
