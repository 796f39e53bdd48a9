#include "frond/precision.h"

#include "src/base/format.h"

namespace frond {

std::string_view PrecisionName(Precision precision) { return precision == Precision::kBfloat16 ? "bf16" : "fp32"; }

Result<Precision> ParsePrecision(std::string_view name) {
  for (const Precision precision : {Precision::kFloat32, Precision::kBfloat16}) {
    if (PrecisionName(precision) == name) return precision;
  }
  return Error{ErrorCode::kInvalidArgument, StrCat("there is no precision ", Quote(name)), "give fp32 or bf16"};
}

}  // namespace frond
