#include "src/serve/core/protocol.h"

#include <algorithm>
#include <cmath>

#include "src/base/format.h"

namespace frond::serve {
namespace {

// Of one tensor.
constexpr int64_t kMostImages = 1024;

Error Wrong(const std::string& what) { return {ErrorCode::kInvalidArgument, what, ""}; }

}  // namespace

std::vector<int64_t> InputShape(const Model& model) {
  const Preprocessing& size = model.spec().preprocessing;
  return {-1, 3, size.height, size.width};
}

std::vector<int64_t> OutputShape(const Model& model) { return {-1, model.output_size()}; }

Status CheckInput(const std::string& name, const std::string& datatype, std::span<const int64_t> shape,
                  const Model& model, Work& work) {
  if (name != kInputName) return Wrong(StrCat("the input's name must be '", kInputName, "'"));
  if (datatype != kDatatype) return Wrong(StrCat("the input's datatype must be ", kDatatype));
  const std::vector<int64_t> wanted = InputShape(model);
  const bool fits = shape.size() == wanted.size() && shape[0] >= 1 && shape[0] <= kMostImages &&
                    std::equal(wanted.begin() + 1, wanted.end(), shape.begin() + 1);
  if (!fits) {
    return Wrong(StrCat("the input's shape must be [N,3,", wanted[2], ",", wanted[3], "], N from 1 to ", kMostImages));
  }
  work.count = static_cast<int>(shape[0]);
  work.height = static_cast<int>(shape[2]);
  work.width = static_cast<int>(shape[3]);
  return {};
}

size_t InputFloats(const Work& work) {
  return size_t{3} * static_cast<size_t>(work.count) * static_cast<size_t>(work.height) *
         static_cast<size_t>(work.width);
}

Status CheckFinite(std::span<const float> values) {
  if (std::ranges::all_of(values, [](float value) { return std::isfinite(value); })) return {};
  return Wrong("the input has a number that is not finite");
}

Clock::time_point DeadlineOf(std::chrono::microseconds most, std::optional<uint64_t> own_us) {
  const auto limit = static_cast<uint64_t>(most.count());
  return Clock::now() + std::chrono::microseconds(std::min(limit, own_us.value_or(limit)));
}

std::vector<std::string> VersionsOf(const Repository& models, const std::string& name) {
  std::vector<std::string> versions;
  for (const auto& model : models.All()) {
    if (model->entry.name == name) versions.push_back(model->entry.version);
  }
  return versions;
}

}  // namespace frond::serve
