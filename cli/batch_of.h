#ifndef FROND_CLI_BATCH_OF_H_
#define FROND_CLI_BATCH_OF_H_

#include <string>

#include "cli/npy.h"
#include "frond/model.h"

namespace frond::cli {

// The array of `path` as images; views it. Errors: kInvalidArgument where it is not N x 3 x H x W.
Result<ImageBatch> BatchOf(const NpyFile& npy, const std::string& path);

}  // namespace frond::cli

#endif  // FROND_CLI_BATCH_OF_H_
