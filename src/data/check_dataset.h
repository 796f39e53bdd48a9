#ifndef FROND_SRC_DATA_CHECK_DATASET_H_
#define FROND_SRC_DATA_CHECK_DATASET_H_

#include <string>

#include "src/data/dataset.h"

namespace frond {

// Whether each task has two classes at least, and train all of them. Errors: kInvalidArgument; `path` is what was read.
Status CheckClasses(const Dataset& dataset, const std::string& path);

// Adds to the warnings what the splits lack, groups that lie in several, and how many photos each task has no label
// for.
void WarnOfSplits(Dataset& dataset, const DatasetOptions& options);

}  // namespace frond

#endif  // FROND_SRC_DATA_CHECK_DATASET_H_
