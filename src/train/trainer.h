#ifndef FROND_SRC_TRAIN_TRAINER_H_
#define FROND_SRC_TRAIN_TRAINER_H_

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "frond/result.h"
#include "src/train/checkpoint.h"
#include "src/train/ema.h"
#include "src/train/feed.h"
#include "src/train/gradient_buckets.h"
#include "src/train/loss.h"
#include "src/train/lr_range.h"
#include "src/train/optimizer.h"
#include "src/train/options.h"
#include "src/train/overflow.h"
#include "src/train/schedule.h"
#include "src/train/setup.h"

namespace frond {

// What a reader of a run in progress is told.
struct TrainProgress {
  int epoch = 0;  // from 1
  int epochs = 0;
  int64_t batch = 0;
  int64_t batches = 0;
  double loss = 0;      // of this epoch so far
  double accuracy = 0;  // likewise, mean over the tasks; with mixed photos, of the larger share
  double photos_per_s = 0;
  double seconds_left = 0;
  const EpochRecord* finished = nullptr;  // set once an epoch is done
  size_t kept = 0;                        // photos of `to_keep` whose frozen part is computed, while that goes on
  size_t to_keep = 0;
  const std::string* notice = nullptr;  // set where the watchdog did something: a line of the log
};

// What the network says of photos as they are seen in use.
struct ModulePass {
  std::vector<Predictions> predictions;  // of each task
  torch::Tensor features;                // N x head_channels
};

// One training run, from where its checkpoint left it to its last epoch. Keeps in OUT, each written beside and renamed:
// checkpoint.safetensors, good.safetensors (the state that the watchdog goes back to), best.safetensors (the average
// with the best validation so far), metrics.jsonl and a TensorBoard event file.
class Trainer {
 public:
  // `setup` must outlive it. `key` tells runs apart: a checkpoint of another is refused. With `peers`, which must
  // outlive it too, the run is that of all processes: each learns from its share of every batch, and rank 0 alone reads
  // and writes in OUT, but for what is kept of the frozen part. Where one is lost, libtorch's exception goes through.
  static Result<std::unique_ptr<Trainer>> Create(const TrainOptions& options, Setup& setup, const std::string& key,
                                                 Peers* peers = nullptr);

  // Resumes if there is a checkpoint. Errors: kBadFormat where the watchdog gives up; kIo.
  Status Run(const std::function<void(const TrainProgress&)>& progress, const std::function<bool()>& interrupted);

  // A learning-rate range test (Smith 2017): rates that grow by the same factor from step to step, from a
  // ten-thousandth of the peak upwards, until the loss explodes. The module is spent afterwards. Errors: kUnsupported
  // with peers.
  Result<LrRange> TestRates(const std::function<void(const TrainProgress&)>& progress);

  // The averaged network over one split, without augmentation; with peers each passes a share, and all get all of it.
  Result<ModulePass> Pass(Split split);
  // The module's tensors become those of rank 0.
  void ShareTensors();

  // Removes what was kept for later epochs, and the watchdog's state.
  void RemoveKept();

  const RunState& state() const { return state_; }
  bool leads() const { return peers_ == nullptr || peers_->leads(); }
  bool interrupted() const { return interrupted_; }
  Ema& ema() { return ema_; }

 private:
  Trainer(const TrainOptions& options, Setup& setup, std::string key, Peers* peers, Feed train, Feed plain);

  // What is frozen in the epoch that the state is at, in the module and in the frozen part.
  Status FreezeForEpoch();
  Status RenewFrozenPart();
  // Computes the frozen part's outputs for all views, where they are to be kept.
  Status KeepViews(const std::function<void(const TrainProgress&)>& progress, const std::function<bool()>& interrupted);
  Result<torch::Tensor> Inputs(const FedBatch& fed);
  Status Resume();
  // What rank 0 resumed, or began with, in all processes. Errors: kMismatch where this one runs something else.
  Status FollowLeader();
  // Whether it holds here or in a peer.
  bool Any(bool here) { return peers_ != nullptr ? peers_->Any(here) : here; }
  BatchShare Share() const { return peers_ != nullptr ? peers_->share() : BatchShare(); }
  // What an empty share of a batch feeds the network, whose sums want every process.
  FedBatch StandIn() const;
  std::string KeptFile() const;
  Status Checkpoint();
  NamedTensors CheckpointTensors();
  void BeginEpoch();
  Status TrainEpoch(const std::function<void(const TrainProgress&)>& progress,
                    const std::function<bool()>& interrupted);
  // Adds a batch's gradients and counts its photos; its loss, or 0 for a batch too small to learn from. Leaves trouble_
  // and nothing else where a number is not finite.
  Result<double> Accumulate(const FedBatch& fed);
  bool EndsStep(int64_t batches) const { return batches % options_.accumulate == 0 || batches == batches_; }
  // The gradients, unscaled and clipped, or trouble_.
  void Clip();
  Status Step();
  double Rate() const { return schedule_.At(optimizer_.steps()) * state_.watchdog.rate_factor; }
  bool ScalesLoss() const { return setup_.compute.type == torch::kHalf; }

  // FreezeForEpoch, of weights that may overflow.
  Status FreezeAtFirst(const std::function<void(const TrainProgress&)>& progress);
  // A line that is shown.
  static void Notify(const std::string& line, const std::function<void(const TrainProgress&)>& progress);
  // A line of the log that is also shown.
  void Say(const std::string& line, const std::function<void(const TrainProgress&)>& progress);
  // What to do about trouble_. True where the epoch's batches have to be fed anew.
  Result<bool> Rescue(const std::function<void(const TrainProgress&)>& progress);
  Status RollBack();
  Error Diverged(const std::string& where) const;
  Status KeepGoodState();
  Status Validate();
  Status RecomputeStatistics();
  Status CarryNorms();
  // The classifier becomes the probe of each task on what the network makes of the training photos as it is.
  Status BeginWithProbe();
  std::vector<size_t> Order(int epoch) const;
  std::string File(const char* name) const { return options_.out + "/" + name; }
  void Note(const FedBatch& fed);

  const TrainOptions& options_;
  Setup& setup_;
  Module& module_;
  std::string key_;
  Peers* peers_;
  Freeze freeze_;
  Optimizer optimizer_;
  Ema ema_;
  Schedule schedule_;
  Feed train_;
  Feed plain_;
  FrozenPart frozen_;  // of what its Run answers, Module::Features takes the rest
  uint64_t views_;     // of each training photo; 0: always new ones
  std::optional<FrozenViews> kept_;
  bool keep_none_ = false;  // no room for them
  RunState state_;
  KeptStatistics statistics_;  // before the batch in hand
  struct Trouble {
    std::string what;   // "the loss is nan"
    std::string layer;  // the first with it, empty where none is found
    bool gradient = false;
  };
  std::optional<Trouble> trouble_;
  bool learned_ = false;  // whether a batch of the step in hand gave gradients
  torch::Tensor class_weights_;
  std::vector<size_t> train_photos_;
  int64_t batches_ = 0;  // an epoch
  double start_time_ = 0;
  bool interrupted_ = false;
  std::optional<GradientBuckets> buckets_;  // of the epoch's trained tensors, where there are peers
  bool to_stop_ = false;                    // said here or by a peer
};

}  // namespace frond

#endif  // FROND_SRC_TRAIN_TRAINER_H_
