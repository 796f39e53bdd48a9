#include "src/monitor/drift_reference.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "src/base/format.h"
#include "src/monitor/significance.h"
#include "src/monitor/traffic_summary.h"

namespace frond {
namespace {

// The first ones, which are always known, are compared together too.
constexpr size_t kTogether = static_cast<size_t>(PhotoStatistic::kSize);
// The rest of the features counts as so many of their directions.
constexpr float kRestDirections = 4;
// Statistics vary at least so much, as bytes and noise do, however alike the reference's photos are.
constexpr float kLeastDeviation = 0.005F;

std::string KindOf(const Task& task, const char* what) {
  return task.name.empty() ? StrCat("predictions.", what) : StrCat("predictions.", task.name, ".", what);
}

DriftColumn ColumnOf(std::string kind, std::vector<float> values) {
  DriftColumn column;
  column.kind = std::move(kind);
  std::erase_if(values, [](float value) { return std::isnan(value); });
  std::ranges::sort(values);
  column.count = static_cast<double>(values.size());
  for (size_t i = 0; i < values.size(); ++i) {
    column.mean += values[i] / column.count;
    if (!column.values.empty() && column.values.back() == values[i])
      column.below.pop_back();
    else
      column.values.push_back(values[i]);
    column.below.push_back(static_cast<float>(static_cast<double>(i + 1) / column.count));
  }
  return column;
}

// (mean, deviation) of values.
std::pair<float, float> Moments(std::span<const float> values) {
  double sum = 0;
  double squares = 0;
  for (const float value : values) sum += value;
  const double mean = sum / static_cast<double>(values.size());
  for (const float value : values) squares += (value - mean) * (value - mean);
  return {static_cast<float>(mean), static_cast<float>(std::sqrt(squares / static_cast<double>(values.size())))};
}

}  // namespace

Result<std::shared_ptr<const DriftReference>> DriftReference::FromTraining(const TrainingReference& reference,
                                                                           const DriftBasis& basis) {
  std::vector<size_t> from;  // of each statistic its column
  for (size_t i = 0; i < kPhotoStatistics; ++i) {
    const auto name = PhotoStatisticName(static_cast<PhotoStatistic>(i));
    const auto found = std::ranges::find(reference.statistic_names, name);
    if (found == reference.statistic_names.end()) {
      return Error{ErrorCode::kUnsupported, StrCat("the model's reference has no statistic ", name),
                   "train it again with this version"};
    }
    from.push_back(static_cast<size_t>(found - reference.statistic_names.begin()));
  }
  const size_t dimensions = basis.dimensions();
  const size_t tasks = basis.tasks().size();
  const size_t photos = reference.photos;
  if (photos < 2 || reference.projections.size() != photos * dimensions ||
      reference.confidences.size() != photos * tasks || reference.class_shares.size() != basis.labels() ||
      reference.class_errors.size() != basis.labels() ||
      reference.photo_statistics.size() != photos * reference.statistic_names.size()) {
    return Error{ErrorCode::kInvalidArgument, StrCat("a reference of ", photos, " photos that is not of this basis"),
                 "give both of one model"};
  }
  std::vector<ObservedPhoto> sample(photos);
  for (size_t n = 0; n < photos; ++n) {
    for (size_t i = 0; i < kPhotoStatistics; ++i) {
      sample[n].statistics[i] = reference.photo_statistics[n * reference.statistic_names.size() + from[i]];
    }
    const float* row = reference.projections.data() + n * dimensions;
    sample[n].projection.assign(row, row + dimensions);
    for (size_t t = 0; t < tasks; ++t) {
      sample[n].classes.push_back({basis.tasks()[t].first, reference.confidences[n * tasks + t]});
    }
    FROND_RETURN_IF_ERROR(basis.Check(sample[n]));
  }
  std::shared_ptr<DriftReference> made(new DriftReference(basis, "training"));
  made->count_ = static_cast<double>(photos);
  made->Fill(sample, reference.held_out);
  for (const Task& task : basis.tasks()) {
    const std::span<const float> shares = task.Of(std::span<const float>(reference.class_shares));
    const std::span<const float> errors = task.Of(std::span<const float>(reference.class_errors));
    made->class_mixes_.push_back(
        {KindOf(task, "classes"), task, {shares.begin(), shares.end()}, {errors.begin(), errors.end()}});
  }
  return std::shared_ptr<const DriftReference>(std::move(made));
}

Status CheckTraffic(const TrafficSummary& summary, const DriftBasis& basis, const std::string& name) {
  if (summary.key() != basis.key()) {
    return Error{ErrorCode::kMismatch, StrCat("traffic of ", name, " was seen by another model"),
                 "compare what one model saw"};
  }
  if (summary.sample().size() < TrafficSummary::kLeastPhotos) {
    return Error{ErrorCode::kInvalidArgument, StrCat("traffic of ", summary.sample().size(), " photos of ", name),
                 StrCat("take days of ", TrafficSummary::kLeastPhotos, " photos in all, or more")};
  }
  for (const ObservedPhoto& photo : summary.sample()) FROND_RETURN_IF_ERROR(basis.Check(photo));
  return {};
}

Result<std::shared_ptr<const DriftReference>> DriftReference::FromTraffic(const TrafficSummary& summary,
                                                                          const DriftBasis& basis, std::string name) {
  FROND_RETURN_IF_ERROR(CheckTraffic(summary, basis, name));
  std::shared_ptr<DriftReference> made(new DriftReference(basis, std::move(name)));
  made->count_ = EffectiveCount(static_cast<double>(summary.sample().size()), kPhotoCorrelation);
  made->Fill(summary.sample(), true);
  const auto total = static_cast<double>(summary.photos());
  const double apart = EffectiveCount(total, kClassCorrelation);
  for (const Task& task : basis.tasks()) {
    ClassMix mix{KindOf(task, "classes"), task, {}, {}};
    for (const uint64_t count : task.Of(std::span<const uint64_t>(summary.class_counts()))) {
      const double share = (static_cast<double>(count) + 0.5) / (total + 0.5 * task.classes);
      mix.shares.push_back(static_cast<float>(share));
      mix.errors.push_back(static_cast<float>(std::sqrt(share * (1 - share) / apart)));
    }
    made->class_mixes_.push_back(std::move(mix));
  }
  return std::shared_ptr<const DriftReference>(std::move(made));
}

void DriftReference::Fill(std::span<const ObservedPhoto> photos, bool trusted) {
  trusted_ = trusted;
  const auto column = [&](std::string kind, const auto& value_of) {
    std::vector<float> values;
    for (const ObservedPhoto& photo : photos) values.push_back(value_of(photo));
    columns_.push_back(ColumnOf(std::move(kind), values));
    return values;
  };
  for (size_t i = 0; i < kPhotoStatistics; ++i) {
    const std::vector<float> values = column(StrCat("input.", PhotoStatisticName(static_cast<PhotoStatistic>(i))),
                                             [i](const ObservedPhoto& photo) { return photo.statistics[i]; });
    if (i >= kTogether) continue;
    const auto [mean, deviation] = Moments(values);
    input_centre_.push_back(mean);
    input_scale_.push_back(1 / std::max(deviation, kLeastDeviation));
  }
  std::vector<float> point;
  const auto points = [&](auto place) {
    std::vector<float> all;
    for (const ObservedPhoto& photo : photos) {
      (this->*place)(photo, point);
      all.insert(all.end(), point.begin(), point.end());
    }
    return all;
  };
  inputs_.emplace(points(&DriftReference::InputPoint), kTogether);
  if (!trusted) return;
  for (size_t t = 0; t < basis_.tasks().size(); ++t) {
    column(KindOf(basis_.tasks()[t], "confidence"),
           [t](const ObservedPhoto& photo) { return photo.classes[t].confidence; });
  }
  if (basis_.dimensions() == 0) return;
  std::vector<float> rests;
  for (const ObservedPhoto& photo : photos) rests.push_back(photo.projection.back());
  const auto [mean, deviation] = Moments(rests);
  rest_centre_ = mean;
  rest_scale_ = std::sqrt(kRestDirections) / std::max(deviation, kLeastDeviation);
  features_.emplace(points(&DriftReference::FeaturePoint), basis_.dimensions());
  columns_.push_back({"features.distance", {}, {}, 0, 0});
  std::vector<float> values(columns_.size());
  std::vector<float> distances;
  for (const ObservedPhoto& photo : photos) {
    ValuesOf(photo, values);
    distances.push_back(values.back());
  }
  columns_.back() = ColumnOf("features.distance", distances);
}

void DriftReference::ValuesOf(const ObservedPhoto& photo, std::span<float> values) const {
  size_t next = 0;
  for (const float statistic : photo.statistics) values[next++] = statistic;
  if (!trusted_) return;
  for (const ObservedClass& seen : photo.classes) values[next++] = seen.confidence;
  if (!features_) return;
  // Mahalanobis' distance, squared: in the basis, and outside of it the rest as if it had as many directions again, all
  // of one variance (Tipping & Bishop 1999).
  const auto directions = static_cast<float>(basis_.directions());
  float squares = directions * photo.projection.back() * photo.projection.back();
  for (size_t k = 0; k < basis_.directions(); ++k) squares += photo.projection[k] * photo.projection[k];
  values[next] = squares / (2 * directions);
}

void DriftReference::InputPoint(const ObservedPhoto& photo, std::vector<float>& point) const {
  point.resize(kTogether);
  for (size_t i = 0; i < kTogether; ++i) point[i] = (photo.statistics[i] - input_centre_[i]) * input_scale_[i];
}

void DriftReference::FeaturePoint(const ObservedPhoto& photo, std::vector<float>& point) const {
  point = photo.projection;
  point.back() = (point.back() - rest_centre_) * rest_scale_;
}

}  // namespace frond
