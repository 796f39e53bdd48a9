#ifndef FROND_SRC_TRAIN_WATCHDOG_H_
#define FROND_SRC_TRAIN_WATCHDOG_H_

#include <cstdint>

namespace frond {

// What is done about a batch or step with numbers that are not finite; it leaves no trace in the network.
enum class Remedy {
  kSkip,      // the batch is left out
  kRollBack,  // to the last good state, and on with half the rate
  kTame,      // no step was ever taken: the weights that the run began with are to blame
  kStop,
};

// Decides that, and remembers what was decided: part of a run's state. A state is good once a whole step's losses,
// statistics and gradients were finite with it.
struct Watchdog {
  static constexpr int kSkipsToRollBack = 3;    // in a row
  static constexpr int kMostRollBacks = 4;      // without an undisturbed epoch between
  static constexpr int64_t kStepsToKeep = 500;  // after which a good state is kept anew; also once an epoch

  double rate_factor = 1;  // of the learning rate
  int64_t good_step = -1;  // of the state that is kept; -1: none yet
  int good_epoch = -1;     // likewise
  int skips = 0;           // in a row
  int epoch_skips = 0;     // in this epoch
  int roll_backs = 0;      // since the last undisturbed epoch
  int all_skips = 0;
  int all_roll_backs = 0;
  int tamed = 0;  // times that weights were

  // The losses, statistics and gradients of a step are finite. Whether the state before it is to be kept.
  bool Good(int64_t step, int epoch) {
    skips = 0;
    if (epoch == good_epoch && step < good_step + kStepsToKeep) return false;
    good_step = step;
    good_epoch = epoch;
    return true;
  }

  Remedy Bad() {
    ++all_skips;
    ++epoch_skips;
    if (++skips < kSkipsToRollBack) return Remedy::kSkip;
    skips = 0;
    if (good_step < 0) return Remedy::kTame;
    if (roll_backs == kMostRollBacks) return Remedy::kStop;
    ++roll_backs;
    ++all_roll_backs;
    rate_factor /= 2;
    return Remedy::kRollBack;
  }

  void EpochEnds() {
    if (epoch_skips == 0) roll_backs = 0;
    epoch_skips = 0;
  }

  bool operator==(const Watchdog&) const = default;
};

}  // namespace frond

#endif  // FROND_SRC_TRAIN_WATCHDOG_H_
