#include "src/train/trainer.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <utility>

#include "src/base/format.h"
#include "src/base/text.h"
#include "src/train/joint_batch.h"
#include "src/train/metrics_log.h"

namespace frond {
namespace {

using Clock = std::chrono::steady_clock;
double SecondsSince(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

// Streams of random numbers that do not meet those of the loader (which begin with the seed itself).
enum RandomUse : uint64_t { kOrder = 0x6f72646572, kMixing = 0x6d6978, kTorch = 0x746f726368 };

double PeakRate(const TrainOptions& options) {
  if (options.learning_rate > 0) return options.learning_rate;
  return options.optimizer == "sgd" ? 0.02 : 1e-3;
}

}  // namespace

Result<std::unique_ptr<Trainer>> Trainer::Create(const TrainOptions& options, Setup& setup, const std::string& key,
                                                 Peers* peers) {
  if (peers != nullptr && options.grad_checkpoint) {
    return Error{ErrorCode::kUnsupported, StrCat("--grad-checkpoint by ", peers->size(), " processes"),
                 "leave it out: each process keeps its share of the batch alone"};
  }
  LoaderOptions loader;
  loader.preprocessing = setup.module.spec().preprocessing;
  loader.batch = options.batch;
  loader.threads = options.threads;
  loader.seed = options.seed;
  loader.views = options.views;
  FROND_ASSIGN(Loader plain, Loader::Create(setup.dataset, loader));
  if (!options.no_augment) loader.augment = options.augment;
  FROND_ASSIGN(Loader train, Loader::Create(setup.dataset, loader));
  return std::unique_ptr<Trainer>(
      new Trainer(options, setup, key, peers, Feed(std::move(train), loader), Feed(std::move(plain), loader)));
}

Trainer::Trainer(const TrainOptions& options, Setup& setup, std::string key, Peers* peers, Feed train, Feed plain)
    : options_(options),
      setup_(setup),
      module_(setup.module),
      key_(std::move(key)),
      peers_(peers),
      freeze_(ParseFreeze(options.freeze).value()),
      optimizer_(setup.module, {options.optimizer, options.weight_decay, options.momentum}),
      ema_(setup.module, options.ema_decay, options.blend),
      train_(std::move(train)),
      plain_(std::move(plain)),
      frozen_(setup.module.spec().preprocessing),
      views_(options.no_augment ? 1 : options.views),
      statistics_(setup.module),
      train_photos_(setup.dataset.Indices(Split::kTrain)) {
  state_.counts.resize(setup.dataset.tasks.size());
  module_.FreezeStatistics(!setup.batch_statistics);
  if (ScalesLoss()) state_.loss_scale.value = LossScale::kFirst;
  module_.RecomputeBlocks(options.grad_checkpoint);
  batches_ = static_cast<int64_t>((Order(0).size() + options.batch - 1) / static_cast<size_t>(options.batch));
  const int64_t steps_an_epoch = (batches_ + options.accumulate - 1) / options.accumulate;
  schedule_.peak = PeakRate(options);
  schedule_.steps = steps_an_epoch * options.epochs;
  schedule_.warmup_steps = steps_an_epoch * std::min(options.warmup_epochs, std::max(1, options.epochs / 4));
  if (options.class_weights == "balanced") class_weights_ = BalancedWeights(setup.dataset);
  start_time_ = std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

// The photos of an epoch, shuffled. Oversampled classes (of the first task) repeat theirs, each photo about equally
// often.
std::vector<size_t> Trainer::Order(int epoch) const {
  std::vector<size_t> order = train_photos_;
  Random random({kOrder, options_.seed, static_cast<uint64_t>(epoch)});
  if (options_.oversample) {
    std::vector<std::vector<size_t>> classes(static_cast<size_t>(setup_.dataset.tasks[0].classes));
    for (const size_t i : order) {
      const int label = setup_.dataset.samples[i].labels[0];
      if (label != kNoLabel) classes[static_cast<size_t>(label)].push_back(i);
    }
    size_t most = 0;
    for (const auto& photos : classes) most = std::max(most, photos.size());
    for (auto& photos : classes) {
      random.Shuffle(photos);
      for (size_t i = 0; !photos.empty() && i + photos.size() < most; ++i) order.push_back(photos[i % photos.size()]);
    }
  }
  random.Shuffle(order);
  return order;
}

Status Trainer::FreezeForEpoch() {
  ApplyFreeze(module_, freeze_, options_.unfreeze_every > 0 ? state_.epoch / options_.unfreeze_every : 0);
  return module_.FrozenBlocks() == frozen_.blocks() ? Status() : RenewFrozenPart();
}

Status Trainer::RenewFrozenPart() {
  kept_.reset();
  FROND_ASSIGN(frozen_, FrozenPart::Create(module_, options_.threads));
  return {};
}

Status Trainer::KeepViews(const std::function<void(const TrainProgress&)>& progress,
                          const std::function<bool()>& interrupted) {
  const bool mixed = options_.mixup > 0 || options_.cutmix > 0;  // photos are blended before the frozen part
  if (kept_ || keep_none_ || views_ == 0 || frozen_.blocks() == 0 || mixed) return {};
  const std::vector<size_t> plain = setup_.dataset.Indices(Split::kVal);
  const uint64_t rows = train_photos_.size() * views_ + plain.size();
  const double gigabytes = static_cast<double>(RowCache::FileBytes(rows, frozen_.floats())) / 1e9;
  const auto leave_it = [&](const std::string& why) {
    keep_none_ = true;
    state_.log.push_back(StrCat("the frozen part runs in every epoch: ", why));
    return Status();
  };
  if (gigabytes > options_.cache_gb) {
    return leave_it(StrCat("its outputs take ", Fixed(gigabytes, 2), " GB, and --cache-gb is ", options_.cache_gb));
  }
  Result<FrozenViews> kept =
      FrozenViews::Open(KeptFile(), StrCat(key_, frozen_.fingerprint()), frozen_, train_photos_, views_, plain);
  if (Any(!kept.ok())) return leave_it(kept.ok() ? "a peer cannot keep its outputs" : kept.error().ToString());
  kept_ = std::move(kept).value();
  return kept_->Fill(
      train_.loader(), plain_.loader(), frozen_,
      [&](size_t done, size_t of) {
        TrainProgress now;
        now.kept = done;
        now.to_keep = of;
        progress(now);
      },
      interrupted, peers_);
}

void Trainer::RemoveKept() {
  kept_.reset();
  std::error_code ignored;
  std::filesystem::remove(KeptFile(), ignored);
  if (leads()) std::filesystem::remove(File("good.safetensors"), ignored);
}

Result<torch::Tensor> Trainer::Inputs(const FedBatch& fed) {
  torch::Tensor inputs = fed.inputs;
  if (!inputs.defined()) {
    FROND_ASSIGN(inputs, frozen_.Run(fed.images));
  }
  return inputs.to(setup_.compute.device);
}

NamedTensors Trainer::CheckpointTensors() {
  NamedTensors all;
  for (const ModuleTensor& tensor : module_.tensors()) all.emplace_back("model." + tensor.name, tensor.value);
  for (const auto& [name, tensor] : ema_.State()) all.emplace_back("ema." + name, tensor);
  for (const auto& [name, tensor] : optimizer_.State()) all.emplace_back("optimizer." + name, tensor);
  return all;
}

Status Trainer::Checkpoint() {
  state_.steps = optimizer_.steps();
  if (!leads()) return {};
  return SaveCheckpoint(File("checkpoint.safetensors"), state_, key_, CheckpointTensors());
}

Status Trainer::Resume() {
  std::error_code missing;
  if (options_.restart || !std::filesystem::exists(File("checkpoint.safetensors"), missing)) return {};
  // What is thawed decides which tensors the optimizer keeps: the state's epoch must be known before they are filled.
  FROND_ASSIGN(state_, LoadCheckpoint(File("checkpoint.safetensors"), key_, {}));
  FROND_RETURN_IF_ERROR(FreezeForEpoch());
  FROND_ASSIGN(state_, LoadCheckpoint(File("checkpoint.safetensors"), key_, CheckpointTensors()));
  optimizer_.set_steps(state_.steps);
  if (state_.watchdog.tamed > 0) FROND_RETURN_IF_ERROR(RenewFrozenPart());
  return {};
}

void Trainer::Note(const FedBatch& fed) {
  for (const auto& [sample, error] : fed.unreadable) {
    const std::string line = StrCat("left out: ", error.ToString());
    if (std::ranges::find(state_.log, line) == state_.log.end()) state_.log.push_back(line);
  }
}

Result<double> Trainer::Accumulate(const FedBatch& fed) {
  if (fed.samples.empty() && peers_ == nullptr) return 0.0;
  const bool stands_in = fed.samples.empty();
  const FedBatch& own = stands_in ? StandIn() : fed;
  const auto epoch = static_cast<uint64_t>(state_.epoch);
  const auto at = static_cast<uint64_t>(state_.batch);
  Batch batch{own.images, TaskTargets(setup_.dataset, own.samples, options_.label_smoothing)};
  if (stands_in) batch.targets = torch::zeros({1, batch.targets.size(1)});
  Random random({kMixing, options_.seed, epoch, at});
  Mix(batch, {options_.mixup, options_.cutmix}, random);
  const auto count = static_cast<int64_t>(fed.samples.size());
  const std::vector<Task>& tasks = setup_.dataset.tasks;
  const BatchTotals totals = AddUpBatch(peers_, count, TaskWeights(batch.targets, tasks, class_weights_));
  const int64_t least = setup_.batch_statistics ? 2 : 1;  // statistics of one photo alone are none
  if (totals.batch.photos < least) {
    to_stop_ = false;  // nobody heard of it
    return 0.0;
  }
  module_.Share(totals.batch);
  FROND_ASSIGN(const torch::Tensor inputs, Inputs({{}, {}, batch.images, own.inputs}));
  const auto forward = [&](const torch::Tensor& from, size_t blocks) {
    // Dropout draws from torch's generator: set for each batch, it needs no saving.
    torch::manual_seed(Random({kTorch, options_.seed, epoch, at}).Bits());
    return module_.Classify(module_.Features(from, blocks));
  };
  if (peers_ == nullptr) statistics_.Keep();
  // A few numbers for each photo: the loss and its counts are the CPU's wherever the network is.
  const torch::Tensor logits = forward(inputs, frozen_.blocks()).to(torch::kCPU);
  const torch::Tensor loss = TaskLoss(logits, batch.targets, tasks, class_weights_, totals.task_weights);
  const auto value = loss.item<double>();
  const std::string broken = peers_ == nullptr ? statistics_.FirstBroken() : "";
  if (peers_ == nullptr && (!std::isfinite(value) || !broken.empty())) {
    statistics_.Restore();
    trouble_ =
        Trouble{std::isfinite(value) ? "a running statistic is not finite" : StrCat("the loss is ", value), broken};
    if (!std::isfinite(value)) {
      const bool from_photos = !AllFinite(inputs) && batch.images.defined();
      const torch::Tensor from = from_photos ? batch.images.to(setup_.compute.device) : inputs;
      trouble_->layer = FirstOverflow(module_, [&] { (void)forward(from, from_photos ? 0 : frozen_.blocks()); });
      statistics_.Restore();
    }
    return value;
  }
  std::vector<TaskCount> counts(tasks.size());
  CountRight(logits, batch.targets, tasks, counts);
  BatchOutcome outcome(peers_, value, counts, to_stop_);
  if (buckets_) buckets_->Begin(EndsStep(state_.batch + 1));
  (loss * state_.loss_scale.value / options_.accumulate).backward();
  outcome.Wait();
  to_stop_ = outcome.interrupted();
  if (!std::isfinite(outcome.loss())) {
    return Diverged(StrCat("epoch ", state_.epoch + 1, ", batch ", state_.batch + 1, ": the loss is ", outcome.loss()));
  }
  learned_ = true;
  state_.loss_sum += outcome.loss() * static_cast<double>(totals.batch.photos);
  outcome.AddTo(state_.counts);
  state_.seen += totals.batch.photos;
  return outcome.loss();
}

void Trainer::Clip() {
  const double norm = optimizer_.ClipGradients(options_.clip_norm, state_.loss_scale.value);
  if (!std::isfinite(norm)) trouble_ = Trouble{"a gradient is not finite", FirstBrokenGradient(module_), true};
}

Status Trainer::Step() {
  if (buckets_) buckets_->Finish();
  const double rate = Rate();
  Clip();
  const bool good = std::exchange(learned_, false) && !(trouble_ && trouble_->gradient);
  if (!good) {
    optimizer_.SkipStep();
    optimizer_.ZeroGradients();
    return {};
  }
  const bool to_keep = state_.watchdog.Good(optimizer_.steps(), state_.epoch);
  if (to_keep && peers_ == nullptr) FROND_RETURN_IF_ERROR(KeepGoodState());
  if (ScalesLoss()) state_.loss_scale.Good();
  optimizer_.Step(rate);
  optimizer_.ZeroGradients();
  ema_.Update(optimizer_.steps());
  return {};
}

Status Trainer::TrainEpoch(const std::function<void(const TrainProgress&)>& progress,
                           const std::function<bool()>& interrupted) {
  FROND_RETURN_IF_ERROR(KeepViews(progress, interrupted));
  if (Any(interrupted())) {
    interrupted_ = true;
    return Checkpoint();
  }
  if (peers_ != nullptr) buckets_.emplace(module_.tensors(), *peers_);
  module_.SetTraining(true);
  module_.ComputeIn(setup_.compute.type);
  optimizer_.ZeroGradients();
  // A step's batches are not torn apart: checkpoints lie between steps.
  const auto epoch = static_cast<uint64_t>(state_.epoch);
  train_.StartEpoch(epoch, Order(state_.epoch), static_cast<size_t>(state_.batch), kept_ ? &*kept_ : nullptr,
                    views_ > 0 ? epoch % views_ : 0, Share());
  auto checkpoint_time = Clock::now();
  const double seconds_before = state_.seconds;
  const auto start = Clock::now();
  while (const std::optional<FedBatch> fed = train_.Next()) {
    Note(*fed);
    to_stop_ = interrupted();
    FROND_RETURN_IF_ERROR(Accumulate(*fed));
    ++state_.batch;
    const bool between_steps = EndsStep(state_.batch);
    if (between_steps) FROND_RETURN_IF_ERROR(Step());
    state_.seconds = seconds_before + SecondsSince(start);
    if (trouble_) {
      FROND_ASSIGN(const bool feed_anew, Rescue(progress));
      if (feed_anew) return TrainEpoch(progress, interrupted);
    }
    if (between_steps && SecondsSince(checkpoint_time) >= options_.checkpoint_seconds) {
      FROND_RETURN_IF_ERROR(Checkpoint());
      checkpoint_time = Clock::now();
    }
    const auto seen = static_cast<double>(std::max<int64_t>(1, state_.seen));
    const double a_batch = state_.seconds / static_cast<double>(state_.batch);
    const int64_t left = (options_.epochs - state_.epoch) * batches_ - state_.batch;
    progress({state_.epoch + 1, options_.epochs, state_.batch, batches_, state_.loss_sum / seen,
              MeanAccuracy(state_.counts), seen / std::max(1e-9, state_.seconds), a_batch * static_cast<double>(left),
              nullptr, 0, 0});
    if (between_steps && (peers_ != nullptr ? to_stop_ : interrupted())) {
      interrupted_ = true;
      return Checkpoint();
    }
  }
  return {};
}

void Trainer::Notify(const std::string& line, const std::function<void(const TrainProgress&)>& progress) {
  TrainProgress now;
  now.notice = &line;
  progress(now);
}

Status Trainer::Run(const std::function<void(const TrainProgress&)>& progress,
                    const std::function<bool()>& interrupted) {
  state_.log = setup_.notes;
  FROND_RETURN_IF_ERROR(FreezeAtFirst(progress));
  if (leads()) {
    FROND_RETURN_IF_ERROR(Resume());
    const bool begins = state_.epoch == 0 && state_.batch == 0;
    if (setup_.recompute_statistics && begins) FROND_RETURN_IF_ERROR(RecomputeStatistics());
    if (setup_.carry_norms && begins) FROND_RETURN_IF_ERROR(CarryNorms());
    if (options_.head == "probe" && begins) FROND_RETURN_IF_ERROR(BeginWithProbe());
  }
  FROND_RETURN_IF_ERROR(FollowLeader());
  if (state_.epoch > 0 || state_.batch > 0) {
    const std::string where = state_.epoch == options_.epochs ? "all epochs are done already"
                              : state_.batch == 0
                                  ? StrCat("goes on with epoch ", state_.epoch + 1)
                                  : StrCat("goes on in epoch ", state_.epoch + 1, " behind batch ", state_.batch);
    Notify(where, progress);
  }
  while (state_.epoch < options_.epochs) {
    FROND_RETURN_IF_ERROR(TrainEpoch(progress, interrupted));
    if (interrupted_) return {};
    FROND_RETURN_IF_ERROR(Validate());
    const EpochRecord& record = state_.records.back();
    progress({record.epoch, options_.epochs, batches_, batches_, record.train_loss, record.train_accuracy,
              record.photos_per_s, 0, &record, 0, 0});
    ++state_.epoch;
    state_.batch = 0;
    state_.loss_sum = state_.seconds = 0;
    state_.counts.assign(state_.counts.size(), {});
    state_.seen = 0;
    state_.watchdog.EpochEnds();
    if (options_.patience > 0 && record.epoch - state_.peak_epoch >= options_.patience) {
      state_.log.push_back(
          StrCat("ended after epoch ", record.epoch, ": no better validation for ", options_.patience));
      state_.epoch = options_.epochs;
    }
    // A checkpoint's tensors are those of its next batch, as Resume expects.
    FROND_RETURN_IF_ERROR(FreezeForEpoch());
    FROND_RETURN_IF_ERROR(Checkpoint());
  }
  if (state_.best_epoch == 0) return Diverged("after no epoch was validation finite");
  return {};
}

}  // namespace frond
