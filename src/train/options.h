#ifndef FROND_SRC_TRAIN_OPTIONS_H_
#define FROND_SRC_TRAIN_OPTIONS_H_

#include <cstdint>
#include <string>

#include "frond/result.h"
#include "src/data/augment.h"
#include "src/data/dataset.h"

namespace CLI {
class App;
}

namespace frond {

// Everything that a training run can be told. Defaults are meant for tens to hundreds of photos a class.
struct TrainOptions {
  std::string data;
  std::string out = "run";
  std::string pretrained;     // a model file or foreign weights; empty: from scratch
  std::string arch;           // a spec's name or file; empty: the pretrained weights', or lite0
  std::string size = "auto";  // of the input: N or HxW in px, or auto: see ChooseInput
  std::string fit = "auto";   // how photos are brought to the input: auto (from the audit), crop, squash, pad

  std::string head = "mlp";  // or linear, or probe: linear, see FitProbe
  int hidden_units = 512;    // of the mlp
  double dropout = 0.3;
  double drop_path = 0;
  std::string freeze = "0.6";      // see ParseFreeze
  int unfreeze_every = 0;          // epochs after which one more stage thaws, from the head down; 0: never
  std::string activation = "own";  // or relu6: in place of the network's own
  std::string norm = "auto";       // statistics of what is trained: auto, frozen, batch, recomputed, group

  int epochs = 20;
  int batch = 16;
  int accumulate = 1;               // batches a step
  bool grad_checkpoint = false;     // blocks are computed again in the backward pass instead of kept
  std::string optimizer = "adamw";  // adamw, sgd, rmsprop
  double learning_rate = 0;         // 0: the optimizer's: adamw 1e-3, sgd 0.02, rmsprop 1e-3
  double weight_decay = 0.02;       // of matrices and convolutions; norms and biases have none
  double momentum = 0.9;            // of sgd and rmsprop
  int warmup_epochs = 5;            // at most a quarter of all
  double clip_norm = 5;             // of all gradients together; 0: none
  double ema_decay = 0.99;          // a step; 0: no average
  double blend = 1;                 // share of what is trained in the validated and saved weights: see Ema
  double label_smoothing = 0.1;
  double mixup = 0;                    // alpha of the Beta distribution (Zhang et al. 2018); 0: none
  double cutmix = 0;                   // likewise (Yun et al. 2019); where both are given, one is drawn for each batch
  int patience = 0;                    // epochs without a better validation after which training ends; 0: never early
  std::string class_weights = "none";  // none, balanced
  bool oversample = false;             // small classes are repeated until all are as large as the largest
  uint64_t views = 0;   // augmented ones of each photo, epoch e shows view e modulo `views`; 0: a new one each time
  double cache_gb = 4;  // of disk for what the frozen part makes of them; 0: it is computed anew in each epoch
  AugmentOptions augment;
  bool no_augment = false;

  DatasetOptions dataset;
  uint64_t seed = 0;
  int threads = 0;                 // 0: one for each CPU, which the processes of a machine share
  int peer_timeout_seconds = 60;   // after which a silent process counts as lost
  bool no_shared_memory = false;   // among the processes of a machine
  std::string rendezvous;          // HOST:PORT where rank 0 listens, in place of the launcher's
  std::string device = "auto";     // see ChooseCompute
  std::string precision = "fp32";  // fp32, bf16, fp16
  int checkpoint_seconds = 60;     // between checkpoints within an epoch
  bool restart = false;            // begin anew even where OUT holds an unfinished run
  bool lr_range = false;           // a learning-rate range test instead of a training
  bool json = false;
};

// What is frozen.
struct Freeze {
  double share = 0;   // of the body's parameter tensors, from the input on
  int stages = -1;    // or: the stem and so many stages; -1: what `share` says
  bool body = false;  // or: all but the classifier
};

// "0.6" (a share), "stages:4", "head" (all but the head's classifier is frozen), "none".
Result<Freeze> ParseFreeze(const std::string& text);

// One table: flags, their defaults, help, and the keys of a configuration file. How photos are shared out is said by
// cli/dataset_options.h, as for every verb.
void AddTrainOptions(CLI::App& app, TrainOptions& options);

// Checks what single flags cannot: sums, names, ranges that depend on each other.
Status ValidateTrainOptions(const TrainOptions& options);

// Every option as "name = value" lines that --config reads again.
std::string DescribeOptions(const CLI::App& app);

}  // namespace frond

#endif  // FROND_SRC_TRAIN_OPTIONS_H_
