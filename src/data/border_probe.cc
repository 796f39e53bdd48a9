#include "src/data/border_probe.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "src/data/linear_discriminant.h"
#include "src/data/natural_order.h"

namespace frond {
namespace {

constexpr int kFolds = 5;
constexpr size_t kMostPhotos = 20'000;

// Photos of each class in natural order of their paths, in which a burst's photos follow each other.
std::vector<std::vector<size_t>> ReadableByClass(const Dataset& dataset, size_t task, std::span<const Look> looks) {
  std::vector<std::vector<size_t>> by_class(static_cast<size_t>(dataset.tasks[task].classes));
  const auto usable = [&](size_t i) { return !looks[i].error && dataset.samples[i].labels[task] != kNoLabel; };
  size_t readable = 0;
  for (size_t i = 0; i < looks.size(); ++i) readable += usable(i) ? 1 : 0;
  const size_t step = std::max<size_t>(1, (readable + kMostPhotos - 1) / kMostPhotos);
  size_t seen = 0;
  for (size_t i = 0; i < looks.size(); ++i) {
    if (!usable(i) || seen++ % step != 0) continue;
    by_class[static_cast<size_t>(dataset.samples[i].labels[task] - dataset.tasks[task].first)].push_back(i);
  }
  for (std::vector<size_t>& photos : by_class) {
    std::sort(photos.begin(), photos.end(),
              [&](size_t a, size_t b) { return NaturalLess(dataset.samples[a].path, dataset.samples[b].path); });
  }
  return by_class;
}

}  // namespace

bool BorderProbe::TellsClass() const {
  if (photos < 20) return false;
  const double error = std::sqrt(majority * (1 - majority) / photos);
  return accuracy - majority > std::max(0.1, 3 * error);
}

BorderProbe ProbeBorder(const Dataset& dataset, size_t task, std::span<const Look> looks) {
  BorderProbe probe;
  std::vector<float> features;
  std::vector<int> labels;
  std::vector<int> folds;
  std::map<std::string, int> fold_of;  // by group
  size_t largest = 0;
  for (const std::vector<size_t>& photos : ReadableByClass(dataset, task, looks)) {
    largest = std::max(largest, photos.size());
    for (size_t k = 0; k < photos.size(); ++k) {
      const Sample& sample = dataset.samples[photos[k]];
      int fold = static_cast<int>(k * kFolds / photos.size());
      if (!sample.group.empty()) fold = fold_of.try_emplace(sample.group, fold).first->second;
      features.insert(features.end(), looks[photos[k]].border.begin(), looks[photos[k]].border.end());
      labels.push_back(sample.labels[task] - dataset.tasks[task].first);
      folds.push_back(fold);
    }
  }
  if (labels.empty()) return probe;
  const std::vector<int> given =
      CrossValidatedClasses({features, kBorderFeatures, labels, folds, dataset.tasks[task].classes, kFolds});
  int right = 0;
  for (size_t n = 0; n < labels.size(); ++n) right += given[n] == labels[n] ? 1 : 0;
  probe.photos = static_cast<int>(labels.size());
  probe.accuracy = static_cast<double>(right) / probe.photos;
  probe.majority = static_cast<double>(largest) / probe.photos;
  return probe;
}

}  // namespace frond
