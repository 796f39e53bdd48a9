// What the trainer leaves in a model file, from photos that it observed.

#include <algorithm>
#include <cmath>

#include "src/base/format.h"
#include "src/monitor/drift_reference.h"
#include "src/monitor/eigen.h"

namespace frond {
namespace {

constexpr size_t kMostDirections = 32;
constexpr size_t kPhotosADirection = 4;
constexpr size_t kLeastPhotos = 8;

Error Invalid(std::string message, std::string remedy) {
  return {ErrorCode::kInvalidArgument, std::move(message), std::move(remedy)};
}

Status CheckPhotos(std::span<const TrainingPhoto> photos, size_t channels, std::span<const Task> tasks) {
  if (photos.size() < kLeastPhotos) {
    return Invalid(StrCat("a reference of ", photos.size(), " photos"), StrCat("give ", kLeastPhotos, " at least"));
  }
  for (const TrainingPhoto& photo : photos) {
    if (photo.features.size() != channels || photo.classes.size() != tasks.size() ||
        photo.truth.size() != tasks.size()) {
      return Invalid("photos of a reference disagree in length", "observe all of them with one model");
    }
    if (!std::ranges::all_of(photo.features, [](float value) { return std::isfinite(value); })) {
      return Invalid("a feature of a reference is not finite", "train again with a lower rate");
    }
  }
  return {};
}

// Mean, components, deviations and rest.
void FindBasis(std::span<const TrainingPhoto> photos, TrainingReference& reference) {
  const size_t n = photos.size();
  const size_t channels = photos.front().features.size();
  std::vector<double> mean(channels);
  for (const TrainingPhoto& photo : photos) {
    for (size_t c = 0; c < channels; ++c) mean[c] += photo.features[c] / static_cast<double>(n);
  }
  reference.mean.assign(mean.begin(), mean.end());
  std::vector<float> centred(n * channels);
  for (size_t i = 0; i < n; ++i) {
    for (size_t c = 0; c < channels; ++c) centred[i * channels + c] = photos[i].features[c] - reference.mean[c];
  }
  // Photos are fewer than channels: their products have the same eigenvalues as the covariance.
  std::vector<double> products(n * n);
  double trace = 0;
  for (size_t i = 0; i < n; ++i) {
    for (size_t j = 0; j <= i; ++j) {
      double sum = 0;
      for (size_t c = 0; c < channels; ++c) sum += centred[i * channels + c] * centred[j * channels + c];
      products[i * n + j] = products[j * n + i] = sum / static_cast<double>(n);
    }
    trace += products[i * n + i];
  }
  const size_t count = std::clamp<size_t>(n / kPhotosADirection, 1, kMostDirections);
  const Eigenpairs pairs = LargestEigenpairs(products, n, count);
  double left = trace;
  std::vector<double> direction(channels);
  for (size_t k = 0; k < pairs.values.size(); ++k) {
    if (k > 0 && pairs.values[k] <= 1e-6 * trace) break;
    std::ranges::fill(direction, 0.0);
    for (size_t i = 0; i < n; ++i) {
      for (size_t c = 0; c < channels; ++c) direction[c] += pairs.vectors[k * n + i] * centred[i * channels + c];
    }
    double length = 0;
    for (const double value : direction) length += value * value;
    length = std::sqrt(std::max(length, 1e-30));
    for (const double value : direction) reference.components.push_back(static_cast<float>(value / length));
    reference.deviations.push_back(static_cast<float>(std::sqrt(std::max(pairs.values[k], 1e-12))));
    left -= pairs.values[k];
  }
  reference.rest = static_cast<float>(std::sqrt(std::max(left, 1e-6 * trace + 1e-12)));
}

// Shares and errors of one task's classes, from how photos of each class are called.
void FindShares(std::span<const TrainingPhoto> photos, size_t t, const Task& task, TrainingReference& reference) {
  const auto classes = static_cast<size_t>(task.classes);
  const auto at = [&](int label) { return static_cast<size_t>(label - task.first); };
  std::vector<double> calls(classes * classes);  // truth x called
  std::vector<double> truths(classes);
  double known = 0;
  for (const TrainingPhoto& photo : photos) {
    if (photo.truth[t] < task.first || photo.truth[t] >= task.first + task.classes) continue;
    calls[at(photo.truth[t]) * classes + at(photo.classes[t].label)] += 1;
    truths[at(photo.truth[t])] += 1;
    known += 1;
  }
  for (size_t k = 0; k < classes; ++k) {
    double share = 0;
    double variance = 0;
    for (size_t y = 0; y < classes && known > 0; ++y) {
      if (truths[y] == 0) continue;
      const double weight = truths[y] / known;
      // Half a photo more either way: none of twenty is not never.
      const double called = (calls[y * classes + k] + 0.5) / (truths[y] + 1);
      share += weight * calls[y * classes + k] / truths[y];
      variance += weight * weight * called * (1 - called) / truths[y];
    }
    const double least = 0.5 / (known + 1);
    reference.class_shares.push_back(static_cast<float>(std::clamp(share, least, 1 - least)));
    reference.class_errors.push_back(static_cast<float>(std::sqrt(std::max(variance, least * least))));
  }
}

}  // namespace

Result<TrainingReference> BuildTrainingReference(std::span<const TrainingPhoto> training,
                                                 std::span<const TrainingPhoto> held_out, std::span<const Task> tasks) {
  const size_t channels = training.empty() ? 0 : training.front().features.size();
  FROND_RETURN_IF_ERROR(CheckPhotos(training, channels, tasks));
  TrainingReference reference;
  reference.held_out = !held_out.empty();
  const std::span<const TrainingPhoto> sample = held_out.empty() ? training : held_out;
  FROND_RETURN_IF_ERROR(CheckPhotos(sample, channels, tasks));
  FindBasis(training, reference);
  FROND_ASSIGN(const DriftBasis basis, DriftBasis::Create(&reference, tasks, {}));
  for (size_t i = 0; i < kPhotoStatistics; ++i) {
    reference.statistic_names.emplace_back(PhotoStatisticName(static_cast<PhotoStatistic>(i)));
  }
  reference.photos = sample.size();
  ObservedPhoto seen;
  for (const TrainingPhoto& photo : sample) {
    FROND_RETURN_IF_ERROR(basis.Observe(photo.statistics, photo.features, photo.classes, seen));
    reference.photo_statistics.insert(reference.photo_statistics.end(), seen.statistics.begin(), seen.statistics.end());
    reference.projections.insert(reference.projections.end(), seen.projection.begin(), seen.projection.end());
    for (const ObservedClass& one : seen.classes) reference.confidences.push_back(one.confidence);
  }
  for (size_t t = 0; t < tasks.size(); ++t) FindShares(sample, t, tasks[t], reference);
  return reference;
}

}  // namespace frond
