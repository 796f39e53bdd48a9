#include <nlohmann/json.hpp>
#include <unordered_set>

#include "src/base/format.h"
#include "src/base/write_file.h"
#include "src/weights/convert_bytes.h"
#include "src/weights/tensor_file.h"

namespace frond {
namespace {

// 64 bytes: a cache line, and the widest vector register, so that mapped
// tensors whose sizes are multiples of 16 floats can be loaded aligned.
constexpr size_t kAlignment = 64;

Error Invalid(std::string message) {
  return Error{ErrorCode::kInvalidArgument, std::move(message),
               "give each tensor a unique UTF-8 name and its full data"};
}

Status CheckTensor(const TensorToWrite& tensor) {
  if (tensor.name == "__metadata__" || !IsCleanUtf8(tensor.name) || tensor.name.size() > 1024) {
    return Invalid(StrCat("tensor name ", Quote(tensor.name), " cannot be written"));
  }
  const std::optional<int64_t> count = ElementCount(tensor.shape);
  if (!count || static_cast<uint64_t>(*count) != tensor.values.size()) {
    return Invalid(StrCat("tensor ", Quote(tensor.name), " of shape ", ToString(tensor.shape), " comes with ",
                          tensor.values.size(), " values"));
  }
  return {};
}

}  // namespace

Status WriteSafetensors(const std::string& path, const std::vector<TensorToWrite>& tensors,
                        const std::map<std::string, std::string>& metadata) {
  std::vector<std::span<const std::byte>> parts(1);  // the first is the header's place
  std::unordered_set<std::string> names;
  nlohmann::ordered_json header = nlohmann::ordered_json::object();
  std::string text(8, '\0');
  try {
    if (!metadata.empty()) header["__metadata__"] = metadata;
    uint64_t begin = 0;
    for (const TensorToWrite& tensor : tensors) {
      FROND_RETURN_IF_ERROR(CheckTensor(tensor));
      if (!names.insert(tensor.name).second) return Invalid(StrCat("tensor ", Quote(tensor.name), " is given twice"));
      const uint64_t end = begin + tensor.values.size_bytes();
      // push_back on the underlying vector: ordered_json's operator[] searches linearly.
      nlohmann::ordered_json row = {{"dtype", "F32"}, {"shape", tensor.shape}, {"data_offsets", {begin, end}}};
      header.get_ref<nlohmann::ordered_json::object_t&>().push_back({tensor.name, std::move(row)});
      parts.push_back(std::as_bytes(tensor.values));
      begin = end;
    }
    text += header.dump();
  } catch (const nlohmann::json::exception&) {  // the library's edge: metadata that is not UTF-8
    return Invalid("a metadata key or value is not UTF-8");
  }
  text.resize((text.size() + kAlignment - 1) / kAlignment * kAlignment, ' ');
  const uint64_t header_bytes = text.size() - 8;
  std::memcpy(text.data(), &header_bytes, sizeof(header_bytes));
  parts[0] = std::as_bytes(std::span<const char>(text));
  return WriteFileAtomically(path, parts);
}

}  // namespace frond
