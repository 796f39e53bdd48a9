#ifndef FROND_SRC_BASE_SIMD_TARGETS_H_
#define FROND_SRC_BASE_SIMD_TARGETS_H_

// Included before Highway by each file that is compiled once for each instruction set: what Highway is not to build.
// SSSE3 and SSE4 machines are older than every device frond is for; AVX3_DL adds nothing to what is used. Arrays of
// vectors cannot be formed of SVE's, whose size is not known here: NEON serves such machines.
#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SSE4 | HWY_AVX3_DL | HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128)

#endif  // FROND_SRC_BASE_SIMD_TARGETS_H_
