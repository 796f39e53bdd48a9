#ifndef FROND_PRECISION_H_
#define FROND_PRECISION_H_

#include <string_view>

#include "frond/result.h"

namespace frond {

// What a model's weights and the maps between its layers are rounded to while it runs.
enum class Precision {
  kFloat32,   // the default on every CPU
  kBfloat16,  // 8 significant bits: weights take half the memory, maps too where the CPU has AVX512-BF16 and it is
              // used; sums, activations, depthwise convolutions and the stem stay float32
};

std::string_view PrecisionName(Precision precision);  // "fp32", "bf16"

// Errors: kInvalidArgument naming what is accepted.
Result<Precision> ParsePrecision(std::string_view name);

}  // namespace frond

#endif  // FROND_PRECISION_H_
