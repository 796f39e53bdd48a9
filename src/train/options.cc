#include "src/train/options.h"

#include <CLI/CLI.hpp>
#include <charconv>
#include <cmath>

#include "src/base/format.h"
#include "src/spec/input_size.h"

namespace frond {
namespace {

Result<double> ParseNumber(std::string_view text) {
  double value = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (code != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) {
    return Error{ErrorCode::kInvalidArgument, StrCat(Quote(text), " is no number"), "give one"};
  }
  return value;
}

template <class T>
CLI::Option* AddNumber(CLI::App& app, const std::string& name, T& value, const std::string& help, T low, T high) {
  return app.add_option(name, value, help)->check(CLI::Range(low, high))->capture_default_str();
}

CLI::Option* AddChoice(CLI::App& app, const std::string& name, std::string& value, const std::string& help,
                       const std::vector<std::string>& choices) {
  return app.add_option(name, value, help)->check(CLI::IsMember(choices))->capture_default_str();
}

void AddNetworkOptions(CLI::App& app, TrainOptions& o) {
  app.add_option("--pretrained", o.pretrained, "weights to start from: a model file, or timm's, torchvision's, ...");
  app.add_option("--arch", o.arch, "architecture: a name (`frond info --list`) or a spec's JSON file");
  app.add_option("--size", o.size,
                 "of the input, px: N or HxW; auto: as costly as the weights' own, of the photos' shape")
      ->capture_default_str();
  AddChoice(app, "--fit", o.fit, "how photos of another shape are brought to it", {"auto", "crop", "squash", "pad"});
  AddChoice(app, "--head", o.head,
            "the classifier; probe: linear, and begins as the discriminant of the features that the weights have",
            {"mlp", "linear", "probe"});
  AddNumber(app, "--hidden-units", o.hidden_units, "of the mlp head", 1, 16384);
  AddNumber(app, "--dropout", o.dropout, "before the last layer", 0.0, 0.95);
  AddNumber(app, "--drop-path", o.drop_path, "of the last block, growing linearly from the first", 0.0, 0.95);
  app.add_option("--freeze", o.freeze, "share of the body's tensors, or stages:N, or head (all but it), or none")
      ->capture_default_str();
  AddNumber(app, "--unfreeze-every", o.unfreeze_every, "epochs until one more stage thaws; 0: never", 0, 100000);
  AddChoice(app, "--activation", o.activation, "the network's own, or relu6, whose outputs never exceed 6",
            {"own", "relu6"});
  AddChoice(app, "--norm", o.norm, "statistics of what is trained; group: of each photo, by GroupNorm",
            {"auto", "frozen", "batch", "recomputed", "group"});
}

void AddOptimisationOptions(CLI::App& app, TrainOptions& o) {
  AddNumber(app, "--epochs", o.epochs, "passes over the photos", 1, 100000);
  AddNumber(app, "--batch", o.batch, "photos a batch", 1, 4096);
  AddNumber(app, "--accumulate", o.accumulate, "batches a step", 1, 4096);
  app.add_flag("--grad-checkpoint", o.grad_checkpoint,
               "less memory: blocks are computed again in the backward pass, for a third more time");
  AddChoice(app, "--optimizer", o.optimizer, "rule of the steps", {"adamw", "sgd", "rmsprop"});
  AddNumber(app, "--lr", o.learning_rate, "largest learning rate; 0: the optimizer's", 0.0, 1e6);
  AddNumber(app, "--weight-decay", o.weight_decay, "of convolutions and matrices", 0.0, 10.0);
  AddNumber(app, "--momentum", o.momentum, "of sgd and rmsprop", 0.0, 0.9999);
  AddNumber(app, "--warmup-epochs", o.warmup_epochs, "of linear warm-up, at most a quarter of all", 0, 100000);
  AddNumber(app, "--clip", o.clip_norm, "largest norm of the gradients; 0: any", 0.0, 1e9);
  AddNumber(app, "--ema", o.ema_decay, "decay a step of the averaged weights; 0: none", 0.0, 0.999999);
  AddNumber(app, "--blend", o.blend, "share of what is trained in the result; the rest is what it began with", 0.0,
            1.0);
  AddNumber(app, "--label-smoothing", o.label_smoothing, "share given to all classes", 0.0, 0.9);
  AddNumber(app, "--mixup", o.mixup, "alpha; 0: none", 0.0, 100.0);
  AddNumber(app, "--cutmix", o.cutmix, "alpha; 0: none", 0.0, 100.0);
  AddNumber(app, "--patience", o.patience, "epochs without progress until the end; 0: any", 0, 100000);
  AddChoice(app, "--class-weights", o.class_weights, "of the loss", {"none", "balanced"});
  app.add_flag("--oversample", o.oversample, "repeat the photos of small classes");
}

void AddAugmentOptions(CLI::App& app, TrainOptions& o) {
  AugmentOptions& a = o.augment;
  app.add_flag("--no-augment", o.no_augment, "photos as they are");
  AddNumber<uint64_t>(app, "--views", o.views,
                      "of each photo, shown in turn: what is frozen runs once; 0: always new ones", 0, 10000);
  AddNumber(app, "--cache-gb", o.cache_gb, "room in OUT for what is frozen, with --views or --no-augment", 0.0, 1e6);
  AddNumber(app, "--crop-min-area", a.min_area, "smallest random crop", 0.01, 1.0);
  AddNumber(app, "--crop-stretch", a.max_stretch, "of its proportions", 1.0, 4.0);
  app.add_flag("--hflip,!--no-hflip", a.horizontal_flip, "mirror half of the photos");
  app.add_flag("--vflip,!--no-vflip", a.vertical_flip, "likewise upside down: where a subject has no up");
  app.add_flag("--quarter-turns,!--no-quarter-turns", a.quarter_turns, "likewise");
  AddNumber(app, "--rotate", a.rotation_degrees, "degrees to either side", 0.0, 180.0);
  AddNumber(app, "--brightness", a.brightness, "factor 1 - x to 1 + x", 0.0, 1.0);
  AddNumber(app, "--contrast", a.contrast, "likewise", 0.0, 1.0);
  AddNumber(app, "--saturation", a.saturation, "likewise", 0.0, 1.0);
  AddNumber(app, "--hue", a.hue, "turns of the colour circle", 0.0, 0.5);
  AddNumber(app, "--season-light", a.season_light, "strength of daylight's colours, gamma and shadows", 0.0, 1.0);
  AddNumber(app, "--rand-augment", a.rand_augment_ops, "operations a photo", 0, 14);
  AddNumber(app, "--rand-augment-magnitude", a.rand_augment_magnitude, "of them", 0.0, 10.0);
  AddNumber(app, "--erase", a.erase_probability, "chance of a rectangle of noise", 0.0, 1.0);
}

}  // namespace

Result<Freeze> ParseFreeze(const std::string& text) {
  Freeze freeze;
  if (text == "none") return freeze;
  if (text == "head") {
    freeze.body = true;
    return freeze;
  }
  const bool stages = text.starts_with("stages:");
  const Result<double> number = ParseNumber(stages ? std::string_view(text).substr(7) : text);
  const bool fits =
      number.ok() && *number >= 0 && (stages ? *number <= 64 && *number == std::floor(*number) : *number <= 1);
  if (!fits) {
    return Error{ErrorCode::kInvalidArgument, StrCat("--freeze is ", Quote(text)),
                 "give a share from 0 to 1, stages:N, head or none"};
  }
  if (stages) {
    freeze.stages = static_cast<int>(*number);
  } else {
    freeze.share = *number;
  }
  return freeze;
}

void AddTrainOptions(CLI::App& app, TrainOptions& o) {
  app.option_defaults()->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);  // a script's defaults can be overruled
  app.add_option("DATA", o.data, "a folder a class, or train/val/test folders of them, or a CSV")->required();
  app.add_option("--out", o.out, "folder of the run: models, metrics, report")->capture_default_str();
  AddNetworkOptions(app, o);
  AddOptimisationOptions(app, o);
  AddAugmentOptions(app, o);
  app.add_option("--seed", o.seed, "of splits, weights and augmentation")->capture_default_str();
  AddNumber(app, "--threads", o.threads, "0: one for each CPU", 0, 256);
  AddChoice(app, "--device", o.device, "where the network is trained; auto: on a CUDA GPU where there is one",
            {"auto", "cpu", "cuda"});
  AddChoice(app, "--precision", o.precision, "of convolutions in training; fp16 scales the loss to fit",
            {"fp32", "bf16", "fp16"});
  AddNumber(app, "--peer-timeout-seconds", o.peer_timeout_seconds,
            "of several processes one that is silent for so long is lost", 1, 86400);
  app.add_flag("--no-shared-memory", o.no_shared_memory,
               "several processes of one machine talk over the network, as those of several do");
  app.add_option("--rendezvous", o.rendezvous,
                 "HOST:PORT where rank 0 of several processes listens, in place of MASTER_ADDR and MASTER_PORT");
  AddNumber(app, "--checkpoint-seconds", o.checkpoint_seconds,
            "between checkpoints within an epoch; 0: after each step", 0, 86400);
  app.add_flag("--restart", o.restart, "begin anew even where OUT holds an unfinished run")->configurable(false);
  app.add_flag("--lr-range", o.lr_range, "find the learning rate: a short run of growing rates, drawn")
      ->configurable(false);
  app.add_flag("--json", o.json, "the result as JSON on standard output")->configurable(false);
  app.set_config("--config", "", "a file of these options, as OUT/config.toml")->check(CLI::ExistingFile);
}

Status ValidateTrainOptions(const TrainOptions& o) {
  FROND_RETURN_IF_ERROR(ParseFreeze(o.freeze));
  if (o.size != "auto") FROND_RETURN_IF_ERROR(ParseInputSize(o.size));
  FROND_RETURN_IF_ERROR(ValidateAugment(o.augment));
  if (o.pretrained.empty() && o.freeze != "none" && o.freeze != "0") {
    return Error{ErrorCode::kInvalidArgument,
                 StrCat("--freeze ", o.freeze, " without --pretrained freezes random weights"),
                 "give --pretrained FILE, or --freeze none to train from scratch"};
  }
  if (o.head == "probe" && o.pretrained.empty()) {
    return Error{ErrorCode::kInvalidArgument, "--head probe without --pretrained has no features to begin with",
                 "give --pretrained FILE, or --head linear"};
  }
  return {};
}

std::string DescribeOptions(const CLI::App& app) { return app.config_to_str(/*default_also=*/true, false); }

}  // namespace frond
