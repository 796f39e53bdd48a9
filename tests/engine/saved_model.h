#ifndef FROND_TESTS_ENGINE_SAVED_MODEL_H_
#define FROND_TESTS_ENGINE_SAVED_MODEL_H_

#include <string>

#include "frond/spec.h"

namespace frond {

// Writes a model file whose generated weights keep the size of values from layer to layer, as trained ones do, so that
// differences between two ways of computing it stay differences of rounding. Throws std::runtime_error.
void SaveGeneratedModel(const Spec& spec, const std::string& path);

}  // namespace frond

#endif  // FROND_TESTS_ENGINE_SAVED_MODEL_H_
