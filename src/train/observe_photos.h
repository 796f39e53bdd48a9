#ifndef FROND_SRC_TRAIN_OBSERVE_PHOTOS_H_
#define FROND_SRC_TRAIN_OBSERVE_PHOTOS_H_

#include <optional>
#include <string>

#include "frond/reference.h"
#include "frond/result.h"
#include "src/data/dataset.h"

namespace frond {

// What a trained model sees of its photos, by the engine and as `frond serve` will see later ones: of 512 training
// photos and 256 of val (or, where there is none, test), spread evenly over the data set. None where fewer than eight
// photos can be read, or the model has no classes. Errors: those of Model::Load and Session::Create.
Result<std::optional<TrainingReference>> ObserveTraining(const std::string& model_path, const Dataset& dataset,
                                                         int threads);

}  // namespace frond

#endif  // FROND_SRC_TRAIN_OBSERVE_PHOTOS_H_
