#include "src/evaluate/predict_dataset.h"

#include <algorithm>
#include <numeric>
#include <span>
#include <utility>

#include "src/base/format.h"
#include "src/classify/classes.h"
#include "src/classify/predictor.h"
#include "src/evaluate/match_tasks.h"
#include "src/evaluate/predictions_by_task.h"

namespace frond {
namespace {

std::vector<size_t> Chosen(const Dataset& dataset, std::optional<Split> split) {
  if (split) return dataset.Indices(*split);
  std::vector<size_t> all(dataset.samples.size());
  std::iota(all.begin(), all.end(), size_t{0});
  return all;
}

Error NoPhotos(std::optional<Split> split) {
  if (!split) return {ErrorCode::kInvalidArgument, "the data set has no photos", "add some"};
  return {ErrorCode::kInvalidArgument, StrCat("the data set has no photos in ", SplitName(*split)),
          "choose another split, or all"};
}

}  // namespace

Result<DatasetPredictions> PredictDataset(const Model& model, const Dataset& dataset,
                                          const PredictDatasetOptions& options,
                                          const std::function<void(size_t, size_t)>& progress) {
  FROND_RETURN_IF_ERROR(RequireClasses(model.spec()));
  FROND_ASSIGN(const MatchedTasks matched, MatchTasks(dataset, model));
  const std::vector<size_t> chosen = Chosen(dataset, options.split);
  if (chosen.empty()) return NoPhotos(options.split);
  std::vector<PhotoToAnswer> photos;
  for (const size_t sample : chosen) photos.push_back({dataset.samples[sample].path, std::nullopt});
  FROND_ASSIGN(Predictor predictor,
               Predictor::Create(
                   model, {.threads = options.threads, .batch = std::max(1, options.batch), .photos = photos.size()}));
  PredictionsByTask by_task(model.tasks(), model.labels());
  DatasetPredictions out;
  for (size_t done = 0; done < photos.size();) {
    const size_t count = std::min(predictor.batch(), photos.size() - done);
    std::vector<PhotoAnswer> answers = predictor.Run(std::span(photos).subspan(done, count));
    for (size_t i = 0; i < count; ++i) {
      const size_t sample = chosen[done + i];
      if (answers[i].error) {
        out.unreadable.push_back({sample, *std::move(answers[i].error)});
        continue;
      }
      by_task.Add(answers[i].path, matched.ClassesOf(dataset.samples[sample]), answers[i].logits);
    }
    done += count;
    if (progress) progress(done, photos.size());
  }
  if (out.unreadable.size() == photos.size()) return out.unreadable.front().error.In("none of the photos can be read");
  out.tasks = std::move(by_task).Take();
  return out;
}

}  // namespace frond
