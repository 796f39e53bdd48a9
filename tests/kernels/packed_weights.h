#ifndef FROND_TESTS_KERNELS_PACKED_WEIGHTS_H_
#define FROND_TESTS_KERNELS_PACKED_WEIGHTS_H_

#include <algorithm>
#include <random>
#include <vector>

#include "src/kernels/kernels.h"

namespace frond {

inline std::vector<float> RandomValues(size_t count, std::mt19937& random) {
  std::uniform_real_distribution<float> values(-2, 2);
  std::vector<float> out(count);
  for (float& v : out) v = values(random);
  return out;
}

// A matrix in panels as `kernels` wants them, whose precision is Weight's. b is K x N in C order, K a multiple of the
// table's `pair`.
template <class Weight>
struct PackedWeights {
  PackedWeights(const Kernels& kernels, const std::vector<float>& b, const std::vector<float>& n_bias, int depth,
                int columns)
      : bias(n_bias) {
    const int padded = PaddedColumns(columns, kernels.lanes);
    panels.resize(static_cast<size_t>(padded) * depth);
    bias.resize(padded);
    for (int k = 0; k < depth; ++k) {
      for (int n = 0; n < columns; ++n) {
        const int begin = n / kernels.panel * kernels.panel;
        const int width = std::min(kernels.panel, padded - begin);
        const int row = k / kernels.pair * kernels.pair;
        panels[static_cast<size_t>(begin) * depth + row * width + (n - begin) * kernels.pair + k % kernels.pair] =
            FromFloat<Weight>(b[static_cast<size_t>(k) * columns + n]);
      }
    }
    matrix = {panels.data(), bias.data(), depth, columns};
  }

  std::vector<Weight> panels;
  std::vector<float> bias;
  PackedMatrix matrix;
};

}  // namespace frond

#endif  // FROND_TESTS_KERNELS_PACKED_WEIGHTS_H_
