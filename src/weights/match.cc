#include "src/weights/match.h"

#include <algorithm>
#include <array>
#include <unordered_set>

#include "src/base/format.h"

namespace frond {
namespace {

// DataParallel, torch.compile, Lightning and hand-made wrappers.
constexpr std::array kWrappers = {"module.", "_orig_mod.", "model.", "net.", "network.", "backbone.", "encoder."};

bool CarriesNoWeights(std::string_view name) {
  constexpr std::array kSuffixes = {"num_batches_tracked", "total_ops", "total_params"};
  constexpr std::array kPrefixes = {"normalization",           "rescaling", "optimizer", "seed_generator",
                                    "top_level_model_weights", "frond."};
  return std::any_of(kSuffixes.begin(), kSuffixes.end(), [&](const char* suffix) { return name.ends_with(suffix); }) ||
         std::any_of(kPrefixes.begin(), kPrefixes.end(), [&](const char* prefix) { return name.starts_with(prefix); });
}

// The wrapper that every name carries after its first `skip` bytes; empty if none.
std::string_view CommonWrapper(const TensorFile& file, size_t skip) {
  for (const std::string_view wrapper : kWrappers) {
    const auto carries = [&](const StoredTensor& tensor) {
      return std::string_view(tensor.name).substr(std::min(skip, tensor.name.size())).starts_with(wrapper);
    };
    if (!file.tensors.empty() && std::all_of(file.tensors.begin(), file.tensors.end(), carries)) return wrapper;
  }
  return {};
}

// Names that people give a new classifier, by library; the library's own is first.
std::vector<std::string> ClassifierLayers(Library library) {
  switch (library) {
    case Library::kTimm: return {"classifier", "classifier.1", "classifier.0", "fc", "head.fc", "head"};
    case Library::kTorchvision: return {"classifier.1", "classifier", "classifier.0", "fc"};
    case Library::kEfficientNetPyTorch: return {"_fc", "_fc.1", "_fc.0", "fc", "classifier"};
    case Library::kKeras: return {"predictions", "dense", "classifier", "output", "probs"};
  }
  return {};
}

const char* KernelSuffix(Library library) { return library == Library::kKeras ? "/kernel" : ".weight"; }
const char* BiasSuffix(Library library) { return library == Library::kKeras ? "/bias" : ".bias"; }

}  // namespace

NameTable::NameTable(const TensorFile& file) {
  size_t skip = 0;
  for (std::string_view wrapper = CommonWrapper(file, 0); !wrapper.empty(); wrapper = CommonWrapper(file, skip))
    skip += wrapper.size();
  entries_.reserve(file.tensors.size());
  for (const StoredTensor& tensor : file.tensors) {
    std::string name = tensor.name.substr(skip);
    if (!CarriesNoWeights(name)) entries_.emplace_back(std::move(name), &tensor);
  }
  for (const auto& [name, tensor] : entries_) by_name_.emplace(name, tensor);
}

const StoredTensor* NameTable::Find(const std::string& name) const {
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? nullptr : found->second;
}

std::optional<Library> TellLibrary(const NameTable& table) {
  // A stem, or where it is missing the blocks' prefix.
  struct Telltale {
    Library library;
    const char* stem;
    const char* block_prefix;
  };
  constexpr std::array<Telltale, 4> kTelltales = {
      {{Library::kTimm, "conv_stem.weight", "blocks.0."},
       {Library::kEfficientNetPyTorch, "_conv_stem.weight", "_blocks.0."},
       {Library::kTorchvision, "features.0.0.weight", "features.1.0.block."},
       {Library::kKeras, "stem_conv/kernel", "block1a_"}}};
  for (const Telltale& telltale : kTelltales) {
    if (table.Find(telltale.stem) != nullptr) return telltale.library;
  }
  for (const Telltale& telltale : kTelltales) {
    for (const auto& [name, tensor] : table.entries()) {
      if (name.starts_with(telltale.block_prefix)) return telltale.library;
    }
  }
  return std::nullopt;
}

Classifier FindClassifier(const NameTable& table, Library library) {
  const std::vector<std::string> layers = ClassifierLayers(library);
  for (const std::string& layer : layers) {
    const StoredTensor* kernel = table.Find(layer + KernelSuffix(library));
    if (kernel == nullptr) continue;
    // A shape of another rank is reported by MatchNetwork; any number of classes will do for that.
    if (kernel->shape.size() != 2) return {layer, 1};
    return {layer, kernel->shape[library == Library::kKeras ? 1 : 0]};
  }
  return {layers.front(), 0};
}

Match MatchNetwork(const NameTable& table, Library library, const Classifier& classifier, const Network& network,
                   std::string_view name) {
  Match match;
  // A file may have 65,536 tensors, all of them spare: only the lines shown are made.
  const auto is_shown = [&match] { return match.difference_count++ < kShownDifferences; };
  std::unordered_set<const StoredTensor*> used;
  for (NamedTensor& wanted : MapNames(network, library)) {
    if (wanted.classifier)
      wanted.name =
          classifier.layer + (wanted.canonical.shape.size() == 2 ? KernelSuffix(library) : BiasSuffix(library));
    const StoredTensor* stored = table.Find(wanted.name);
    const Shape shape = wanted.stored_shape();
    used.insert(stored);
    if (stored == nullptr) {
      if (is_shown())
        match.differences.push_back(StrCat("tensor ", wanted.name, " is missing, ", name, " wants ", ToString(shape)));
    } else if (stored->shape != shape) {
      if (is_shown())
        match.differences.push_back(
            StrCat("tensor ", wanted.name, " is ", ToString(stored->shape), ", ", name, " wants ", ToString(shape)));
    } else {
      ++match.common;
      match.tensors.push_back({std::move(wanted), stored});
    }
  }
  for (const auto& [spare, stored] : table.entries()) {
    if (!used.contains(stored) && is_shown())
      match.differences.push_back(
          StrCat("tensor ", Quote(spare), " of ", ToString(stored->shape), " has no place in ", name));
  }
  return match;
}

}  // namespace frond
