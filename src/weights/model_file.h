#ifndef FROND_SRC_WEIGHTS_MODEL_FILE_H_
#define FROND_SRC_WEIGHTS_MODEL_FILE_H_

#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "frond/result.h"
#include "frond/spec.h"
#include "src/weights/tensor_file.h"

namespace frond {

// frond's own model file: safetensors with float32 tensors named as
// NetworkTensors() says, and the metadata
//   frond.format   "1"
//   frond.spec     SpecToJson
//   frond.labels   JSON list of texts, one for each class; absent if unknown
//   frond.source   JSON object {"file","format","library","arch"}: where the weights came from
struct ModelFile {
  Spec spec;
  std::vector<std::string> labels;
  std::string source_json;
  TensorFile tensors;  // checked against the spec: every tensor present, float32, C order, of its shape, 4-byte aligned
  std::unordered_map<std::string, size_t> by_name;  // places in tensors.tensors: copies and moves keep them true
};

// Maps the file and checks it. Errors: kNotFound, kIo; kBadFormat, with "import it
// first" where it is foreign; kUnsupported for a newer frond.format; kMismatch
// naming a missing, spare (other than frond.*) or misshapen tensor with both shapes.
Result<ModelFile> ReadModelFile(const std::string& path);

// The values of one tensor of a checked model file, without a copy; empty if the
// spec has none of that name. Valid while any copy of the model's TensorFile is.
std::span<const float> FloatView(const ModelFile& model, const std::string& name);

// Writes beside, then renames.
Status WriteModelFile(const std::string& path, const Spec& spec, const std::vector<std::string>& labels,
                      const std::string& source_json, const std::vector<TensorToWrite>& tensors);

}  // namespace frond

#endif  // FROND_SRC_WEIGHTS_MODEL_FILE_H_
