#include "src/weights/import.h"

#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "src/base/format.h"
#include "src/weights/identify.h"
#include "src/weights/labels.h"
#include "src/weights/model_file.h"

namespace frond {
namespace {

namespace fs = std::filesystem;

Status CheckOutput(const ImportOptions& options) {
  if (options.output.empty())
    return Error{ErrorCode::kInvalidArgument, "no output file is given", "give one with -o model.safetensors"};
  std::error_code missing;
  if (fs::equivalent(options.file, options.output, missing)) {
    return Error{ErrorCode::kInvalidArgument, StrCat("the output ", options.output, " is the file to import"),
                 "give another path with -o"};
  }
  if (fs::is_directory(options.output, missing)) {
    return Error{ErrorCode::kInvalidArgument, StrCat("the output ", options.output, " is a folder"),
                 "give the path of a file with -o"};
  }
  return {};
}

bool IsFloat(DType dtype) {
  return dtype == DType::kFloat64 || dtype == DType::kFloat32 || dtype == DType::kFloat16 || dtype == DType::kBFloat16;
}

Result<std::vector<float>> ReadTensor(const SourceTensor& source) {
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
  const int64_t count = ElementCount(stored.shape).value_or(0);
  if (stored.bytes.size() / SizeOf(stored.dtype) < static_cast<uint64_t>(count))
    return bad("repeats elements of a smaller storage");
  std::vector<float> values = ToPyTorchOrder(ToFloat(stored), source.wanted.canonical.shape, source.wanted.layout);
  const bool variance = source.wanted.canonical.name.ends_with(".running_var");
  for (size_t i = 0; i < values.size(); ++i) {
    if (!std::isfinite(values[i])) return bad("holds ", values[i], " at element ", i);
    if (variance && values[i] < 0) return bad("holds the negative variance ", values[i], " at element ", i);
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

}  // namespace

Result<ImportReport> ImportModel(const ImportOptions& options) {
  FROND_RETURN_IF_ERROR(CheckOutput(options));
  FROND_ASSIGN(const TensorFile file, ReadTensorFile(options.file));
  Result<Identification> identified = Identify(file, options.file, options.arch);
  if (!identified.ok()) return identified.error().In(options.file);
  const Identification& found = *identified;
  FROND_ASSIGN(const std::vector<std::string> labels, ChooseLabels(options, found));

  ImportReport report{
      found.spec, found.library, file.format, found.warnings, 0, 0, static_cast<int64_t>(labels.size())};
  std::vector<std::vector<float>> values;
  std::vector<TensorToWrite> tensors;
  for (const SourceTensor& source : found.tensors) {
    Result<std::vector<float>> read = ReadTensor(source);
    if (!read.ok()) return read.error().In(options.file);
    values.push_back(std::move(read).value());
    const TensorSpec& canonical = source.wanted.canonical;
    tensors.push_back({canonical.name, canonical.shape, values.back()});
    if (canonical.trainable) report.parameters += static_cast<int64_t>(values.back().size());
  }
  FROND_RETURN_IF_ERROR(WriteModelFile(options.output, found.spec, labels, SourceJson(options, file, found), tensors));
  std::error_code ignored;
  report.file_bytes = static_cast<int64_t>(fs::file_size(options.output, ignored));
  return report;
}

}  // namespace frond
