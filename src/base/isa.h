#ifndef FROND_SRC_BASE_ISA_H_
#define FROND_SRC_BASE_ISA_H_

#include <string_view>
#include <vector>

#include "frond/result.h"

namespace frond {

// The instruction sets that vectorised code is compiled for.
enum class Isa {
  kScalar,      // plain loops, the reference
  kPortable,    // vectors of 128 bits in plain C++
  kAvx2,        // with FMA
  kAvx512,      // F, VL, BW, DQ, CD
  kAvx512Bf16,  // products of bfloat16 too
  kNeon,
  kWasm,
};

std::string_view IsaName(Isa isa);  // "scalar", "portable", "avx2", "avx512", "avx512_bf16", "neon", "wasm"

// What this CPU can run, slowest first; the first is kScalar.
std::vector<Isa> AvailableIsas();

// The fastest of them, or the one that the environment variable FROND_ISA names.
// Errors: kInvalidArgument for a name that is unknown or cannot run here.
Result<Isa> ChooseIsa();

// Whether FROND_ISA names one.
bool IsaIsForced();

}  // namespace frond

#endif  // FROND_SRC_BASE_ISA_H_
