#include <string>
#include <unordered_set>
#include <utility>

#include "src/base/format.h"
#include "src/weights/convert_bytes.h"
#include "src/weights/pytorch.h"

namespace frond {
namespace {

// Where training scripts keep the weights. Plain weights come before averaged
// ones (EMA): an average may have been saved before its warm-up ended, often
// leaves BatchNorm's statistics out, and the plain ones are what the script
// itself resumes from and reports; who wants the average saves it alone.
constexpr std::string_view kWrappers[] = {"state_dict",     "model_state_dict", "model",         "net",
                                          "state_dict_ema", "model_ema",        "ema_state_dict"};

constexpr int kMaxDepth = 8;
constexpr size_t kMaxTensors = 65536;
constexpr size_t kMaxVisits = size_t{1} << 22;  // a dict can hold another twice, and so on: 2^depth paths
constexpr size_t kMaxNameBytes = 1024;

// Flattens nested dicts of tensors: {"features": {"weight": t}} is "features.weight".
class Flattener {
 public:
  Flattener(const Pickle& pickle, const StorageMap& storages) : pickle_(pickle), storages_(storages) {}

  Status Add(const PickleValue& dict, const std::string& prefix, int depth) {
    if (depth > kMaxDepth) return TooMuch("dicts nested more than 8 deep");
    for (size_t i = 0; i + 1 < dict.children.size(); i += 2) {
      if (++visits_ > kMaxVisits) return TooMuch("too many entries");
      const PickleValue& key = pickle_.Child(dict, i);
      const PickleValue& value = pickle_.Child(dict, i + 1);
      const bool wanted = value.kind == PickleKind::kTensor || value.kind == PickleKind::kDict;
      if (key.kind != PickleKind::kText || !wanted) continue;  // epochs, versions, optimizer slots by number
      if (prefix.size() + key.text.size() > kMaxNameBytes || !IsCleanUtf8(key.text)) {
        return Error{ErrorCode::kBadFormat,
                     StrCat("tensor name ", Quote(prefix + std::string(key.text.substr(0, 200))),
                            " is longer than 1024 bytes or not clean UTF-8"),
                     "rename it"};
      }
      std::string name = prefix + std::string(key.text);
      if (value.kind == PickleKind::kDict) {
        FROND_RETURN_IF_ERROR(Add(value, name + ".", depth + 1));
      } else {
        FROND_RETURN_IF_ERROR(AddTensor(value, std::move(name)));
      }
    }
    return {};
  }

  std::vector<StoredTensor>& tensors() { return tensors_; }

 private:
  Status AddTensor(const PickleValue& value, std::string name) {
    if (tensors_.size() == kMaxTensors) return TooMuch("more than 65536 tensors");
    if (!names_.insert(name).second) {
      return Error{ErrorCode::kBadFormat, StrCat("tensor ", Quote(name), " appears twice"),
                   "save the state_dict again"};
    }
    Result<StoredTensor> tensor = ResolveTensor(pickle_, value, storages_);
    if (!tensor.ok()) return tensor.error().In(StrCat("tensor ", Quote(name)));
    tensor->name = std::move(name);
    tensors_.push_back(std::move(*tensor));
    return {};
  }

  static Error TooMuch(const char* what) {
    return Error{ErrorCode::kLimit, StrCat("state dict with ", what),
                 "save only the state_dict: torch.save(model.state_dict(), path)"};
  }

  const Pickle& pickle_;
  const StorageMap& storages_;
  std::vector<StoredTensor> tensors_;
  std::unordered_set<std::string> names_;
  size_t visits_ = 0;
};

const PickleValue* FindDict(const Pickle& pickle, const PickleValue& dict, std::string_view wanted) {
  const PickleValue* found = nullptr;
  for (size_t i = 0; i + 1 < dict.children.size(); i += 2) {  // the last one counts, as in Python
    const PickleValue& key = pickle.Child(dict, i);
    const PickleValue& value = pickle.Child(dict, i + 1);
    if (key.kind == PickleKind::kText && key.text == wanted && value.kind == PickleKind::kDict) found = &value;
  }
  return found;
}

const char* Describe(PickleKind kind) {
  switch (kind) {
    case PickleKind::kTensor: return "a single tensor";
    case PickleKind::kList: return "a list";
    case PickleKind::kTuple: return "a tuple";
    case PickleKind::kStorage: return "a bare storage";
    default: return "no dict";
  }
}

}  // namespace

Result<std::vector<StoredTensor>> CollectStateDict(const Pickle& pickle, const StorageMap& storages) {
  constexpr const char* kRemedy = "save a state_dict: torch.save(model.state_dict(), path)";
  const PickleValue& root = pickle.Root();
  if (root.kind != PickleKind::kDict) {
    return Error{ErrorCode::kBadFormat, StrCat("the file holds ", Describe(root.kind), ", not a dict of tensors"),
                 kRemedy};
  }
  for (const std::string_view wrapper : kWrappers) {
    const PickleValue* dict = FindDict(pickle, root, wrapper);
    if (dict == nullptr) continue;
    Flattener flattener(pickle, storages);
    FROND_RETURN_IF_ERROR(flattener.Add(*dict, "", 0));
    if (!flattener.tensors().empty()) return std::move(flattener.tensors());
  }
  Flattener flattener(pickle, storages);
  FROND_RETURN_IF_ERROR(flattener.Add(root, "", 0));
  if (flattener.tensors().empty())
    return Error{ErrorCode::kBadFormat, "the file holds no tensors under names", kRemedy};
  return std::move(flattener.tensors());
}

}  // namespace frond
