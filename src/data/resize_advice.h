#ifndef FROND_SRC_DATA_RESIZE_ADVICE_H_
#define FROND_SRC_DATA_RESIZE_ADVICE_H_

#include <array>
#include <string>
#include <vector>

#include "frond/spec.h"

namespace frond {

struct ResizeAdvice {
  std::array<double, 3> proportions = {1, 1, 1};  // longer by shorter side: 10, 50, 90 % of the photos lie below
  ResizeMode mode = ResizeMode::kCrop;
  double input_shape = 1;  // width by height of the input that distorts least
  std::string reason;
};

// How photos with these widths by heights are best brought to the input:
// - crop where nine in ten are within 1.15 of the square: the centre loses an eighth at most;
// - squash where they are all alike (eight in ten within a factor of 1.25 of each other in width by height, and nine in
//   ten within 2.5), best into an input of their own shape: a convolutional network takes any;
// - squash where they are moderate (nine in ten within 1.5);
// - pad where they are neither.
ResizeAdvice AdviseResize(const std::vector<double>& width_by_height);

}  // namespace frond

#endif  // FROND_SRC_DATA_RESIZE_ADVICE_H_
