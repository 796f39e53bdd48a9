#ifndef FROND_SRC_TRAIN_OVERFLOW_H_
#define FROND_SRC_TRAIN_OVERFLOW_H_

#include <functional>
#include <string>

#include "src/train/module.h"

namespace frond {

// Where numbers ceased to be finite. Layers are named as their tensors in the model file, without ".weight".

bool AllFinite(const torch::Tensor& values);

// The first layer of a forward pass, which `forward` runs, with an output that is not finite; empty where none has.
std::string FirstOverflow(Module& module, const std::function<void()>& forward);

// The first of a backward pass: the trained tensor nearest to the loss whose gradient is not finite, or empty.
std::string FirstBrokenGradient(const Module& module);

// Batch-norm's running statistics, which a forward pass changes, as they were before it.
class KeptStatistics {
 public:
  // `module` must outlive it.
  explicit KeptStatistics(Module& module) : module_(module) {}

  void Keep();
  void Restore();

  // The first that is not finite in the module now, or empty.
  std::string FirstBroken() const;

 private:
  std::vector<torch::Tensor> Values() const;

  Module& module_;
  torch::Tensor kept_;  // all of them, one behind the other: one copy a batch instead of a hundred
};

// Divides by a power of two, so that none exceeds 2, the tensors that are the likely cause of an overflow in `layer`:
// those up to it, frozen ones too, that hold a weight above kSoundWeight. What was done, for the log; empty where there
// is nothing to do.
constexpr double kSoundWeight = 1000;  // Lite0's published ones stay below 14
std::string TameWeights(Module& module, const std::string& layer);

}  // namespace frond

#endif  // FROND_SRC_TRAIN_OVERFLOW_H_
