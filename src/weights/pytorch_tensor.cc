#include <utility>

#include "src/base/format.h"
#include "src/weights/convert_bytes.h"
#include "src/weights/pytorch.h"

namespace frond {
namespace {

constexpr size_t kMaxRank = 16;
// An expanded tensor has more elements than its storage, so the file's size does
// not bound it: 2^26 (256 MiB of float32) is far above any layer of the family.
constexpr uint64_t kMaxExpandedElements = uint64_t{1} << 26;

Error Bad(std::string message) {
  return Error{ErrorCode::kBadFormat, std::move(message), "the file is damaged: copy or download it again"};
}

// A tuple of non-negative integers, as sizes and strides are.
Result<Shape> ReadExtents(const Pickle& pickle, const PickleValue& tuple, const char* what) {
  if (tuple.children.size() > kMaxRank) return Bad(StrCat("tensor with ", tuple.children.size(), " dimensions"));
  Shape extents;
  for (const uint32_t index : tuple.children) {
    const PickleValue& value = pickle.values[index];
    if (value.kind != PickleKind::kInt) return Bad(StrCat("tensor with a ", what, " that is no 64-bit integer"));
    if (value.integer < 0) return Bad(StrCat("tensor with a negative ", what, ": ", value.integer));
    extents.push_back(value.integer);
  }
  return extents;
}

// The part of a root storage that a legacy view (key, offset, size) names; the
// whole where there is no view. Counts are in elements of the storage's type.
Result<std::span<const std::byte>> FollowView(const Pickle& pickle, const PickleValue& storage,
                                              const StorageClaim& claim, std::span<const std::byte> root) {
  if (storage.children.size() < 5 || pickle.Child(storage, 4).kind == PickleKind::kNone) return root;
  const PickleValue& view = pickle.Child(storage, 4);
  if (view.kind != PickleKind::kTuple || view.children.size() != 3 || pickle.Child(view, 1).kind != PickleKind::kInt ||
      pickle.Child(view, 2).kind != PickleKind::kInt) {
    return Bad("a storage view that is no (key, offset, size)");
  }
  const int64_t offset = pickle.Child(view, 1).integer;
  const int64_t size = pickle.Child(view, 2).integer;
  const uint64_t held = root.size() / claim.element_bytes;
  if (offset < 0 || size < 0 || static_cast<uint64_t>(offset) > held ||
      static_cast<uint64_t>(size) > held - static_cast<uint64_t>(offset)) {
    return Bad(StrCat("storage view at ", offset, " of ", size, " elements lies outside its ", held));
  }
  return root.subspan(static_cast<size_t>(offset) * claim.element_bytes,
                      static_cast<size_t>(size) * claim.element_bytes);
}

// One past the last element that the strides reach, counted from the storage's
// start; nothing if the arithmetic leaves 64 bits. All extents are positive.
std::optional<uint64_t> Reach(uint64_t offset, const Shape& shape, const Shape& strides) {
  std::optional<uint64_t> last = offset;
  for (size_t d = 0; d < shape.size(); ++d) {
    const auto step = CheckedMul(static_cast<uint64_t>(shape[d] - 1), static_cast<uint64_t>(strides[d]));
    if (!step) return std::nullopt;
    last = CheckedAdd(*last, *step);
    if (!last) return std::nullopt;
  }
  return CheckedAdd(*last, 1);
}

// v2 takes the element type from the storage; v3, which torch writes for the
// types that have no storage class of their own, from its seventh argument.
Result<DType> ReadDType(const Pickle& pickle, const PickleValue& tensor, const StorageClaim& claim) {
  std::optional<DType> dtype = claim.dtype;
  std::string_view name = "an untyped storage";
  if (tensor.global == PickleGlobal::kRebuildTensorV3) {
    const PickleValue& argument = pickle.Child(tensor, 6);
    if (argument.kind != PickleKind::kGlobal || argument.global != PickleGlobal::kDType)
      return Bad("a tensor whose type is no dtype");
    name = argument.text;
    dtype = DTypeOfPickleGlobal(name);
  }
  if (dtype) return *dtype;
  return Error{ErrorCode::kUnsupported, StrCat("element type ", name, " is not read"),
               "convert it to float32 before saving"};
}

}  // namespace

Result<StorageClaim> ReadStorageClaim(const Pickle& pickle, const PickleValue& storage) {
  const PickleValue& type = pickle.Child(storage, 0);
  const int64_t count = pickle.Child(storage, 3).integer;
  StorageClaim claim;
  claim.key = pickle.Child(storage, 1).text;
  if (type.global == PickleGlobal::kTypedStorage) claim.dtype = DTypeOfPickleGlobal(type.text);
  if (claim.dtype) claim.element_bytes = SizeOf(*claim.dtype);
  const auto bytes = CheckedMul(static_cast<uint64_t>(count), claim.element_bytes);
  if (count < 0 || !bytes) return Bad(StrCat("storage ", Quote(claim.key), " claims ", count, " elements"));
  claim.bytes = *bytes;
  return claim;
}

Result<StoredTensor> ResolveTensor(const Pickle& pickle, const PickleValue& tensor, const StorageMap& storages) {
  const PickleValue& storage = pickle.Child(tensor, 0);
  FROND_ASSIGN(const StorageClaim claim, ReadStorageClaim(pickle, storage));
  const auto root = storages.find(claim.key);
  if (root == storages.end()) return Bad(StrCat("storage ", Quote(claim.key), " is missing"));
  FROND_ASSIGN(const auto held, FollowView(pickle, storage, claim, root->second));

  StoredTensor out;
  FROND_ASSIGN(out.dtype, ReadDType(pickle, tensor, claim));
  FROND_ASSIGN(out.shape, ReadExtents(pickle, pickle.Child(tensor, 2), "size"));
  FROND_ASSIGN(out.strides, ReadExtents(pickle, pickle.Child(tensor, 3), "stride"));
  const int64_t offset = pickle.Child(tensor, 1).integer;
  if (out.shape.size() != out.strides.size())
    return Bad(StrCat("tensor with ", out.shape.size(), " sizes but ", out.strides.size(), " strides"));
  if (offset < 0) return Bad(StrCat("tensor with a negative offset: ", offset));
  const std::optional<int64_t> count = ElementCount(out.shape);
  if (!count) return Bad(StrCat("tensor of shape ", ToString(out.shape), " is too large"));
  if (*count == 0) return out;

  const uint64_t held_elements = held.size() / SizeOf(out.dtype);
  const std::optional<uint64_t> reach = Reach(static_cast<uint64_t>(offset), out.shape, out.strides);
  if (!reach || *reach > held_elements) {
    return Bad(StrCat("tensor of shape ", ToString(out.shape), " at offset ", offset,
                      " reaches outside its storage of ", held_elements, " elements"));
  }
  if (static_cast<uint64_t>(*count) > held_elements && static_cast<uint64_t>(*count) > kMaxExpandedElements) {
    return Error{ErrorCode::kLimit,
                 StrCat("tensor of shape ", ToString(out.shape), " is expanded from ", held_elements, " elements"),
                 "save it with .contiguous()"};
  }
  const size_t first = static_cast<size_t>(offset) * SizeOf(out.dtype);
  out.bytes = held.subspan(first, static_cast<size_t>(*reach) * SizeOf(out.dtype) - first);
  return out;
}

}  // namespace frond
