#include "src/monitor/observed_photo.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "src/base/format.h"

namespace frond {
namespace {

constexpr size_t kLanes = 8;

Error Invalid(std::string message, std::string remedy) {
  return {ErrorCode::kInvalidArgument, std::move(message), std::move(remedy)};
}

// FNV-1a over the values' bits.
uint64_t Mixed(uint64_t key, std::span<const float> values) {
  for (const float value : values) {
    uint32_t bits = 0;
    std::memcpy(&bits, &value, sizeof(bits));
    key = (key ^ bits) * 0x100000001b3ULL;
  }
  return key;
}

}  // namespace

Result<DriftBasis> DriftBasis::Create(const TrainingReference* reference, std::span<const Task> tasks,
                                      std::span<const std::string> labels) {
  DriftBasis basis;
  basis.tasks_.assign(tasks.begin(), tasks.end());
  basis.names_.assign(labels.begin(), labels.end());
  for (const Task& task : tasks) {
    if (task.first != static_cast<int>(basis.label_count_) || task.classes < 1) {
      return Invalid(StrCat("task ", Quote(task.name), " has ", task.classes, " classes from ", task.first, " on"),
                     "let tasks follow each other");
    }
    basis.label_count_ += static_cast<size_t>(task.classes);
  }
  if (!labels.empty() && labels.size() != basis.label_count_) {
    return Invalid(StrCat(labels.size(), " labels for ", basis.label_count_, " classes"), "give one for each");
  }
  basis.key_ = 0xcbf29ce484222325ULL ^ basis.label_count_;
  if (reference == nullptr || reference->deviations.empty()) return basis;
  const size_t channels = reference->mean.size();
  const size_t directions = reference->deviations.size();
  if (reference->components.size() != channels * directions) {
    return Invalid(StrCat(reference->components.size(), " values of ", directions, " components of ", channels),
                   "give the model's own reference");
  }
  basis.directions_ = directions;
  basis.stride_ = (directions + kLanes - 1) / kLanes * kLanes;
  basis.mean_ = reference->mean;
  basis.deviations_ = reference->deviations;
  basis.rest_ = reference->rest;
  basis.components_.resize(channels * basis.stride_);
  for (size_t k = 0; k < directions; ++k) {
    for (size_t c = 0; c < channels; ++c) {
      basis.components_[c * basis.stride_ + k] = reference->components[k * channels + c];
    }
  }
  basis.key_ = Mixed(Mixed(basis.key_, reference->mean), reference->components);
  return basis;
}

Result<DriftBasis> DriftBasis::OfTraffic(uint64_t key, size_t directions, std::span<const Task> tasks,
                                         std::span<const std::string> labels) {
  FROND_ASSIGN(DriftBasis basis, Create(nullptr, tasks, labels));
  basis.directions_ = directions;
  basis.key_ = key;
  return basis;
}

std::string DriftBasis::LabelName(size_t label) const {
  return label < names_.size() ? names_[label] : StrCat("class ", label);
}

Status DriftBasis::Observe(const PhotoStatistics& statistics, std::span<const float> features,
                           std::span<const ObservedClass> classes, ObservedPhoto& photo) const {
  photo.statistics = statistics;
  photo.classes.assign(classes.begin(), classes.end());
  photo.projection.assign(dimensions(), 0);
  if (dimensions() == 0) return Check(photo);
  if (features.size() != channels() || features.empty()) {
    return Invalid(StrCat(features.size(), " features, the model has ", channels()), "give Session::Run's");
  }
  // In slices of so many directions, whose sums stay in registers.
  float squares = 0;
  for (size_t c = 0; c < features.size(); ++c) {
    const float value = features[c] - mean_[c];
    squares += value * value;
  }
  float within = 0;
  for (size_t begin = 0; begin < stride_; begin += kLanes) {
    float sums[kLanes] = {};
    for (size_t c = 0; c < features.size(); ++c) {
      const float value = features[c] - mean_[c];
      const float* row = components_.data() + c * stride_ + begin;
      for (size_t k = 0; k < kLanes; ++k) sums[k] += value * row[k];
    }
    for (size_t k = begin; k < std::min(directions_, begin + kLanes); ++k) {
      within += sums[k - begin] * sums[k - begin];
      photo.projection[k] = sums[k - begin] / deviations_[k];
    }
  }
  // What rounding makes negative is 0; what is no number stays so, and is refused.
  const float rest = squares - within;
  photo.projection[directions_] = rest < 0 ? 0 : std::sqrt(rest) / rest_;
  return Check(photo);
}

Status DriftBasis::Check(const ObservedPhoto& photo) const {
  if (photo.projection.size() != dimensions()) {
    return Invalid(StrCat("a projection of ", photo.projection.size(), " values, not ", dimensions()),
                   "observe with the model's own basis");
  }
  const auto wrong = std::ranges::find_if(photo.projection, [](float value) { return !std::isfinite(value); });
  if (wrong != photo.projection.end()) return Invalid(StrCat("features project to ", *wrong), "give finite ones");
  for (size_t i = 0; i < kPhotoStatistics; ++i) {
    const auto statistic = static_cast<PhotoStatistic>(i);
    const float value = photo.statistics[i];
    const bool may_be_unknown = statistic == PhotoStatistic::kSize || statistic == PhotoStatistic::kAspect;
    if (std::isfinite(value) || (may_be_unknown && std::isnan(value))) continue;
    return Invalid(StrCat("a photo's ", PhotoStatisticName(statistic), " is ", value), "give MeasurePhoto's");
  }
  if (photo.classes.size() != tasks_.size()) {
    return Invalid(StrCat(photo.classes.size(), " classes for ", tasks_.size(), " tasks"), "give one for each task");
  }
  for (size_t t = 0; t < tasks_.size(); ++t) {
    const auto [label, confidence] = photo.classes[t];
    if (label < tasks_[t].first || label >= tasks_[t].first + tasks_[t].classes) {
      return Invalid(StrCat("label ", label, " is none of task ", t), "give an index among the classes of all tasks");
    }
    if (!(confidence >= 0 && confidence <= 1)) {
      return Invalid(StrCat("a confidence of ", confidence), "give a probability, 0 to 1");
    }
  }
  return {};
}

}  // namespace frond
