#include "src/data/strata.h"

#include <map>

namespace frond {

Strata FindStrata(const Dataset& dataset) {
  Strata strata;
  if (dataset.tasks.size() == 1) {
    for (const Sample& sample : dataset.samples) strata.of.push_back(sample.labels[0]);
    strata.count = dataset.labels.size();
    return strata;
  }
  std::map<std::vector<int>, size_t> photos_of;
  for (const Sample& sample : dataset.samples) ++photos_of[sample.labels];
  std::map<std::vector<int>, int> numbers;  // of a whole combination, or of the first task's class alone
  for (const Sample& sample : dataset.samples) {
    const bool whole = photos_of[sample.labels] >= kSplits.size();
    const std::vector<int> key = whole ? sample.labels : std::vector<int>{sample.labels[0]};
    strata.of.push_back(numbers.try_emplace(key, static_cast<int>(numbers.size())).first->second);
  }
  strata.count = numbers.size();
  return strata;
}

}  // namespace frond
