// torch.save since 1.6: NAME/data.pkl, NAME/data/KEY for each storage,
// NAME/byteorder, NAME/version; all stored, storages aligned to 64 bytes.

#include <string>

#include "src/base/format.h"
#include "src/weights/convert_bytes.h"
#include "src/weights/pytorch.h"

namespace frond {
namespace {

constexpr uint64_t kMaxPickleBytes = uint64_t{64} << 20;
constexpr const char* kDamaged = "the file is truncated or damaged: copy or download it again";

// "NAME/" of the one NAME/data.pkl; torch calls NAME after the file or "archive".
Result<std::string> FindRoot(const ZipArchive& archive) {
  constexpr std::string_view kPickle = "data.pkl";
  const ZipEntry* found = nullptr;
  for (const ZipEntry& entry : archive.entries()) {
    if (entry.name != kPickle && !entry.name.ends_with("/data.pkl")) continue;
    if (found != nullptr)
      return Error{ErrorCode::kBadFormat, "archive with two data.pkl", "save one object with torch.save"};
    found = &entry;
  }
  if (found == nullptr) {
    return Error{ErrorCode::kBadFormat, "ZIP archive without data.pkl: not made by torch.save",
                 "give a .pth or .safetensors file"};
  }
  const std::string root = found->name.substr(0, found->name.size() - kPickle.size());
  if (archive.Find(root + "constants.pkl") != nullptr) {
    return Error{ErrorCode::kUnsupported, "the file is a TorchScript program, not weights",
                 "load it with torch.jit.load and save its state_dict: torch.save(model.state_dict(), path)"};
  }
  return root;
}

Status CheckByteOrder(const ZipArchive& archive, const std::string& root) {
  const ZipEntry* entry = archive.Find(root + "byteorder");
  if (entry == nullptr) return {};  // before torch 2.1, always the writer's; little in practice
  FROND_ASSIGN(const auto order, archive.View(*entry));
  if (AsText(order) == "little") return {};
  return Error{ErrorCode::kUnsupported, StrCat("written with byte order ", Quote(AsText(order))),
               "load and save it again on a little-endian machine"};
}

Result<StorageMap> FindStorages(const ZipArchive& archive, const std::string& root, const Pickle& pickle) {
  StorageMap storages;
  for (const PickleValue& value : pickle.values) {
    if (value.kind != PickleKind::kStorage) continue;
    FROND_ASSIGN(const StorageClaim claim, ReadStorageClaim(pickle, value));
    const auto known = storages.find(claim.key);
    if (known == storages.end()) {
      if (claim.key.size() > 256)
        return Error{ErrorCode::kBadFormat, StrCat("storage key ", Quote(claim.key), " is too long"), kDamaged};
      const ZipEntry* entry = archive.Find(StrCat(root, "data/", claim.key));
      if (entry == nullptr)
        return Error{ErrorCode::kBadFormat, StrCat("storage ", Quote(claim.key), " is missing"), kDamaged};
      FROND_ASSIGN(const auto contents, archive.View(*entry));
      storages.emplace(claim.key, contents);
    }
    const size_t held = storages.find(claim.key)->second.size();
    if (held != claim.bytes) {
      return Error{ErrorCode::kBadFormat,
                   StrCat("storage ", Quote(claim.key), " holds ", held, " bytes, the pickle says ", claim.bytes),
                   kDamaged};
    }
  }
  return storages;
}

}  // namespace

Result<std::vector<StoredTensor>> ReadPyTorchZip(std::span<const std::byte> bytes) {
  FROND_ASSIGN(const ZipArchive archive, ZipArchive::Open(bytes));
  FROND_ASSIGN(const std::string root, FindRoot(archive));
  FROND_RETURN_IF_ERROR(CheckByteOrder(archive, root));
  const ZipEntry& entry = *archive.Find(root + "data.pkl");
  if (entry.bytes > kMaxPickleBytes) {
    return Error{ErrorCode::kLimit, StrCat("data.pkl of ", entry.bytes, " bytes; at most 64 MiB are read"),
                 "save only the state_dict: torch.save(model.state_dict(), path)"};
  }
  FROND_ASSIGN(const auto contents, archive.View(entry));
  FROND_ASSIGN(const Pickle pickle, ReadPickle(contents));
  FROND_ASSIGN(const StorageMap storages, FindStorages(archive, root, pickle));
  return CollectStateDict(pickle, storages);
}

}  // namespace frond
