#ifndef FROND_PRECISION_H_
#define FROND_PRECISION_H_

#include <string_view>

#include "frond/result.h"

namespace frond {

// What a model's weights and the maps between its layers are kept in while it runs.
enum class Precision {
  kFloat32,   // the default on every CPU
  kBfloat16,  // half the memory, products of 8 significant bits; sums, activations and depthwise convolutions stay
              // float32
};

std::string_view PrecisionName(Precision precision);  // "fp32", "bf16"

// Errors: kInvalidArgument naming what is accepted.
Result<Precision> ParsePrecision(std::string_view name);

}  // namespace frond

#endif  // FROND_PRECISION_H_
