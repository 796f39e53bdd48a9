#include "tests/support/golden_file.h"

#include <cstdint>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "src/weights/tensor_file.h"

namespace frond {
namespace {

Shape ParseShape(const std::string& text) {
  Shape shape;
  std::istringstream in(text);
  for (std::string extent; std::getline(in, extent, 'x');) shape.push_back(std::stoll(extent));
  return shape;
}

uint64_t Fnv1a64(const std::string& text) {
  uint64_t hash = 0xcbf29ce484222325;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return hash;
}

uint64_t Splitmix64(uint64_t z) {
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

}  // namespace

GoldenFile ReadGoldenFile(const std::string& path) {
  std::ifstream in(path);
  if (!in) throw std::runtime_error("no golden " + path);
  GoldenFile golden;
  std::getline(in, golden.header);
  for (std::string word; in >> word;) {
    if (word == "tensor") {
      GoldenFile::Tensor& tensor = golden.tensors.emplace_back();
      std::string shape;
      in >> tensor.name >> shape >> tensor.lo >> tensor.hi;
      if (shape != "scalar") tensor.shape = ParseShape(shape);
    } else if (word == "input") {
      std::string shape;
      in >> shape;
      golden.input = ParseShape(shape);
    } else if (word == "logits") {
      size_t rows = 0;
      in >> rows >> golden.classes;
      golden.logits.resize(rows * static_cast<size_t>(golden.classes));
      for (float& value : golden.logits) in >> value;
    } else {
      throw std::runtime_error(path + ": unknown word " + word);
    }
    if (!in) throw std::runtime_error(path + ": broken after " + word);
  }
  if (golden.logits.empty()) throw std::runtime_error(path + ": no logits");
  return golden;
}

std::vector<float> GeneratedValues(const std::string& name, size_t count, double lo, double hi) {
  const uint64_t seed = Fnv1a64(name);
  std::vector<float> values(count);
  for (size_t i = 0; i < count; ++i) {
    const double u = static_cast<double>(Splitmix64(seed + i * 0x9e3779b97f4a7c15) >> 40) / (1 << 24);
    values[i] = static_cast<float>(lo + (hi - lo) * u);
  }
  return values;
}

std::vector<float> GoldenInput(const GoldenFile& golden) {
  return GeneratedValues("input", static_cast<size_t>(ElementCount(golden.input).value()), -2, 2);
}

void WriteGoldenWeights(const GoldenFile& golden, const std::string& path) {
  std::vector<std::vector<float>> values;
  std::vector<TensorToWrite> tensors;
  for (const GoldenFile::Tensor& tensor : golden.tensors) {
    values.push_back(
        GeneratedValues(tensor.name, static_cast<size_t>(ElementCount(tensor.shape).value()), tensor.lo, tensor.hi));
  }
  for (size_t i = 0; i < values.size(); ++i)
    tensors.push_back({golden.tensors[i].name, golden.tensors[i].shape, values[i]});
  const Status status = WriteSafetensors(path, tensors, {});
  if (!status.ok()) throw std::runtime_error(status.error().ToString());
}

}  // namespace frond
