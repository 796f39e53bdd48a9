#ifndef FROND_SRC_HDF5_HDF5_FILE_H_
#define FROND_SRC_HDF5_HDF5_FILE_H_

#include <string>
#include <vector>

#include "frond/result.h"
#include "src/tensor/shape.h"

namespace frond {

// One array of a Keras HDF5 file, under the name "<layer>/<variable>"
// ("stem_conv/kernel"), whatever form of file it came from.
struct KerasArray {
  std::string name;
  Shape shape;
  std::vector<float> values;  // C order
};

// Reads the floating-point arrays of Keras' weights: whole-model .h5 and
// weights .h5 of Keras 2 (layer/layer/variable:0) and Keras 3 (layers/.../vars/0,
// whose group carries the layer's name). Optimizer state is left out. Nothing
// outside the file is followed: links to other files, external storage, virtual
// datasets and filter plug-ins are refused. Errors: kBadFormat, kUnsupported,
// kLimit above 16 times the file's size and 64 MiB, or 8 GiB, in all.
Result<std::vector<KerasArray>> ReadKerasHdf5(const std::string& path);

}  // namespace frond

#endif  // FROND_SRC_HDF5_HDF5_FILE_H_
