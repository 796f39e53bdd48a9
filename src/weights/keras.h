#ifndef FROND_SRC_WEIGHTS_KERAS_H_
#define FROND_SRC_WEIGHTS_KERAS_H_

#include <cstddef>
#include <span>
#include <string>

#include "src/weights/tensor_file.h"

namespace frond {

// Reads Keras' .h5 and .keras files through the program frond-hdf5, which lies
// beside the running program or is named by the environment variable FROND_HDF5.
// Tensors are named "<layer>/<variable>". Errors: kUnsupported where that program
// is missing; kBadFormat with its words, or its signal where a file broke it.
Result<TensorFile> ReadKerasFile(const std::string& path, std::span<const std::byte> bytes);

}  // namespace frond

#endif  // FROND_SRC_WEIGHTS_KERAS_H_
