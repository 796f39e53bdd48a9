#include "src/data/audit.h"

#include <algorithm>

#include "src/data/audit_warnings.h"
#include "src/data/border_probe.h"
#include "src/data/duplicates.h"
#include "src/data/look.h"
#include "src/data/resize_advice.h"

namespace frond {
namespace {

void CountClasses(const Dataset& dataset, std::span<const Look> looks, Audit& audit) {
  for (size_t c = 0; c < dataset.labels.size(); ++c) audit.classes.push_back({dataset.ClassName(c), {}});
  for (size_t i = 0; i < looks.size(); ++i) {
    const Sample& sample = dataset.samples[i];
    if (looks[i].error) {
      audit.unreadable.push_back({i, *looks[i].error});
      continue;
    }
    ++audit.readable[static_cast<size_t>(sample.split)];
    for (const int label : sample.labels) {
      if (label != kNoLabel) ++audit.classes[static_cast<size_t>(label)].photos[static_cast<size_t>(sample.split)];
    }
  }
}

// Largest by smallest of the classes that have photos in train; 1 where none has.
double Imbalance(std::span<const AuditedClass> classes) {
  int smallest = 0;
  int largest = 0;
  for (const AuditedClass& one : classes) {
    largest = std::max(largest, one.photos[0]);
    if (one.photos[0] > 0) smallest = smallest == 0 ? one.photos[0] : std::min(smallest, one.photos[0]);
  }
  return smallest > 0 ? static_cast<double>(largest) / smallest : 1;
}

}  // namespace

Audit AuditDataset(const Dataset& dataset, const AuditOptions& options,
                   const std::function<void(size_t, size_t)>& progress) {
  Audit audit;
  audit.photos = static_cast<int>(dataset.samples.size());
  const std::vector<Look> looks = LookAtAll(dataset, options.threads, progress);
  CountClasses(dataset, looks, audit);

  audit.duplicates = FindDuplicates(dataset, looks, options.duplicate_bits);
  for (const DuplicatePair& pair : audit.duplicates) {
    const Sample& first = dataset.samples[pair.first];
    const Sample& second = dataset.samples[pair.second];
    audit.across_splits += first.split != second.split ? 1 : 0;
    audit.across_labels += LabelsDiffer(first, second) ? 1 : 0;
  }

  BorderProbe border;
  for (size_t t = 0; t < dataset.tasks.size(); ++t) {
    audit.imbalance = std::max(audit.imbalance, Imbalance(dataset.tasks[t].Of(std::span(audit.classes))));
    const BorderProbe probe = ProbeBorder(dataset, t, looks);
    if (t > 0 && probe.accuracy - probe.majority <= border.accuracy - border.majority) continue;
    border = probe;
    audit.border_task = dataset.tasks[t].name;
  }
  audit.border_accuracy = border.accuracy;
  audit.majority_accuracy = border.majority;

  std::vector<double> width_by_height;
  std::vector<int64_t> pixels;
  for (const Look& look : looks) {
    if (look.error) continue;
    width_by_height.push_back(static_cast<double>(look.width) / look.height);
    pixels.push_back(int64_t{look.width} * look.height);
  }
  if (!pixels.empty()) {
    const auto middle = pixels.begin() + static_cast<ptrdiff_t>(pixels.size() / 2);
    std::nth_element(pixels.begin(), middle, pixels.end());
    audit.photo_pixels = *middle;
  }
  ResizeAdvice advice = AdviseResize(width_by_height);
  audit.proportions = advice.proportions;
  audit.resize_mode = advice.mode;
  audit.input_shape = advice.input_shape;
  audit.resize_reason = std::move(advice.reason);
  audit.warnings = WarningsOf(audit, dataset, looks, border, options);
  return audit;
}

}  // namespace frond
