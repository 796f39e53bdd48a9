#ifndef FROND_SRC_ENGINE_MODEL_H_
#define FROND_SRC_ENGINE_MODEL_H_

#include "frond/model.h"
#include "src/engine/plan/packed_model.h"

namespace frond {

struct Model::Impl {
  Spec spec;
  std::vector<std::string> labels;
  PackedModel packed;
};

}  // namespace frond

#endif  // FROND_SRC_ENGINE_MODEL_H_
