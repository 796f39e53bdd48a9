#include "src/weights/reference.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <nlohmann/json.hpp>

#include "src/base/format.h"

namespace frond {
namespace {

constexpr const char* kPrefix = "frond.reference.";
// Of a file that somebody else wrote; the trainer keeps 256, 32 and 8.
constexpr int64_t kMostPhotos = 4096;
constexpr int64_t kMostComponents = 1024;
constexpr size_t kMostStatistics = 64;

Error Bad(std::string message) {
  return {ErrorCode::kBadFormat, "frond.reference: " + std::move(message), "train or copy the model again"};
}

const StoredTensor* Find(const ModelFile& model, const std::string& name) {
  const auto& all = model.tensors.tensors;
  const auto found = std::find_if(all.begin(), all.end(),
                                  [wanted = kPrefix + name](const StoredTensor& one) { return one.name == wanted; });
  return found == all.end() ? nullptr : &*found;
}

// A tensor of this shape; values that are not finite are an error unless `unknowns` may be among them.
Status Take(const ModelFile& model, const std::string& name, const Shape& shape, std::vector<float>& out,
            bool unknowns = false) {
  const StoredTensor* tensor = Find(model, name);
  if (tensor == nullptr) return Bad(StrCat("tensor ", kPrefix, name, " is missing"));
  if (tensor->shape != shape || tensor->dtype != DType::kFloat32) {
    return Bad(StrCat("tensor ", kPrefix, name, " is ", DTypeName(tensor->dtype), " ", ToString(tensor->shape),
                      ", not F32 ", ToString(shape)));
  }
  out.resize(tensor->bytes.size() / sizeof(float));
  if (!out.empty()) std::memcpy(out.data(), tensor->bytes.data(), out.size() * sizeof(float));
  const auto wrong = std::find_if(out.begin(), out.end(),
                                  [&](float value) { return unknowns ? std::isinf(value) : !std::isfinite(value); });
  if (wrong != out.end()) return Bad(StrCat("tensor ", kPrefix, name, " has the value ", *wrong));
  return {};
}

// What the JSON says; false where it is of an earlier version, that kept embeddings alone.
Result<bool> ReadJson(const std::string& text, TrainingReference& reference) {
  const nlohmann::json json = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return Bad("no JSON object");
  const auto names = json.find("statistics");
  if (names == json.end()) return false;
  if (!names->is_array() || names->size() > kMostStatistics) return Bad("\"statistics\" is no short list");
  for (const nlohmann::json& name : *names) {
    if (!name.is_string()) return Bad("\"statistics\" has what is no text");
    reference.statistic_names.push_back(name.get<std::string>());
  }
  const auto held_out = json.find("held_out");
  if (held_out == json.end() || !held_out->is_boolean()) return Bad("\"held_out\" is neither true nor false");
  reference.held_out = held_out->get<bool>();
  return true;
}

}  // namespace

std::vector<TensorToWrite> ReferenceTensors(const TrainingReference& reference) {
  const auto rows = static_cast<int64_t>(reference.photos);
  std::vector<TensorToWrite> tensors;
  const auto add = [&](const char* name, const std::vector<float>& values, int64_t by) {
    const auto count = static_cast<int64_t>(values.size());
    const Shape shape = by < 0 ? Shape{count} : Shape{by, by == 0 ? 0 : count / by};
    tensors.push_back({std::string(kPrefix) + name, shape, values});
  };
  add("mean", reference.mean, -1);
  add("components", reference.components, static_cast<int64_t>(reference.deviations.size()));
  add("deviations", reference.deviations, -1);
  tensors.push_back({std::string(kPrefix) + "rest", {1}, {&reference.rest, 1}});
  add("photo_statistics", reference.photo_statistics, rows);
  add("projections", reference.projections, rows);
  add("confidences", reference.confidences, rows);
  add("class_shares", reference.class_shares, -1);
  add("class_errors", reference.class_errors, -1);
  return tensors;
}

std::string ReferenceToJson(const TrainingReference& reference) {
  const nlohmann::ordered_json json = {
      {"photos", reference.photos}, {"held_out", reference.held_out}, {"statistics", reference.statistic_names}};
  return json.dump();
}

Result<TrainingReference> ReadReference(const ModelFile& model) {
  TrainingReference reference;
  if (model.info.reference_json.empty()) return reference;
  FROND_ASSIGN(const bool here, ReadJson(model.info.reference_json, reference));
  if (!here) return TrainingReference();
  const StoredTensor* components = Find(model, "components");
  const StoredTensor* projections = Find(model, "projections");
  if (components == nullptr || components->shape.size() != 2)
    return Bad("tensor frond.reference.components is no matrix");
  if (projections == nullptr || projections->shape.size() != 2) {
    return Bad("tensor frond.reference.projections is no matrix");
  }
  const int64_t channels = model.spec.head_channels;
  const int64_t count = components->shape[0];
  const int64_t photos = projections->shape[0];
  if (photos < 2 || photos > kMostPhotos) return Bad(StrCat(photos, " photos, not 2 to ", kMostPhotos));
  if (count < 1 || count > kMostComponents) return Bad(StrCat(count, " components, not 1 to ", kMostComponents));
  const auto statistics = static_cast<int64_t>(reference.statistic_names.size());
  const auto tasks = static_cast<int64_t>(model.info.tasks.size());
  std::vector<float> rest;
  FROND_RETURN_IF_ERROR(Take(model, "mean", {channels}, reference.mean));
  FROND_RETURN_IF_ERROR(Take(model, "components", {count, channels}, reference.components));
  FROND_RETURN_IF_ERROR(Take(model, "deviations", {count}, reference.deviations));
  FROND_RETURN_IF_ERROR(Take(model, "rest", {1}, rest));
  FROND_RETURN_IF_ERROR(Take(model, "photo_statistics", {photos, statistics}, reference.photo_statistics, true));
  FROND_RETURN_IF_ERROR(Take(model, "projections", {photos, count + 1}, reference.projections));
  FROND_RETURN_IF_ERROR(Take(model, "confidences", {photos, tasks}, reference.confidences));
  FROND_RETURN_IF_ERROR(Take(model, "class_shares", {model.spec.num_classes}, reference.class_shares));
  FROND_RETURN_IF_ERROR(Take(model, "class_errors", {model.spec.num_classes}, reference.class_errors));
  reference.rest = rest.front();
  reference.photos = static_cast<size_t>(photos);
  if (!(reference.rest > 0) ||
      std::any_of(reference.deviations.begin(), reference.deviations.end(), [](float value) { return value <= 0; })) {
    return Bad("a deviation is not positive");
  }
  return reference;
}

}  // namespace frond
