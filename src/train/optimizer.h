#ifndef FROND_SRC_TRAIN_OPTIMIZER_H_
#define FROND_SRC_TRAIN_OPTIMIZER_H_

#include <cstdint>
#include <string>
#include <vector>

#include "frond/result.h"
#include "src/train/module.h"

namespace frond {

struct OptimizerOptions {
  std::string rule = "adamw";
  double weight_decay = 0.02;  // decoupled (Loshchilov & Hutter 2019) in all rules; of tensors with two axes or more
  double momentum = 0.9;       // sgd, rmsprop
};

// Steps of the tensors that require a gradient. Its state is plain tensors, so that a checkpoint is one more
// safetensors file and a resumed run takes the same steps.
//   adamw    betas 0.9 and 0.999, epsilon 1e-8; bias is corrected by each tensor's own steps, so that one that thaws
//   late
//            does not begin with steps of three times the rate
//   sgd      v = momentum * v + g, x -= lr * v
//   rmsprop  the EfficientNet paper's, of TensorFlow: decay 0.9 of a mean square that begins at one, epsilon 1e-3
//            within the root, then momentum on lr * g / root
class Optimizer {
 public:
  // `module` must outlive it.
  Optimizer(Module& module, const OptimizerOptions& options);

  void ZeroGradients();
  // The norm of all gradients, divided by `scale`; not finite where one is not. The next step takes them so divided,
  // then scaled down to `largest` together, where that is positive.
  double ClipGradients(double largest, double scale = 1);
  void Step(double learning_rate);
  // A step that is not taken.
  void SkipStep() {
    ++steps_;
    gradient_factor_ = 1;
  }

  int64_t steps() const { return steps_; }
  void set_steps(int64_t steps) { steps_ = steps; }
  // As it was before the first step, but for steps().
  void Reset() { state_.assign(state_.size(), {}); }
  // The tensors kept for each that is being trained: "<tensor>.0" (momentum), "<tensor>.1" (mean square), "<tensor>.2"
  // (adamw's count of steps). Filling them restores it.
  std::vector<std::pair<std::string, torch::Tensor>> State();

 private:
  std::vector<torch::Tensor>& Slots(size_t tensor);

  Module& module_;
  OptimizerOptions options_;
  std::vector<std::vector<torch::Tensor>> state_;  // for each of the module's tensors; none before its first step
  int64_t steps_ = 0;
  double gradient_factor_ = 1;  // of the next step
};

}  // namespace frond

#endif  // FROND_SRC_TRAIN_OPTIMIZER_H_
