#ifndef FROND_SRC_ENGINE_MODEL_H_
#define FROND_SRC_ENGINE_MODEL_H_

#include "frond/model.h"
#include "src/engine/plan/packed_model.h"

namespace frond {

struct Model::Impl {
  Spec spec;
  std::vector<std::string> labels;
  std::vector<Task> tasks;
  std::vector<double> temperatures;  // of each task; of a feature extractor one, without meaning
  PackedModel packed;
};

// For parts of frond that look into a model: benchmarks.
struct ModelInternals {
  static const Model::Impl& Of(const Model& model) { return model.impl(); }
};

}  // namespace frond

#endif  // FROND_SRC_ENGINE_MODEL_H_
