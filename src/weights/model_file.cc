#include "src/weights/model_file.h"

#include <algorithm>
#include <cstdint>
#include <unordered_map>

#include "src/base/format.h"
#include "src/spec/network.h"
#include "src/weights/labels.h"
#include "src/weights/tasks.h"

namespace frond {
namespace {

constexpr const char* kFormatKey = "frond.format";
constexpr const char* kSpecKey = "frond.spec";
constexpr const char* kLabelsKey = "frond.labels";
constexpr const char* kTasksKey = "frond.tasks";
constexpr const char* kSourceKey = "frond.source";
constexpr const char* kCalibrationKey = "frond.calibration";
constexpr const char* kReferenceKey = "frond.reference";
constexpr const char* kVersion = "1";
constexpr size_t kMaxSpecBytes = 1 << 20;
constexpr const char* kDamaged = "the file is damaged: import or copy it again";

Error Bad(std::string message) { return Error{ErrorCode::kBadFormat, std::move(message), kDamaged}; }

Status CheckFormat(const TensorFile& file) {
  const auto format = file.metadata.find(kFormatKey);
  if (file.format != "safetensors" || format == file.metadata.end()) {
    return Error{ErrorCode::kBadFormat, "not a frond model file",
                 "import it first: frond import FILE -o model.safetensors"};
  }
  if (format->second == kVersion) return {};
  const bool number = !format->second.empty() && format->second.find_first_not_of("0123456789") == std::string::npos;
  if (!number) return Bad(StrCat(kFormatKey, " is ", Quote(format->second)));
  return Error{ErrorCode::kUnsupported,
               StrCat(kFormatKey, " is ", Quote(format->second), ", this program reads ", kVersion),
               "update frond, or import the original again"};
}

// The tasks and what each of them is calibrated by.
Status ReadTasks(const std::map<std::string, std::string>& metadata, ModelFile& model) {
  ModelInfo& info = model.info;
  info.tasks = UnnamedTask(model.spec.num_classes);
  if (const auto found = metadata.find(kTasksKey); found != metadata.end()) {
    Result<std::vector<Task>> tasks = ParseTasksJson(found->second, model.spec.num_classes);
    if (!tasks.ok()) return tasks.error().In(kTasksKey);
    info.tasks = std::move(tasks).value();
  }
  info.temperatures.assign(std::max<size_t>(1, info.tasks.size()), 1.0);
  if (const auto found = metadata.find(kCalibrationKey); found != metadata.end()) {
    Result<std::vector<double>> temperatures = ParseCalibrationJson(found->second, info.tasks);
    if (!temperatures.ok()) return temperatures.error().In(kCalibrationKey);
    info.temperatures = std::move(temperatures).value();
  }
  return {};
}

Status ReadMetadata(const std::map<std::string, std::string>& metadata, ModelFile& model) {
  const auto spec = metadata.find(kSpecKey);
  if (spec == metadata.end()) return Bad(StrCat("no ", kSpecKey));
  if (spec->second.size() > kMaxSpecBytes) return Bad(StrCat(kSpecKey, " of ", spec->second.size(), " bytes"));
  Result<Spec> parsed = SpecFromJson(spec->second);
  if (!parsed.ok()) {
    const bool unsupported = parsed.error().code == ErrorCode::kUnsupported;
    return Error{unsupported ? ErrorCode::kUnsupported : ErrorCode::kBadFormat,
                 StrCat(kSpecKey, ": ", parsed.error().message), kDamaged};
  }
  model.spec = std::move(parsed).value();
  if (const auto labels = metadata.find(kLabelsKey); labels != metadata.end()) {
    Result<std::vector<std::string>> list = ParseLabelsJson(labels->second);
    if (!list.ok()) return list.error().In(kLabelsKey);
    model.info.labels = std::move(list).value();
    if (!model.info.labels.empty() && model.info.labels.size() != static_cast<size_t>(model.spec.num_classes)) {
      return Bad(StrCat(model.info.labels.size(), " labels for ", model.spec.num_classes, " classes"));
    }
  }
  if (const auto source = metadata.find(kSourceKey); source != metadata.end()) model.info.source_json = source->second;
  if (const auto found = metadata.find(kReferenceKey); found != metadata.end()) {
    model.info.reference_json = found->second;
  }
  return ReadTasks(metadata, model);
}

Error Mismatch(std::string message) {
  return Error{ErrorCode::kMismatch, std::move(message), "import the original again"};
}

Status CheckTensor(const StoredTensor& stored, const TensorSpec& wanted) {
  if (stored.shape != wanted.shape) {
    return Mismatch(
        StrCat("tensor ", wanted.name, " is ", ToString(stored.shape), ", the spec wants ", ToString(wanted.shape)));
  }
  if (stored.dtype != DType::kFloat32) {
    return Mismatch(StrCat("tensor ", wanted.name, " is ", DTypeName(stored.dtype), ", a model file holds F32"));
  }
  if (reinterpret_cast<uintptr_t>(stored.bytes.data()) % alignof(float) != 0) {
    return Bad(StrCat("tensor ", wanted.name, " does not begin on a multiple of 4 bytes"));
  }
  return {};
}

// Fills `by_name` with the spec's tensors.
Status CheckTensors(const Spec& spec, const TensorFile& file, std::unordered_map<std::string, size_t>& by_name) {
  std::unordered_map<std::string_view, size_t> spare;
  for (size_t i = 0; i < file.tensors.size(); ++i) spare.emplace(file.tensors[i].name, i);
  for (const TensorSpec& tensor : NetworkTensors(BuildNetwork(spec))) {
    const auto found = spare.find(tensor.name);
    if (found == spare.end()) return Mismatch(StrCat("tensor ", tensor.name, " is missing"));
    FROND_RETURN_IF_ERROR(CheckTensor(file.tensors[found->second], tensor));
    by_name.emplace(tensor.name, found->second);
    spare.erase(found);
  }
  for (const StoredTensor& tensor : file.tensors) {
    if (spare.contains(tensor.name) && !tensor.name.starts_with("frond.")) {
      return Mismatch(
          StrCat("tensor ", Quote(tensor.name), " of ", ToString(tensor.shape), " has no place in the spec"));
    }
  }
  return {};
}

Result<ModelFile> CheckModelFile(TensorFile file) {
  ModelFile model;
  FROND_RETURN_IF_ERROR(CheckFormat(file));
  FROND_RETURN_IF_ERROR(ReadMetadata(file.metadata, model));
  FROND_RETURN_IF_ERROR(CheckTensors(model.spec, file, model.by_name));
  model.tensors = std::move(file);
  return model;
}

Status CheckTemperatures(const ModelInfo& info) {
  for (const double value : info.temperatures) {
    if (IsTemperature(value)) continue;
    return Error{ErrorCode::kInvalidArgument, StrCat("the temperature is ", value), "give a positive one"};
  }
  const size_t tasks = std::max<size_t>(1, info.tasks.size());
  if (info.temperatures.empty() || info.temperatures.size() == tasks) return {};
  return Error{ErrorCode::kInvalidArgument, StrCat(info.temperatures.size(), " temperatures for ", tasks, " tasks"),
               "give one for each task"};
}

}  // namespace

Result<ModelFile> ReadModelFile(const std::string& path) {
  FROND_ASSIGN(TensorFile file, ReadTensorFile(path));
  Result<ModelFile> model = CheckModelFile(std::move(file));
  if (!model.ok()) return model.error().In(path);
  return model;
}

std::span<const float> FloatView(const ModelFile& model, const std::string& name) {
  const auto found = model.by_name.find(name);
  if (found == model.by_name.end()) return {};
  const StoredTensor& tensor = model.tensors.tensors[found->second];
  // Float32, alignment and C order were checked; the bytes are a mapping's, whose objects are what the file says.
  return {reinterpret_cast<const float*>(tensor.bytes.data()),
          static_cast<size_t>(ElementCount(tensor.shape).value_or(0))};
}

Status WriteModelFile(const std::string& path, const Spec& spec, const ModelInfo& info,
                      const std::vector<TensorToWrite>& tensors) {
  FROND_RETURN_IF_ERROR(ValidateSpec(spec));
  std::map<std::string, std::string> metadata = {{kFormatKey, kVersion}, {kSpecKey, SpecToJson(spec)}};
  const std::vector<std::string>& labels = info.labels;
  if (!info.tasks.empty() && info.tasks != UnnamedTask(spec.num_classes)) {
    FROND_RETURN_IF_ERROR(CheckTasks(info.tasks, spec.num_classes));
    metadata[kTasksKey] = TasksToJson(info.tasks);
  }
  FROND_RETURN_IF_ERROR(CheckTemperatures(info));
  if (!labels.empty()) {
    if (labels.size() != static_cast<size_t>(spec.num_classes)) {
      return Error{ErrorCode::kInvalidArgument, StrCat(labels.size(), " labels for ", spec.num_classes, " classes"),
                   "give one label for each class"};
    }
    metadata[kLabelsKey] = LabelsToJson(labels);
  }
  if (!info.source_json.empty()) metadata[kSourceKey] = info.source_json;
  if (!info.reference_json.empty()) metadata[kReferenceKey] = info.reference_json;
  if (std::any_of(info.temperatures.begin(), info.temperatures.end(), [](double value) { return value != 1; })) {
    metadata[kCalibrationKey] = CalibrationToJson(info.temperatures, info.tasks);
  }
  return WriteSafetensors(path, tensors, metadata);
}

}  // namespace frond
