#include "src/train/observe_photos.h"

#include <algorithm>

#include "frond/classify.h"
#include "src/classify/predictor.h"
#include "src/monitor/drift_reference.h"

namespace frond {
namespace {

constexpr size_t kTrainingPhotos = 512;
constexpr size_t kHeldOutPhotos = 256;
constexpr size_t kLeastPhotos = 8;

// At most `most` of a split's photos, spread evenly.
std::vector<size_t> Spread(const Dataset& dataset, Split split, size_t most) {
  const std::vector<size_t> all = dataset.Indices(split);
  const size_t count = std::min(most, all.size());
  std::vector<size_t> chosen;
  for (size_t i = 0; i < count; ++i) chosen.push_back(all[i * all.size() / count]);
  return chosen;
}

// Photos that cannot be read are left out.
Result<std::vector<TrainingPhoto>> Observe(const Model& model, const Dataset& dataset,
                                           const std::vector<size_t>& chosen, int threads) {
  std::vector<PhotoToAnswer> photos;
  for (const size_t sample : chosen) photos.push_back({dataset.samples[sample].path, std::nullopt});
  std::vector<TrainingPhoto> seen;
  if (photos.empty()) return seen;
  std::vector<PhotoStatistics> statistics(photos.size());
  size_t done = 0;
  const auto look = [&](size_t place, const PhotoInput& photo, std::span<const float> input) -> Status {
    FROND_ASSIGN(statistics[done + place], MeasurePhoto(input, model.spec().preprocessing, photo.width, photo.height));
    return {};
  };
  FROND_ASSIGN(Predictor predictor,
               Predictor::Create(model, {.threads = threads, .photos = photos.size(), .features = true, .look = look}));
  while (done < photos.size()) {
    const size_t count = std::min(predictor.batch(), photos.size() - done);
    std::vector<PhotoAnswer> answers = predictor.Run(std::span(photos).subspan(done, count));
    for (size_t i = 0; i < count; ++i) {
      if (answers[i].error) continue;
      FROND_ASSIGN(const std::vector<TaskScores> called, TopScoresByTask(model, answers[i].logits, 1));
      TrainingPhoto photo{
          statistics[done + i], std::move(answers[i].features), {}, dataset.samples[chosen[done + i]].labels};
      for (const TaskScores& task : called) photo.classes.push_back({task.scores[0].index, task.scores[0].score});
      seen.push_back(std::move(photo));
    }
    done += count;
  }
  return seen;
}

}  // namespace

Result<std::optional<TrainingReference>> ObserveTraining(const std::string& model_path, const Dataset& dataset,
                                                         int threads) {
  FROND_ASSIGN(const Model model, Model::Load(model_path));
  if (model.tasks().empty()) return std::optional<TrainingReference>();
  FROND_ASSIGN(const std::vector<TrainingPhoto> training,
               Observe(model, dataset, Spread(dataset, Split::kTrain, kTrainingPhotos), threads));
  std::vector<TrainingPhoto> held_out;
  for (const Split split : {Split::kVal, Split::kTest}) {
    if (held_out.size() >= kLeastPhotos) break;
    FROND_ASSIGN(held_out, Observe(model, dataset, Spread(dataset, split, kHeldOutPhotos), threads));
  }
  if (training.size() < kLeastPhotos) return std::optional<TrainingReference>();
  if (held_out.size() < kLeastPhotos) held_out.clear();
  FROND_ASSIGN(TrainingReference reference, BuildTrainingReference(training, held_out, model.tasks()));
  return std::optional<TrainingReference>(std::move(reference));
}

}  // namespace frond
