#include "src/weights/identify.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <optional>

#include "src/base/format.h"
#include "src/base/mapped_file.h"
#include "src/spec/families.h"
#include "src/spec/variants.h"
#include "src/weights/convert_bytes.h"
#include "src/weights/hub_config.h"
#include "src/weights/labels.h"
#include "src/weights/tasks.h"

namespace frond {
namespace {

constexpr int64_t kMaxClasses = 1'000'000;

struct Weights {
  const TensorFile& file;
  NameTable table;
  Library library;
  Classifier classifier;

  Match MatchSpec(Spec spec) const {
    spec.num_classes = static_cast<int>(classifier.num_classes);
    return MatchNetwork(table, library, classifier, BuildNetwork(spec), spec.name);
  }
};

Result<Weights> ReadNames(const TensorFile& file) {
  NameTable table(file);
  const std::optional<Library> library = TellLibrary(table);
  if (!library) {
    std::string first;
    for (size_t i = 0; i < std::min<size_t>(3, table.entries().size()); ++i)
      first += StrCat(i == 0 ? "" : ", ", Quote(table.entries()[i].first));
    return Error{
        ErrorCode::kMismatch,
        first.empty()
            ? "the file holds no weights"
            : StrCat("these are not the weights of an EfficientNet that frond knows: the first tensors are ", first),
        "frond imports EfficientNets of timm, torchvision, efficientnet_pytorch and Keras"};
  }
  Classifier classifier = FindClassifier(table, *library);
  const bool empty = classifier.num_classes == 0 && table.Find(classifier.layer + ".weight") != nullptr;
  if (classifier.num_classes > kMaxClasses || classifier.num_classes < 0 || empty) {
    return Error{ErrorCode::kMismatch,
                 StrCat("the classifier ", classifier.layer, " has ", classifier.num_classes, " classes"),
                 StrCat("frond takes 1 to ", kMaxClasses)};
  }
  return Weights{file, std::move(table), *library, std::move(classifier)};
}

// The row whose network has most in common with the weights.
struct BestFamily {
  const FamilyRow* row = nullptr;
  Match match;
};
BestFamily ChooseFamily(const Weights& weights) {
  BestFamily best;
  for (const FamilyRow& row : Families()) {
    Match match = weights.MatchSpec(ScaledSpec(row));
    const bool better = best.row == nullptr || match.common > best.match.common ||
                        (match.common == best.match.common && match.difference_count < best.match.difference_count);
    if (better) best = {&row, std::move(match)};
    if (best.match.difference_count == 0) break;
  }
  return best;
}

Error MismatchError(std::string_view name, const Match& match, std::string remedy) {
  std::string message = StrCat("the weights differ from ", name, " in ", match.difference_count,
                               match.difference_count == 1 ? " tensor:" : " tensors:");
  for (const std::string& difference : match.differences) message += "\n    " + difference;
  const size_t more = match.difference_count - match.differences.size();
  if (more > 0) message += StrCat("\n    and ", more, " more");
  return Error{ErrorCode::kMismatch, std::move(message), std::move(remedy)};
}

Dialect DialectOf(Library library) {
  switch (library) {
    case Library::kTimm: return Dialect::kPlain;
    case Library::kTorchvision: return Dialect::kTorchvision;
    case Library::kEfficientNetPyTorch:
    case Library::kKeras: return Dialect::kTensorFlow;
  }
  return Dialect::kPlain;
}

// Keras keeps its preprocessing inside the model. B0 to B7 and V2-B have a layer
// "normalization", (p / 255 - mean) / sqrt(variance); the larger V2 networks take
// p / 128 - 1 where timm's ports take p / 127.5 - 1. A file that stores ImageNet's
// deviation as its variance is of weights="imagenet", behind whose layer Keras
// divides by the root once more (keras.applications.efficientnet).
void ApplyKeras(const TensorFile& file, BaseId base, Spec& spec) {
  Preprocessing& preprocessing = spec.preprocessing;
  if (base == BaseId::kV2S || base == BaseId::kV2M || base == BaseId::kV2L || base == BaseId::kV2XL) {
    preprocessing.mean = preprocessing.std = {128.0 / 255, 128.0 / 255, 128.0 / 255};
    return;
  }
  const auto three = [&](const char* name) {
    const StoredTensor* tensor = file.Find(name);
    const bool whole =
        tensor != nullptr && tensor->shape == Shape{3} && tensor->bytes.size() >= 3 * SizeOf(tensor->dtype);
    return whole ? ToFloat(*tensor) : std::vector<float>();
  };
  const std::vector<float> means = three("normalization/mean");
  const std::vector<float> variances = three("normalization/variance");
  if (means.empty() || variances.empty()) return;
  const Preprocessing imagenet;
  bool squared_again = true;
  for (size_t c = 0; c < 3; ++c) squared_again = squared_again && std::abs(variances[c] - imagenet.std[c]) < 1e-6;
  for (size_t c = 0; c < 3; ++c) {
    preprocessing.mean[c] = means[c];
    preprocessing.std[c] = squared_again ? variances[c] : std::sqrt(variances[c]);
  }
}

// A config.json's spec, where it speaks of a variant of this family.
std::optional<Spec> SpecOfConfig(const HubConfig& config, std::string_view family, std::vector<std::string>& warnings) {
  Result<Spec> spec = FindSpec(config.tag.empty() ? config.architecture : config.architecture + "." + config.tag);
  if (!spec.ok()) spec = FindSpec(config.architecture);
  const std::vector<std::string> variants = VariantsOf(family);
  const std::string plain = spec.ok() ? spec->name.substr(0, spec->name.find('.')) : "";
  if (std::find(variants.begin(), variants.end(), plain) == variants.end()) {
    warnings.push_back(StrCat("config.json beside the weights is of ", Quote(config.architecture),
                              ", the weights are of ", family, ": ignored it"));
    return std::nullopt;
  }
  config.ApplyTo(spec->preprocessing);
  return std::move(spec).value();
}

// The spec of weights that fit `row`, when nobody named one.
Result<Spec> ChooseDialect(const TensorFile& file, const Weights& weights, const std::string& path,
                           const FamilyRow& row, Identification& found) {
  if (weights.library == Library::kTimm) {
    FROND_ASSIGN(const std::optional<HubConfig> config, ReadHubConfig(path));
    if (config) {
      if (std::optional<Spec> spec = SpecOfConfig(*config, row.name, found.warnings)) {
        if (config->labels.size() == static_cast<size_t>(weights.classifier.num_classes)) {
          found.labels = config->labels;
        } else if (!config->labels.empty()) {
          found.warnings.push_back(StrCat("config.json has ", config->labels.size(), " labels, the weights have ",
                                          weights.classifier.num_classes, " classes: left them out"));
        }
        return *std::move(spec);
      }
    }
  }
  const std::vector<std::string> variants = VariantsOf(row.name);
  const std::string wanted = VariantName(row.name, DialectOf(weights.library));
  const bool exists = std::find(variants.begin(), variants.end(), wanted) != variants.end();
  FROND_ASSIGN(Spec spec, FindSpec(exists ? wanted : variants.front()));
  if (weights.library == Library::kKeras) {
    ApplyKeras(file, row.base, spec);
    FROND_RETURN_IF_ERROR(ValidateSpec(spec));  // the layer's numbers are the file's
  }
  // efficientnet_lite_pytorch states no crop: its weights take torchvision's usual ratio at every size, where the rows
  // of TensorFlow and timm crop less of the larger ones.
  if (weights.library == Library::kEfficientNetPyTorch && row.base == BaseId::kLite0) {
    spec.preprocessing.crop_pct = 0.875;
  }
  if (weights.library == Library::kTimm && variants.size() > 1) {
    found.warnings.push_back(
        StrCat("assumed ", spec.name,
               " (symmetric padding, batch-norm epsilon 1e-05); the weights would look the same if they were of ",
               variants[1], " (TensorFlow's padding, epsilon 1e-03). If they are, give --arch ", variants[1]));
  }
  return spec;
}

// Our own files carry their spec.
Result<std::optional<Spec>> OwnSpec(const TensorFile& file, Identification& found) {
  const auto spec = file.metadata.find("frond.spec");
  if (spec == file.metadata.end()) return std::optional<Spec>();
  Result<Spec> parsed = SpecFromJson(spec->second);
  if (!parsed.ok()) return parsed.error().In("frond.spec");
  found.library = "frond";
  if (const auto labels = file.metadata.find("frond.labels"); labels != file.metadata.end()) {
    FROND_ASSIGN(found.labels, ParseLabelsJson(labels->second));
  }
  return std::optional<Spec>(std::move(parsed).value());
}

std::string Remedy(const BestFamily& best) {
  if (best.match.difference_count > 0)
    return "check that the file is complete, or write its architecture as a spec (`frond info b0 --spec` prints one) "
           "and give it with --arch";
  return StrCat("the weights are those of ", best.row->name, ": leave out --arch, or name a variant of it");
}

}  // namespace

Result<Spec> SpecFromNameOrFile(const std::string& name_or_path) {
  Result<Spec> named = FindSpec(name_or_path);
  std::error_code ignored;
  if (named.ok() || !(name_or_path.ends_with(".json") || std::filesystem::exists(name_or_path, ignored))) return named;
  constexpr size_t kMaxBytes = 1 << 20;
  FROND_ASSIGN(const MappedFile file, MappedFile::Open(name_or_path));
  if (file.bytes().size() > kMaxBytes) {
    return Error{ErrorCode::kLimit, StrCat(name_or_path, " is ", file.bytes().size(), " bytes long, no spec is"),
                 "`frond info b0 --spec` prints one"};
  }
  Result<Spec> spec = SpecFromJson(AsText(file.bytes()));
  if (!spec.ok()) return spec.error().In(name_or_path);
  return spec;
}

Result<Identification> Identify(const TensorFile& file, const std::string& path, const std::string& arch) {
  FROND_ASSIGN(Weights weights, ReadNames(file));
  Identification found;
  found.library = LibraryName(weights.library);
  FROND_ASSIGN(std::optional<Spec> spec, OwnSpec(file, found));
  if (!arch.empty()) {
    FROND_ASSIGN(spec, SpecFromNameOrFile(arch));
  }
  if (spec && spec->hidden_units > 0) {  // what was found as the classifier is the layer before it
    weights.classifier = {BuildNetwork(*spec).classifier.back().name, spec->num_classes};
  }
  Match match;
  if (spec) {
    match = weights.MatchSpec(*spec);
    if (match.difference_count > 0) return MismatchError(spec->name, match, Remedy(ChooseFamily(weights)));
  } else {
    BestFamily best = ChooseFamily(weights);
    if (best.match.difference_count > 0) return MismatchError(best.row->name, best.match, Remedy(best));
    match = std::move(best.match);
    FROND_ASSIGN(spec, ChooseDialect(file, weights, path, *best.row, found));
  }
  found.spec = *std::move(spec);
  found.spec.num_classes = static_cast<int>(weights.classifier.num_classes);
  FROND_RETURN_IF_ERROR(ValidateSpec(found.spec));
  if (found.labels.size() != static_cast<size_t>(found.spec.num_classes)) found.labels.clear();
  if (const auto tasks = file.metadata.find("frond.tasks"); tasks != file.metadata.end()) {
    FROND_ASSIGN(found.tasks, ParseTasksJson(tasks->second, found.spec.num_classes));
  }
  found.tensors = std::move(match.tensors);
  return found;
}

}  // namespace frond
