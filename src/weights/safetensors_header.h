#ifndef FROND_SRC_WEIGHTS_SAFETENSORS_HEADER_H_
#define FROND_SRC_WEIGHTS_SAFETENSORS_HEADER_H_

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "frond/result.h"
#include "src/tensor/shape.h"

namespace frond {

// One row of a safetensors header: bytes [begin, end) of the data that follows it.
struct SafetensorsEntry {
  std::string name;
  std::string dtype;
  Shape shape;
  uint64_t begin = 0;
  uint64_t end = 0;
};

struct SafetensorsHeader {
  std::vector<SafetensorsEntry> entries;  // in the file's order
  std::map<std::string, std::string> metadata;
};

// Parses the JSON alone: keys, types and duplicates are checked; what the
// numbers mean is ReadSafetensors' business. Constant stack however deep the
// text nests. Format: github.com/huggingface/safetensors, "Format".
// Errors: kBadFormat; kLimit for more than 65,536 tensors, 4096 entries or 80 MiB
// of metadata, or where memory runs out.
Result<SafetensorsHeader> ParseSafetensorsHeader(std::string_view json);

}  // namespace frond

#endif  // FROND_SRC_WEIGHTS_SAFETENSORS_HEADER_H_
