// Passes over photos that are no training epoch: validation, statistics, the range of learning rates.

#include <algorithm>
#include <cmath>

#include "src/base/format.h"
#include "src/evaluate/predictions_by_task.h"
#include "src/train/metrics_log.h"
#include "src/train/trainer.h"

namespace frond {
namespace {

// Of an accuracy measured on so many photos; one more right and one more wrong, or that of a faultless epoch were none.
double StandardError(double accuracy, size_t photos) {
  const auto n = static_cast<double>(photos);
  const double share = (std::clamp(accuracy, 0.0, 1.0) * n + 1) / (n + 2);
  return std::sqrt(share * (1 - share) / n);
}

// Rows of the same photos.
struct PassedPhotos {
  torch::Tensor photos;  // indices into the data set
  torch::Tensor logits;
  torch::Tensor features;
};

// By photo, as one process has them.
PassedPhotos InOrder(const PassedPhotos& all) {
  const torch::Tensor order = all.photos.argsort();
  return {all.photos.index_select(0, order), all.logits.index_select(0, order), all.features.index_select(0, order)};
}

}  // namespace

Result<ModulePass> Trainer::Pass(Split split) {
  const Ema::Swapped averaged(ema_);
  const torch::NoGradGuard no_grad;
  module_.SetTraining(false);
  const auto classes = static_cast<int64_t>(setup_.dataset.labels.size());
  std::vector<int64_t> photos;
  std::vector<torch::Tensor> logits = {torch::empty({0, classes})};
  std::vector<torch::Tensor> features = {torch::empty({0, module_.spec().head_channels})};
  const bool kept = kept_ && split == Split::kVal;
  plain_.StartEpoch(0, setup_.dataset.Indices(split), 0, kept ? &*kept_ : nullptr, kept ? kept_->plain_view() : 0,
                    Share());
  while (const std::optional<FedBatch> fed = plain_.Next()) {
    Note(*fed);
    if (fed->samples.empty()) continue;
    FROND_ASSIGN(const torch::Tensor inputs, Inputs(*fed));
    const torch::Tensor seen = module_.Features(inputs, frozen_.blocks());
    features.push_back(seen.to(torch::kCPU));
    logits.push_back(module_.Classify(seen).to(torch::kCPU));
    photos.insert(photos.end(), fed->samples.begin(), fed->samples.end());
  }
  PassedPhotos all = {torch::tensor(photos, torch::kInt64), torch::cat(logits), torch::cat(features)};
  if (peers_ != nullptr)
    all = InOrder({peers_->Gather(all.photos), peers_->Gather(all.logits), peers_->Gather(all.features)});
  if (all.photos.numel() == 0) {
    return Error{ErrorCode::kInvalidArgument, StrCat("no photo of ", SplitName(split), " can be read"), ""};
  }
  PredictionsByTask by_task(setup_.dataset.tasks, setup_.dataset.labels);
  const float* row = all.logits.data_ptr<float>();
  for (int64_t n = 0; n < all.photos.numel(); ++n, row += classes) {
    const Sample& sample = setup_.dataset.samples[static_cast<size_t>(all.photos[n].item<int64_t>())];
    by_task.Add(sample.path, sample.labels, {row, static_cast<size_t>(classes)});
  }
  return ModulePass{std::move(by_task).Take(), all.features};
}

// The end of an epoch: its record, the best average, metrics on disk.
Status Trainer::Validate() {
  EpochRecord record;
  const auto seen = static_cast<double>(std::max<int64_t>(1, state_.seen));
  record.epoch = state_.epoch + 1;
  record.learning_rate = schedule_.At(optimizer_.steps() - 1) * state_.watchdog.rate_factor;
  record.train_loss = state_.loss_sum / seen;
  record.train_accuracy = MeanAccuracy(state_.counts);
  record.photos_per_s = seen / std::max(1e-9, state_.seconds);
  record.val_loss = record.val_accuracy = NAN;
  double score = record.epoch;  // without validation the last epoch is the best
  double error = 0;             // of the peak
  bool finite = true;
  if (!setup_.dataset.Indices(Split::kVal).empty()) {
    FROND_ASSIGN(const ModulePass pass, Pass(Split::kVal));
    const Result<std::vector<Evaluation>> tasks = EvaluateTasks(pass.predictions, {});
    finite = tasks.ok();
    if (finite) {
      record.val_loss = 0;
      for (const Evaluation& task : *tasks) {
        record.val_loss += task.nll / static_cast<double>(tasks->size());
        if (!task.task.empty()) record.val_accuracy_of[task.task] = task.top1;
      }
      record.val_accuracy = MeanAccuracy(*tasks);
      // Accuracy, equals by the loss: a few hundred photos often tie.
      score = record.val_accuracy - 1e-6 * std::min(record.val_loss, 1e3);
      error = StandardError(std::max(score, state_.peak_score), setup_.dataset.Indices(Split::kVal).size());
    } else {
      if (tasks.error().code != ErrorCode::kBadFormat) return tasks.error();
      state_.log.push_back(StrCat("watchdog: validation after epoch ", record.epoch, ": ", tasks.error().message));
    }
  }
  if (finite && (state_.peak_epoch == 0 || score > state_.peak_score)) {
    state_.peak_epoch = record.epoch;
    state_.peak_score = score;
  }
  // Of epochs that validation cannot tell apart the latest: steps were shorter, and more of them are in the average.
  if (finite && score >= state_.peak_score - error) {
    state_.best_epoch = record.epoch;
  }
  state_.records.push_back(record);
  if (!leads()) return {};
  if (state_.best_epoch == record.epoch) {
    const Ema::Swapped averaged(ema_);
    FROND_RETURN_IF_ERROR(SaveModel(File("best.safetensors"), module_, InfoOf(setup_), {}));
  }
  FROND_RETURN_IF_ERROR(WriteMetricsLines(File("metrics.jsonl"), state_.records));
  return WriteTensorBoard(File("events.out.tfevents.frond"), state_.records, start_time_);
}

Status Trainer::RecomputeStatistics() {
  const torch::NoGradGuard no_grad;
  module_.FreezeStatistics(false);
  module_.SetTraining(true);
  module_.AccumulateStatistics(true);
  plain_.StartEpoch(0, Order(0));
  while (const std::optional<FedBatch> fed = plain_.Next()) {
    if (fed->samples.size() < 2) continue;
    FROND_ASSIGN(const torch::Tensor inputs, Inputs(*fed));
    (void)module_.Features(inputs, frozen_.blocks());
  }
  module_.AccumulateStatistics(false);
  module_.FreezeStatistics(true);
  if (const std::string broken = statistics_.FirstBroken(); !broken.empty()) {
    return Error{ErrorCode::kBadFormat,
                 StrCat("--norm recomputed: ", broken, " is not finite over the training photos"),
                 "give other weights, or another --norm"};
  }
  ema_.Reset();
  return {};
}

Status Trainer::CarryNorms() {
  // A batch of 8 photos has 400 pixels a channel in the smallest maps; the mean over some hundred is what is kept.
  constexpr int64_t kBatch = 8;
  constexpr size_t kMostPhotos = 1024;
  const torch::NoGradGuard no_grad;
  module_.SetTraining(false);
  module_.CarryNorms(true);
  std::vector<size_t> order = Order(0);
  order.resize(std::min(order.size(), kMostPhotos));
  plain_.StartEpoch(0, order);
  std::vector<torch::Tensor> waiting;
  int64_t photos = 0;
  while (const std::optional<FedBatch> fed = plain_.Next()) {
    FROND_ASSIGN(const torch::Tensor inputs, Inputs(*fed));
    waiting.push_back(inputs.clone());
    photos += waiting.back().size(0);
    if (photos < kBatch) continue;
    (void)module_.Features(torch::cat(waiting), frozen_.blocks());
    waiting.clear();
    photos = 0;
  }
  if (photos > 1 && static_cast<int64_t>(order.size()) < kBatch) {
    (void)module_.Features(torch::cat(waiting), frozen_.blocks());
  }
  module_.CarryNorms(false);
  ema_.Reset();
  return {};
}

Result<LrRange> Trainer::TestRates(const std::function<void(const TrainProgress&)>& progress) {
  constexpr double kGrowth = 1.12;  // a step: 20 steps for a factor of ten
  constexpr int kMostSteps = 140;
  if (peers_ != nullptr) {
    return Error{ErrorCode::kUnsupported, StrCat("a learning-rate range test by ", peers_->size(), " processes"),
                 "run --lr-range in one"};
  }
  FROND_RETURN_IF_ERROR(FreezeForEpoch());
  if (setup_.carry_norms) FROND_RETURN_IF_ERROR(CarryNorms());
  if (options_.head == "probe") FROND_RETURN_IF_ERROR(BeginWithProbe());
  module_.SetTraining(true);
  module_.ComputeIn(setup_.compute.type);
  LrRange range;
  double rate = schedule_.peak * 1e-4;
  while (static_cast<int>(range.rates.size()) < kMostSteps && !range.exploded()) {
    train_.StartEpoch(static_cast<uint64_t>(state_.epoch), Order(state_.epoch));
    state_.batch = 0;
    while (const std::optional<FedBatch> fed = train_.Next()) {
      const Result<double> loss = Accumulate(*fed);
      ++state_.batch;
      if (!loss.ok() || trouble_ || static_cast<int>(range.rates.size()) == kMostSteps) break;
      Clip();
      if (trouble_ && state_.loss_scale.Overflowed()) {
        trouble_.reset();
        optimizer_.ZeroGradients();
        continue;
      }
      range.Add(rate, *loss);
      if (range.exploded() || trouble_) break;
      optimizer_.Step(rate);
      optimizer_.ZeroGradients();
      rate *= kGrowth;
      progress({1, 1, static_cast<int64_t>(range.rates.size()), kMostSteps, *loss, 0, 0, 0, nullptr, 0, 0});
    }
    ++state_.epoch;
    if (!range.rates.empty() && rate > range.rates.back() * kGrowth * 1.001) break;
    if (static_cast<int>(state_.epoch) > kMostSteps) break;  // nothing can be read
  }
  return range;
}

}  // namespace frond
