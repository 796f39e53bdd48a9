#ifndef FROND_SRC_WEIGHTS_IMPORT_H_
#define FROND_SRC_WEIGHTS_IMPORT_H_

#include <cstdint>
#include <string>
#include <vector>

#include "frond/result.h"
#include "frond/spec.h"

namespace frond {

struct ImportOptions {
  std::string file;    // weights in any format that ReadTensorFile knows, frond's own included
  std::string arch;    // a spec's name or JSON file; empty: told from the weights
  std::string labels;  // a labels file; empty: those that come with the weights, if any
  std::string output;  // the model file; another file than `file`
};

struct ImportReport {
  Spec spec;
  std::string library;  // "timm", "torchvision", "efficientnet_pytorch", "keras", "frond"
  std::string format;   // TensorFile::format
  std::vector<std::string> warnings;
  int64_t parameters = 0;  // trainable ones
  int64_t file_bytes = 0;  // of the model file
  int64_t labels = 0;      // how many it carries
};

// Writes somebody's weights as a model file: float32, canonical names and order.
// An existing output is replaced by the finished file only. Errors, beside those
// of reading: kMismatch (see Identify; labels that do not fit the classes),
// kBadFormat for weights that are not finite or a negative variance.
Result<ImportReport> ImportModel(const ImportOptions& options);

}  // namespace frond

#endif  // FROND_SRC_WEIGHTS_IMPORT_H_
