#ifndef FROND_SRC_DATA_BORDER_PROBE_H_
#define FROND_SRC_DATA_BORDER_PROBE_H_

#include <span>

#include "src/data/look.h"

namespace frond {

struct BorderProbe {
  int photos = 0;  // that were probed: readable ones, at most 20,000, evenly spread
  double accuracy = 0;
  double majority = 0;

  // Whether the accuracy is above what chance explains (three standard errors, and a tenth at least).
  bool TellsClass() const;
};

// Five-fold cross-validation over the photos of all splits that have a label for the task. Folds are contiguous blocks
// of each class in path order, and photos of one group are in one fold: a burst that lies in two folds would let any
// background look telling.
BorderProbe ProbeBorder(const Dataset& dataset, size_t task, std::span<const Look> looks);

}  // namespace frond

#endif  // FROND_SRC_DATA_BORDER_PROBE_H_
