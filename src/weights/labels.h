#ifndef FROND_SRC_WEIGHTS_LABELS_H_
#define FROND_SRC_WEIGHTS_LABELS_H_

#include <string>
#include <string_view>
#include <vector>

#include "frond/result.h"

namespace frond {

// Class labels, from a JSON list ["cat", "dog"] or map {"0": "cat", "1": "dog"}
// whose keys are 0 to n - 1 in any order. Stack and memory stay bounded whatever
// the text nests. Errors: kBadFormat, kLimit.
Result<std::vector<std::string>> ParseLabelsJson(std::string_view json);

// A labels file: JSON as above where it begins with [ or {, else one label a
// line; a byte order mark, carriage returns and empty lines at the end are dropped.
// Errors name the file and, for text, the line.
Result<std::vector<std::string>> ReadLabelsFile(const std::string& path);

std::string LabelsToJson(const std::vector<std::string>& labels);

}  // namespace frond

#endif  // FROND_SRC_WEIGHTS_LABELS_H_
