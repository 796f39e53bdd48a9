// What the trainer does where the loss, a running statistic or a gradient is not finite: Watchdog decides, this acts.

#include <utility>

#include "src/base/format.h"
#include "src/train/trainer.h"

namespace frond {

Status Trainer::KeepGoodState() {
  state_.steps = optimizer_.steps();
  return SaveCheckpoint(File("good.safetensors"), state_, key_, CheckpointTensors());
}

// Tensors go back; the place in the epoch, and with it the schedule, goes on. What thawed since has no state yet.
Status Trainer::RollBack() {
  optimizer_.Reset();
  optimizer_.ZeroGradients();
  learned_ = false;
  FROND_RETURN_IF_ERROR(RestoreTensors(File("good.safetensors"), CheckpointTensors()));
  return Checkpoint();
}

void Trainer::Say(const std::string& line, const std::function<void(const TrainProgress&)>& progress) {
  state_.log.push_back("watchdog: " + line);
  Notify(state_.log.back(), progress);
}

// The engine refuses weights that overflow when norms are folded into them.
Status Trainer::FreezeAtFirst(const std::function<void(const TrainProgress&)>& progress) {
  const Status frozen = FreezeForEpoch();
  if (frozen.ok()) return {};
  const std::string tamed = TameWeights(module_, "");
  if (tamed.empty()) return frozen;
  ++state_.watchdog.tamed;
  ema_.Reset();
  Say(StrCat(frozen.error().message, ": ", tamed), progress);
  return RenewFrozenPart();
}

Error Trainer::Diverged(const std::string& where) const {
  return {ErrorCode::kBadFormat, StrCat(where, ": training diverged at a learning rate of ", Rate()),
          "give a lower --lr (--lr-range finds one), a smaller --clip, or --precision fp32"};
}

Result<bool> Trainer::Rescue(const std::function<void(const TrainProgress&)>& progress) {
  const Trouble trouble = *std::exchange(trouble_, std::nullopt);
  const std::string where =
      StrCat("epoch ", state_.epoch + 1, ", batch ", state_.batch, ": ", trouble.what,
             trouble.layer.empty() ? ", though every layer's output is finite" : StrCat(", first in ", trouble.layer));
  const auto say = [&](const std::string& what) { Say(StrCat(where, ": ", what), progress); };
  if (trouble.gradient && state_.loss_scale.Overflowed()) {
    say(StrCat("the step is left out, the loss scale goes down to ", state_.loss_scale.value));
    return false;
  }
  const char* skipped = trouble.gradient ? "the step is left out" : "the batch is left out";
  // Going back is one process's: several would have to agree on it.
  if (peers_ != nullptr) return Diverged(where);
  switch (state_.watchdog.Bad()) {
    case Remedy::kSkip: say(skipped); return false;
    case Remedy::kRollBack:
      say(StrCat(skipped, ", the third in a row: back to the state before step ", state_.watchdog.good_step + 1,
                 " (epoch ", state_.watchdog.good_epoch + 1, "), from here on with ", state_.watchdog.rate_factor,
                 " times the learning rate"));
      FROND_RETURN_IF_ERROR(RollBack());
      return false;
    case Remedy::kTame: {
      const std::string tamed = TameWeights(module_, trouble.layer);
      if (tamed.empty()) {
        return Error{ErrorCode::kBadFormat, StrCat(where, ", with the weights that the run began with"),
                     "give other weights; --precision fp32 reaches furthest"};
      }
      ++state_.watchdog.tamed;
      say(StrCat(skipped, ", and no step was ever taken: the weights are to blame; ", tamed));
      ema_.Reset();
      optimizer_.ZeroGradients();
      learned_ = false;
      FROND_RETURN_IF_ERROR(Checkpoint());
      FROND_RETURN_IF_ERROR(RenewFrozenPart());
      return true;
    }
    case Remedy::kStop: break;
  }
  return Diverged(StrCat(where, ", after going back to a good state ", Watchdog::kMostRollBacks, " times"));
}

}  // namespace frond
