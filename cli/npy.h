#ifndef FROND_CLI_NPY_H_
#define FROND_CLI_NPY_H_

#include <span>
#include <string>
#include <vector>

#include "frond/result.h"
#include "src/base/mapped_file.h"
#include "src/tensor/shape.h"

namespace frond::cli {

// A float32 array in NumPy's .npy form (numpy.lib.format, versions 1 to 3):
// little-endian, C order. Owns the mapping that values() views.
class NpyFile {
 public:
  // Errors name the file: kNotFound, kIo; kBadFormat for damage; kUnsupported for
  // another type or order, with the NumPy call that converts it.
  static Result<NpyFile> Read(const std::string& path);

  const Shape& shape() const { return shape_; }
  std::span<const float> values() const { return values_; }

 private:
  explicit NpyFile(MappedFile file) : file_(std::move(file)) {}
  Status Parse();

  MappedFile file_;
  Shape shape_;
  std::span<const float> values_;
  std::vector<float> copy_;  // where the file's data is not aligned for float
};

// Version 1.0, whole file or nothing. Errors: kIo.
Status WriteNpy(const std::string& path, const Shape& shape, std::span<const float> values);

}  // namespace frond::cli

#endif  // FROND_CLI_NPY_H_
