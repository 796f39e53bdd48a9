#ifndef FROND_SRC_WEIGHTS_MODEL_FILE_H_
#define FROND_SRC_WEIGHTS_MODEL_FILE_H_

#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "frond/result.h"
#include "frond/spec.h"
#include "frond/task.h"
#include "src/weights/tensor_file.h"

namespace frond {

// frond's own model file: safetensors with float32 tensors named as
// NetworkTensors() says, and the metadata
//   frond.format   "1"
//   frond.spec     SpecToJson
//   frond.labels   JSON list of texts, one for each class; absent if unknown
//   frond.tasks    JSON list of {"name","classes"}: the classes of several tasks, one behind the other; absent: one
//   task frond.source   JSON object {"file","format","library","arch"}: where the weights came from frond.calibration
//   JSON object {"temperature"}, or {"temperatures"} with a number for each of frond.tasks; absent: 1 frond.reference
//   JSON object about the tensors named frond.reference.*, from training; absent without them
struct ModelInfo {
  std::vector<std::string> labels = {};
  std::string source_json = {};
  // For each task what its logits are divided by before their softmax (Guo et al. 2017), positive; to write, empty: 1.
  std::vector<double> temperatures = {};
  std::string reference_json = {};
  // To write, empty: one without a name. As read, one at least, but none of a feature extractor.
  std::vector<Task> tasks = {};
};

struct ModelFile {
  Spec spec;
  ModelInfo info;
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
Status WriteModelFile(const std::string& path, const Spec& spec, const ModelInfo& info,
                      const std::vector<TensorToWrite>& tensors);

}  // namespace frond

#endif  // FROND_SRC_WEIGHTS_MODEL_FILE_H_
