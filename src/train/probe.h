#ifndef FROND_SRC_TRAIN_PROBE_H_
#define FROND_SRC_TRAIN_PROBE_H_

#include <cstddef>
#include <span>
#include <vector>

namespace frond {

// A linear classifier of features: what a network's last layer begins with when it is not to begin at random.
struct Probe {
  std::vector<float> weights;  // classes x columns
  std::vector<float> bias;
  double accuracy = 0;  // cross-validated
};

// The shrunken linear discriminant of `features` (rows x columns; `labels` from 0 to classes - 1). Its scale is the one
// that makes photos of left-out blocks as certain as they are right: temperature by cross-validation over five blocks
// of each class, in the order of the rows, in which neighbours may show one plant. Of few rows it is a little too
// modest, since what is fitted to four fifths of them knows less.
Probe FitProbe(std::span<const float> features, size_t columns, std::span<const int> labels, int classes);

}  // namespace frond

#endif  // FROND_SRC_TRAIN_PROBE_H_
