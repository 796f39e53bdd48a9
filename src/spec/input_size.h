#ifndef FROND_SRC_SPEC_INPUT_SIZE_H_
#define FROND_SRC_SPEC_INPUT_SIZE_H_

#include <string>

#include "frond/result.h"
#include "frond/spec.h"

namespace frond {

// Of a network's input, px.
struct InputSize {
  int height = 0;
  int width = 0;

  bool operator==(const InputSize&) const = default;
};

// "224" or "224x320", height first. Errors: kInvalidArgument for another form or a side outside 1 to kMaxSide.
Result<InputSize> ParseInputSize(const std::string& text);

// Sides that the network's strides divide, whose area, and so the cost, is close to `pixels` and whose width by height
// is close to the one asked for; both positive. Of 224 x 224 px and 2: 160 x 320.
InputSize ShapedInput(const Spec& spec, double pixels, double width_by_height);

}  // namespace frond

#endif  // FROND_SRC_SPEC_INPUT_SIZE_H_
