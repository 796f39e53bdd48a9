#include <algorithm>
#include <chrono>

#include "src/kernels/kernels.h"

namespace frond {
namespace {

// Multiply-adds a second, the most of several short rounds.
double MeasuredRate(const Kernels& kernels) {
  using Clock = std::chrono::steady_clock;
  constexpr int kRounds = 5;
  constexpr int64_t kLoops = 500;
  double rate = 0;
  for (int round = 0; round < kRounds; ++round) {
    const Clock::time_point start = Clock::now();
    const auto multiplied = static_cast<double>(kernels.multiply_adds(kLoops));
    rate = std::max(rate, multiplied / std::max(std::chrono::duration<double>(Clock::now() - start).count(), 1e-9));
  }
  return rate;
}

bool InstructionIsFaster(Precision precision) {
  static const bool faster =
      MeasuredRate(KernelsFor(Isa::kAvx512Bf16, precision)) > MeasuredRate(KernelsFor(Isa::kAvx512, precision));
  return faster;
}

}  // namespace

Result<const Kernels*> ChooseKernels(Precision precision) {
  FROND_ASSIGN(const Isa isa, ChooseIsa());
  const bool may_emulate = isa == Isa::kAvx512Bf16 && precision == Precision::kBfloat16 && !IsaIsForced();
  return &KernelsFor(may_emulate && !InstructionIsFaster(precision) ? Isa::kAvx512 : isa, precision);
}

}  // namespace frond
