#include "src/base/isa.h"

#include <cstdlib>
#include <string>

#include "src/base/format.h"

namespace frond {

std::string_view IsaName(Isa isa) {
  switch (isa) {
    case Isa::kScalar: return "scalar";
    case Isa::kPortable: return "portable";
    case Isa::kAvx2: return "avx2";
    case Isa::kAvx512: return "avx512";
    case Isa::kAvx512Bf16: return "avx512_bf16";
    case Isa::kNeon: return "neon";
    case Isa::kWasm: return "wasm";
  }
  return "unknown";
}

std::vector<Isa> AvailableIsas() {
  std::vector<Isa> isas = {Isa::kScalar};
#if defined(__aarch64__)
  isas.push_back(Isa::kNeon);
#elif defined(__wasm_simd128__)
  isas.push_back(Isa::kWasm);
#else
  isas.push_back(Isa::kPortable);
#endif
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) isas.push_back(Isa::kAvx2);
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512cd")) {
    isas.push_back(Isa::kAvx512);
    if (__builtin_cpu_supports("avx512bf16")) isas.push_back(Isa::kAvx512Bf16);
  }
#endif
  return isas;
}

namespace {

// What FROND_ISA names; empty: nothing.
std::string_view WantedIsa() {
  const char* wanted = std::getenv("FROND_ISA");
  return wanted == nullptr ? "" : wanted;
}

}  // namespace

bool IsaIsForced() { return !WantedIsa().empty(); }

Result<Isa> ChooseIsa() {
  const std::vector<Isa> isas = AvailableIsas();
  const std::string_view wanted = WantedIsa();
  if (wanted.empty()) return isas.back();
  std::string names;
  for (const Isa isa : isas) {
    if (IsaName(isa) == wanted) return isa;
    names += StrCat(names.empty() ? "" : ", ", IsaName(isa));
  }
  return Error{ErrorCode::kInvalidArgument, StrCat("FROND_ISA is ", Quote(wanted), ", which this CPU does not run"),
               StrCat("set it to one of ", names, ", or unset it")};
}

}  // namespace frond
