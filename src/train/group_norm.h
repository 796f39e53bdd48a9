#ifndef FROND_SRC_TRAIN_GROUP_NORM_H_
#define FROND_SRC_TRAIN_GROUP_NORM_H_

#include <string>
#include <vector>

#include "frond/result.h"
#include "src/train/module.h"
#include "src/train/options.h"

namespace frond {

// Writes into `spec` that the norms of all blocks from the first that `freeze` leaves wholly to training, and the
// head's, are GroupNorms of 8 channels, and says so in `notes`. A spec that has some keeps them as they are.
// Errors: kInvalidArgument where no block and no head is trained.
Status UseGroupNorms(const Freeze& freeze, Spec& spec, std::vector<std::string>& notes);

}  // namespace frond

#endif  // FROND_SRC_TRAIN_GROUP_NORM_H_
