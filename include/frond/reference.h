#ifndef FROND_REFERENCE_H_
#define FROND_REFERENCE_H_

#include <cstddef>
#include <string>
#include <vector>

namespace frond {

// What a network saw when it was trained, as its model file keeps it, to tell later whether photos are still like
// those: a basis for features (the classifier's input) from training photos, and a sample of photos held out from
// training, where there were any. Matrices are in C order.
struct TrainingReference {
  bool held_out = false;  // false: the sample is of training photos, whose features and confidences flatter

  // Features f are seen as components * (f - mean), each value divided by its deviation, and the length of what is left
  // of f - mean, divided by `rest`.
  std::vector<float> mean;        // C: spec().head_channels
  std::vector<float> components;  // K x C, orthonormal, of the largest variance in training
  std::vector<float> deviations;  // K, positive
  float rest = 1;                 // root mean square in training

  size_t photos = 0;                         // N, of the sample
  std::vector<std::string> statistic_names;  // S columns of photo_statistics: "brightness", ...
  std::vector<float> photo_statistics;       // N x S; NaN: unknown
  std::vector<float> projections;            // N x (K + 1), as above
  std::vector<float> confidences;            // N x tasks, calibrated
  std::vector<float> class_shares;           // for each class of all tasks the share of photos that are called so
  std::vector<float> class_errors;           // standard errors of those
};

}  // namespace frond

#endif  // FROND_REFERENCE_H_
