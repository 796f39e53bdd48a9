#include "tests/support/tiny_model.h"

#include <fstream>
#include <stdexcept>

#include "frond/spec.h"
#include "src/spec/network.h"
#include "src/weights/import.h"
#include "src/weights/model_file.h"
#include "src/weights/tensor_file.h"

namespace frond {
namespace {

const std::string kFolder = FROND_GOLDEN_DIR "/tiny/";

void Import(const ImportOptions& options) {
  const Result<ImportReport> report = ImportModel(options);
  if (!report.ok()) throw std::runtime_error(report.error().ToString());
}

}  // namespace

void WriteTinyModel(const std::string& path) {
  const std::string labels = path + ".labels.txt";
  std::ofstream(labels) << "apple\nbirch\ncherry\ndate\nelder\n";
  Import({kFolder + "tiny.safetensors", kFolder + "spec.json", labels, path});
}

void WriteTinyTasksModel(const std::string& path) {
  WriteTinyModel(path + ".plain");
  const ModelFile plain = ReadModelFile(path + ".plain").value();
  std::vector<TensorToWrite> tensors;
  for (const StoredTensor& tensor : plain.tensors.tensors) {
    tensors.push_back({tensor.name, tensor.shape, FloatView(plain, tensor.name)});
  }
  ModelInfo info = plain.info;
  info.tasks = {{"fruit", 0, 2}, {"tree", 2, 3}};
  info.temperatures = {0.5, 2};
  if (const Status status = WriteModelFile(path, plain.spec, info, tensors); !status.ok()) {
    throw std::runtime_error(status.error().ToString());
  }
}

void WriteTinyExtractor(const std::string& path) {
  std::ifstream in(kFolder + "spec.json");
  Spec spec = SpecFromJson(std::string((std::istreambuf_iterator<char>(in)), {})).value();
  spec.num_classes = 0;
  const std::string spec_path = path + ".spec.json";
  std::ofstream(spec_path) << SpecToJson(spec);
  const std::vector<TensorSpec> tensors = NetworkTensors(BuildNetwork(spec));
  std::vector<std::vector<float>> values;
  for (const TensorSpec& tensor : tensors) {
    values.emplace_back(static_cast<size_t>(ElementCount(tensor.shape).value()), 0.25F);
  }
  std::vector<TensorToWrite> out;
  for (size_t i = 0; i < tensors.size(); ++i) out.push_back({tensors[i].name, tensors[i].shape, values[i]});
  const std::string weights = path + ".weights.safetensors";
  if (const Status status = WriteSafetensors(weights, out, {}); !status.ok()) {
    throw std::runtime_error(status.error().ToString());
  }
  Import({weights, spec_path, "", path});
}

}  // namespace frond
