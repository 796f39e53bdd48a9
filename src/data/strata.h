#ifndef FROND_SRC_DATA_STRATA_H_
#define FROND_SRC_DATA_STRATA_H_

#include <vector>

#include "src/data/dataset.h"

namespace frond {

// What photos are shared out by: each stratum is divided among the splits for itself.
struct Strata {
  std::vector<int> of;  // for each sample, from 0 to count - 1
  size_t count = 0;
};

// With one task its classes. With several, the combinations of classes: were the first task alone divided, in
// contiguous blocks of "coffee" by path, then a folder coffee/rust could lie in test as a whole. Combinations with too
// few photos for one in each split are divided together, those of one class of the first task.
Strata FindStrata(const Dataset& dataset);

}  // namespace frond

#endif  // FROND_SRC_DATA_STRATA_H_
