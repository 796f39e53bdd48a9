// torch.save before 1.6 (torch/serialization.py, _legacy_save): pickles of a
// magic number, the protocol 1001, sys_info, the object and the list of storage
// keys; then for each key an int64 element count and the elements, unaligned.

#include <algorithm>

#include "src/base/format.h"
#include "src/weights/convert_bytes.h"
#include "src/weights/pytorch.h"

namespace frond {
namespace {

constexpr std::string_view kMagic = "\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19";  // 0x1950a86a20f9469cfc6c
constexpr int64_t kProtocol = 1001;

Error Damaged(std::string message) {
  return Error{ErrorCode::kBadFormat, std::move(message),
               "the file is truncated or damaged: copy or download it again"};
}

// Reads one pickle and steps over it.
Result<Pickle> NextPickle(std::span<const std::byte>& rest) {
  FROND_ASSIGN(Pickle pickle, ReadPickle(rest));
  rest = rest.subspan(pickle.bytes);
  return pickle;
}

Status ReadPreamble(std::span<const std::byte>& rest) {
  FROND_ASSIGN(const Pickle magic, NextPickle(rest));
  if (magic.Root().kind != PickleKind::kOpaque || magic.Root().text != kMagic) {
    return Error{ErrorCode::kUnsupported, "a pickle that torch.save did not make",
                 "load it where you trust it and save its tensors: torch.save(state_dict, path)"};
  }
  FROND_ASSIGN(const Pickle protocol, NextPickle(rest));
  if (protocol.Root().kind != PickleKind::kInt || protocol.Root().integer != kProtocol) {
    return Error{ErrorCode::kUnsupported, "legacy PyTorch file of a protocol other than 1001",
                 "save it again with a current PyTorch"};
  }
  FROND_ASSIGN(const Pickle system, NextPickle(rest));
  if (system.Root().kind != PickleKind::kDict) return Damaged("legacy PyTorch file without sys_info");
  const PickleValue& info = system.Root();
  for (size_t i = 0; i + 1 < info.children.size(); i += 2) {
    const PickleValue& key = system.Child(info, i);
    if (key.kind != PickleKind::kText || key.text != "little_endian") continue;
    if (system.Child(info, i + 1).integer != 1) {
      return Error{ErrorCode::kUnsupported, "written with byte order 'big'",
                   "load and save it again on a little-endian machine"};
    }
  }
  return {};
}

using ClaimMap = std::unordered_map<std::string_view, StorageClaim>;

Result<ClaimMap> CollectClaims(const Pickle& pickle) {
  ClaimMap claims;
  for (const PickleValue& value : pickle.values) {
    if (value.kind != PickleKind::kStorage) continue;
    FROND_ASSIGN(const StorageClaim claim, ReadStorageClaim(pickle, value));
    const auto [known, added] = claims.emplace(claim.key, claim);
    if (!added && (known->second.bytes != claim.bytes || known->second.element_bytes != claim.element_bytes)) {
      return Damaged(StrCat("storage ", Quote(claim.key), " is described in two ways"));
    }
  }
  return claims;
}

// Walks over the raw storages that follow the list of keys.
Result<StorageMap> ReadStorages(const Pickle& keys, const ClaimMap& claims, std::span<const std::byte> rest) {
  if (keys.Root().kind != PickleKind::kList) return Damaged("legacy PyTorch file without its list of storages");
  StorageMap storages;
  ByteReader reader(rest);
  for (const uint32_t index : keys.Root().children) {
    const PickleValue& key = keys.values[index];
    if (key.kind != PickleKind::kText) return Damaged("a storage key that is not text");
    const auto claim = claims.find(key.text);
    if (claim == claims.end()) return Damaged(StrCat("storage ", Quote(key.text), " belongs to no tensor"));
    int64_t count = 0;
    if (!reader.Read(count)) return Damaged(StrCat("file ends before storage ", Quote(key.text)));
    const uint64_t claimed = claim->second.bytes / claim->second.element_bytes;
    if (count < 0 || static_cast<uint64_t>(count) != claimed) {
      return Damaged(StrCat("storage ", Quote(key.text), " has ", count, " elements, the pickle says ", claimed));
    }
    std::span<const std::byte> contents;
    if (!reader.Take(claim->second.bytes, contents)) {
      return Damaged(StrCat("file ends inside storage ", Quote(key.text), ": ", reader.left(), " of ",
                            claim->second.bytes, " bytes"));
    }
    if (!storages.emplace(key.text, contents).second)
      return Damaged(StrCat("storage ", Quote(key.text), " is listed twice"));
  }
  return storages;
}

}  // namespace

Result<std::vector<StoredTensor>> ReadPyTorchLegacy(std::span<const std::byte> bytes) {
  std::span<const std::byte> rest = bytes;
  FROND_RETURN_IF_ERROR(ReadPreamble(rest));
  FROND_ASSIGN(const Pickle object, NextPickle(rest));
  FROND_ASSIGN(const Pickle keys, NextPickle(rest));
  FROND_ASSIGN(const ClaimMap claims, CollectClaims(object));
  FROND_ASSIGN(const StorageMap storages, ReadStorages(keys, claims, rest));
  return CollectStateDict(object, storages);
}

}  // namespace frond
