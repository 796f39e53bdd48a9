#ifndef FROND_SRC_DATA_SHARE_OUT_H_
#define FROND_SRC_DATA_SHARE_OUT_H_

#include <array>
#include <string>
#include <vector>

#include "src/data/dataset.h"
#include "src/data/strata.h"

namespace frond {

// Sets the split of the samples that are `free`, class by class (which is short for stratum here), so that
// - each class is divided as `shares` (train, val, test; they add up to 1) say, rounded to photos;
// - a class with a photo for each split whose share is above 0 has one in each, where its groups allow it;
// - photos of one group, of whatever classes, land in one split: where photos of it that are not free lie in one of the
//   splits that have a share, in that one;
// - the same samples, options and seed give the same splits.
void ShareOut(std::vector<Sample>& samples, const std::vector<bool>& free, const Strata& strata,
              const std::array<double, 3>& shares, const DatasetOptions& options);

}  // namespace frond

#endif  // FROND_SRC_DATA_SHARE_OUT_H_
