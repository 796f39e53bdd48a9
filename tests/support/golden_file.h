#ifndef FROND_TESTS_SUPPORT_GOLDEN_FILE_H_
#define FROND_TESTS_SUPPORT_GOLDEN_FILE_H_

#include <string>
#include <vector>

#include "src/tensor/shape.h"

namespace frond {

// What tools/goldens/make_goldens.py recorded of one library's model: the names
// and shapes it saves, the ranges from which its weights were generated, and
// the logits it computed. The weights themselves are a hash of name and index,
// so that a model of any size is a few kilobytes here.
struct GoldenFile {
  struct Tensor {
    std::string name;
    Shape shape;
    double lo = 0;
    double hi = 0;
  };
  std::string header;
  std::vector<Tensor> tensors;
  Shape input;  // N x 3 x H x W
  int classes = 0;
  std::vector<float> logits;  // N x classes
};

// Throws std::runtime_error if the file is not there or not of that form.
GoldenFile ReadGoldenFile(const std::string& path);

// lo + (hi - lo) * u, with u in [0, 1) from splitmix64 over fnv1a64(name).
std::vector<float> GeneratedValues(const std::string& name, size_t count, double lo, double hi);

std::vector<float> GoldenInput(const GoldenFile& golden);  // in [-2, 2)

// The weights as a safetensors file under the library's names.
void WriteGoldenWeights(const GoldenFile& golden, const std::string& path);

}  // namespace frond

#endif  // FROND_TESTS_SUPPORT_GOLDEN_FILE_H_
