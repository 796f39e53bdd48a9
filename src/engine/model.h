#ifndef FROND_SRC_ENGINE_MODEL_H_
#define FROND_SRC_ENGINE_MODEL_H_

#include <optional>

#include "frond/model.h"
#include "src/engine/plan/packed_model.h"

namespace frond {

struct Model::Impl {
  Spec spec;
  std::vector<std::string> labels;
  std::vector<Task> tasks;
  std::vector<double> temperatures;  // of each task; of a feature extractor one, without meaning
  PackedModel packed;
  std::optional<TrainingReference> reference = {};
};

// For parts of frond that look into a model, or make one of weights in memory: benchmarks, training.
struct ModelInternals {
  static const Model::Impl& Of(const Model& model) { return model.impl(); }

  // A model of float32 weights, without labels. With `blocks`, of the stem and so many of the network's blocks (at
  // least one) alone: its sessions answer with the map behind them, H x W x C as MapBehind says, for each image.
  // Errors: as Model::Load, of weights.
  static Result<Model> Create(const Spec& spec, const TensorLookup& lookup, std::optional<size_t> blocks = {});
};

}  // namespace frond

#endif  // FROND_SRC_ENGINE_MODEL_H_
