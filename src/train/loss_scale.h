#ifndef FROND_SRC_TRAIN_LOSS_SCALE_H_
#define FROND_SRC_TRAIN_LOSS_SCALE_H_

#include <algorithm>
#include <cstdint>

namespace frond {

// A factor on the loss, and so on all gradients, that keeps those of half precision above its smallest numbers
// (Micikevicius et al. 2018, section 3.2): as large as goes without overflow, which trying tells. 1 in other types.
struct LossScale {
  static constexpr double kFirst = 65536;
  static constexpr double kLargest = 16777216;  // 2^24: gradients that vanish never overflow
  static constexpr int64_t kStepsToGrow = 2000;

  double value = 1;
  int64_t good_steps = 0;  // since it last changed

  // After a step whose gradients were finite.
  void Good() {
    if (++good_steps < kStepsToGrow) return;
    good_steps = 0;
    value = std::min(2 * value, kLargest);
  }
  // After one whose were not; false where the scale is 1 and so not to blame.
  bool Overflowed() {
    good_steps = 0;
    if (value <= 1) return false;
    value /= 2;
    return true;
  }

  bool operator==(const LossScale&) const = default;
};

}  // namespace frond

#endif  // FROND_SRC_TRAIN_LOSS_SCALE_H_
