#include <algorithm>
#include <utility>

#include "src/base/format.h"
#include "src/weights/convert_bytes.h"
#include "src/weights/safetensors_header.h"
#include "src/weights/tensor_file.h"

namespace frond {
namespace {

constexpr uint64_t kMaxHeaderBytes = 100'000'000;  // the reference implementation's own limit
constexpr const char* kDamaged = "the file is truncated or damaged: copy or download it again";

Error Bad(std::string message) { return Error{ErrorCode::kBadFormat, std::move(message), kDamaged}; }

// dtypes of the format for which frond has no use; anything else is damage.
bool IsForeignDType(const std::string& name) {
  for (const char* known : {"U16", "U32", "U64", "F8_E4M3", "F8_E5M2", "F8_E8M0", "F6_E2M3", "F6_E3M2", "F4", "C64"}) {
    if (name == known) return true;
  }
  return false;
}

Result<StoredTensor> MakeTensor(const SafetensorsEntry& entry, std::span<const std::byte> data) {
  const auto in_tensor = [&](const auto&... what) { return Bad(StrCat("tensor ", Quote(entry.name), ": ", what...)); };
  const std::optional<DType> dtype = DTypeFromName(entry.dtype);
  if (!dtype) {
    if (!IsForeignDType(entry.dtype)) return in_tensor("unknown dtype ", Quote(entry.dtype));
    return Error{ErrorCode::kUnsupported, StrCat("tensor ", Quote(entry.name), " has dtype ", entry.dtype),
                 "convert it to F32, F16 or BF16 before saving"};
  }
  if (entry.begin > entry.end) return in_tensor("data_offsets run backwards: ", entry.begin, " to ", entry.end);
  if (entry.end > data.size()) {
    return in_tensor("data_offsets end at ", entry.end, ", but the file holds ", data.size(), " bytes of data");
  }
  const std::optional<int64_t> count = ElementCount(entry.shape);
  if (!count) return in_tensor("shape ", ToString(entry.shape), " is too large");
  const uint64_t wanted = static_cast<uint64_t>(*count) * SizeOf(*dtype);  // count <= 2^48: no overflow
  if (wanted != entry.end - entry.begin) {
    return in_tensor("shape ", ToString(entry.shape), " of ", entry.dtype, " wants ", wanted,
                     " bytes, data_offsets give ", entry.end - entry.begin);
  }
  StoredTensor tensor{entry.name, *dtype, entry.shape, Shape(entry.shape.size()), {}};
  int64_t stride = 1;
  for (size_t d = entry.shape.size(); d-- > 0;) {
    tensor.strides[d] = stride;
    stride *= std::max<int64_t>(entry.shape[d], 1);
    // A zero extent hides the others from ElementCount's bound; nothing is read through such strides.
    if (*count == 0) stride = 1;
  }
  tensor.bytes = data.subspan(static_cast<size_t>(entry.begin), static_cast<size_t>(wanted));
  return tensor;
}

// The format forbids holes and overlaps: they hide data and can alias tensors.
Status CheckCoverage(const SafetensorsHeader& header, size_t data_bytes) {
  std::vector<const SafetensorsEntry*> order;
  for (const SafetensorsEntry& entry : header.entries) order.push_back(&entry);
  std::sort(order.begin(), order.end(),
            [](const auto* a, const auto* b) { return std::pair(a->begin, a->end) < std::pair(b->begin, b->end); });
  uint64_t covered = 0;
  for (const SafetensorsEntry* entry : order) {
    if (entry->begin < covered) return Bad(StrCat("tensor ", Quote(entry->name), " overlaps the one before it"));
    if (entry->begin > covered) {
      return Bad(StrCat("hole of ", entry->begin - covered, " bytes before tensor ", Quote(entry->name)));
    }
    covered = entry->end;
  }
  if (covered != data_bytes) return Bad(StrCat(data_bytes - covered, " bytes after the last tensor belong to none"));
  return {};
}

}  // namespace

Result<TensorFile> ReadSafetensors(std::span<const std::byte> bytes, std::shared_ptr<const void> storage) {
  if (bytes.size() < 8) return Bad(StrCat("a safetensors file has at least 8 bytes, this one ", bytes.size()));
  const auto header_bytes = LoadLittle<uint64_t>(bytes.data());
  if (header_bytes > kMaxHeaderBytes) {
    return Error{ErrorCode::kLimit, StrCat("header of ", header_bytes, " bytes exceeds the format's 100000000"),
                 kDamaged};
  }
  if (header_bytes > bytes.size() - 8) {
    return Bad(StrCat("header of ", header_bytes, " bytes does not fit in a file of ", bytes.size()));
  }
  const std::string_view json = AsText(bytes.subspan(8, static_cast<size_t>(header_bytes)));
  if (!json.starts_with('{')) return Bad("the header does not begin with '{'");
  FROND_ASSIGN(SafetensorsHeader header, ParseSafetensorsHeader(json));

  const std::span<const std::byte> data = bytes.subspan(8 + static_cast<size_t>(header_bytes));
  TensorFile file;
  file.format = "safetensors";
  file.storage = std::move(storage);
  file.tensors.reserve(header.entries.size());
  for (const SafetensorsEntry& entry : header.entries) {
    FROND_ASSIGN(StoredTensor tensor, MakeTensor(entry, data));
    file.tensors.push_back(std::move(tensor));
  }
  FROND_RETURN_IF_ERROR(CheckCoverage(header, data.size()));
  file.metadata = std::move(header.metadata);
  return file;
}

}  // namespace frond
