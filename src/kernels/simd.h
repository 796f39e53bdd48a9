#ifndef FROND_SRC_KERNELS_SIMD_H_
#define FROND_SRC_KERNELS_SIMD_H_

#include <vector>

#include "src/kernels/kernels.h"

namespace frond {

// The vectorised tables that this build has and this CPU can run, slowest first.
std::vector<const Kernels*> SimdKernels();

}  // namespace frond

#endif  // FROND_SRC_KERNELS_SIMD_H_
