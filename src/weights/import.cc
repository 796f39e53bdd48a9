#include "src/weights/import.h"

#include <cmath>
#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <span>

#include "src/base/format.h"
#include "src/weights/identify.h"
#include "src/weights/labels.h"
#include "src/weights/model_file.h"
#include "src/weights/output_path.h"

namespace frond {
namespace {

namespace fs = std::filesystem;

bool IsFloat(DType dtype) {
  return dtype == DType::kFloat64 || dtype == DType::kFloat32 || dtype == DType::kFloat16 || dtype == DType::kBFloat16;
}

// Whether the file's own bytes are what a model file wants: most files are
// float32 in PyTorch's order, and need no copy.
bool CanView(const SourceTensor& source) {
  const StoredTensor& stored = *source.stored;
  Shape strides(stored.shape.size(), 1);
  for (size_t d = strides.size(); d-- > 1;) strides[d - 1] = strides[d] * stored.shape[d];
  return stored.dtype == DType::kFloat32 && source.wanted.layout == Layout::kSame && stored.strides == strides &&
         reinterpret_cast<uintptr_t>(stored.bytes.data()) % alignof(float) == 0;
}

// Values to be written: a view into the file, or a copy.
struct Values {
  std::vector<float> copy;
  std::span<const float> view;
};

Result<Values> ReadTensor(const SourceTensor& source) {
  const StoredTensor& stored = *source.stored;
  const auto bad = [&](const auto&... what) {
    return Error{ErrorCode::kBadFormat, StrCat("tensor ", source.wanted.name, ' ', what...),
                 "the training run diverged or the file is damaged: take another checkpoint"};
  };
  if (!IsFloat(stored.dtype)) {
    return Error{ErrorCode::kUnsupported,
                 StrCat("tensor ", source.wanted.name, " is ", DTypeName(stored.dtype), ", not floating point"),
                 "import the weights as they were before quantisation"};
  }
  // A view with strides of 0 could ask for far more memory than the file holds.
  const auto count = static_cast<size_t>(ElementCount(stored.shape).value_or(0));
  if (stored.bytes.size() / SizeOf(stored.dtype) < count) return bad("repeats elements of a smaller storage");
  Values values;
  if (CanView(source)) {
    values.view = {reinterpret_cast<const float*>(stored.bytes.data()), count};
  } else {
    values.copy = ToPyTorchOrder(ToFloat(stored), source.wanted.canonical.shape, source.wanted.layout);
    values.view = values.copy;  // the heap's: a move of `values` keeps it
  }
  const bool variance = source.wanted.canonical.name.ends_with(".running_var");
  for (size_t i = 0; i < count; ++i) {
    if (!std::isfinite(values.view[i])) return bad("holds ", values.view[i], " at element ", i);
    if (variance && values.view[i] < 0) return bad("holds the negative variance ", values.view[i], " at element ", i);
  }
  return values;
}

Result<std::vector<std::string>> ChooseLabels(const ImportOptions& options, const Identification& found) {
  if (options.labels.empty()) return found.labels;
  FROND_ASSIGN(std::vector<std::string> labels, ReadLabelsFile(options.labels));
  if (labels.size() != static_cast<size_t>(found.spec.num_classes)) {
    return Error{ErrorCode::kMismatch,
                 StrCat(options.labels, " has ", labels.size(), " labels, the weights have ", found.spec.num_classes,
                        " classes"),
                 found.spec.num_classes == 0 ? "a feature extractor takes no labels: leave out --labels"
                                             : "give one label for each class, in the order of training"};
  }
  return labels;
}

std::string SourceJson(const ImportOptions& options, const TensorFile& file, const Identification& found) {
  const nlohmann::ordered_json source = {{"file", fs::path(options.file).filename().string()},
                                         {"format", file.format},
                                         {"library", found.library},
                                         {"arch", found.spec.name}};
  return source.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

// What a file of our own says beside its weights: calibration, and reference with the tensors named frond.*, which join
// `tensors`. Where it is no longer a whole model file (a tool made it float16, say) that stays behind, with a warning.
ModelInfo OwnInfo(const std::string& path, const Identification& found, std::vector<Values>& values,
                  std::vector<TensorToWrite>& tensors, std::vector<std::string>& warnings) {
  if (found.library != "frond") return {};
  Result<ModelFile> own = ReadModelFile(path);
  if (!own.ok() || own->spec != found.spec) {
    warnings.push_back(StrCat("calibration and reference are left behind: ",
                              own.ok() ? "another architecture was asked for" : own.error().message));
    return {};
  }
  for (const StoredTensor& tensor : own->tensors.tensors) {
    if (!tensor.name.starts_with("frond.") || tensor.dtype != DType::kFloat32) continue;
    values.push_back({ToFloat(tensor), {}});
    values.back().view = values.back().copy;
    tensors.push_back({tensor.name, tensor.shape, values.back().view});
  }
  return std::move(own->info);
}

}  // namespace

Result<ImportReport> ImportModel(const ImportOptions& options) {
  FROND_RETURN_IF_ERROR(CheckOutput(options.output, {options.file, options.labels}));
  FROND_ASSIGN(const TensorFile file, ReadTensorFile(options.file));
  Result<Identification> identified = Identify(file, options.file, options.arch);
  if (!identified.ok()) return identified.error().In(options.file);
  const Identification& found = *identified;
  FROND_ASSIGN(const std::vector<std::string> labels, ChooseLabels(options, found));

  ImportReport report{
      found.spec, found.library, file.format, found.warnings, 0, 0, static_cast<int64_t>(labels.size())};
  std::vector<Values> values;
  std::vector<TensorToWrite> tensors;
  for (const SourceTensor& source : found.tensors) {
    Result<Values> read = ReadTensor(source);
    if (!read.ok()) return read.error().In(options.file);
    values.push_back(std::move(read).value());
    const TensorSpec& canonical = source.wanted.canonical;
    tensors.push_back({canonical.name, canonical.shape, values.back().view});
    if (canonical.trainable) report.parameters += static_cast<int64_t>(values.back().view.size());
  }
  ModelInfo info = OwnInfo(options.file, found, values, tensors, report.warnings);
  info.labels = labels;
  info.source_json = SourceJson(options, file, found);
  info.tasks = found.tasks;
  FROND_RETURN_IF_ERROR(WriteModelFile(options.output, found.spec, info, tensors));
  std::error_code ignored;
  report.file_bytes = static_cast<int64_t>(fs::file_size(options.output, ignored));
  return report;
}

}  // namespace frond
