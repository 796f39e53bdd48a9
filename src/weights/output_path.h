#ifndef FROND_SRC_WEIGHTS_OUTPUT_PATH_H_
#define FROND_SRC_WEIGHTS_OUTPUT_PATH_H_

#include <string>
#include <vector>

#include "frond/result.h"

namespace frond {

// Whether a file can be written at `output` once the work is done, asked before
// it begins: a path is given, is no folder, lies in one, and is none of `inputs`
// under another name. Errors: kInvalidArgument.
Status CheckOutput(const std::string& output, const std::vector<std::string>& inputs);

}  // namespace frond

#endif  // FROND_SRC_WEIGHTS_OUTPUT_PATH_H_
