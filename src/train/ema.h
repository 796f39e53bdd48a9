#ifndef FROND_SRC_TRAIN_EMA_H_
#define FROND_SRC_TRAIN_EMA_H_

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "src/train/module.h"
#include "src/train/tensor_io.h"
#include "src/train/update.h"

namespace frond {

// An exponential moving average of what training changes: weights and running statistics. Its decay begins low,
// min(decay, (1 + step) / (10 + step)), so that short runs do not average in where they began. With a share below 1,
// what is validated and saved lies so far on the way from where training began to the average (Wortsman et al. 2022,
// WiSE-FT): fine-tuned on few photos, a network loses of what it knew.
class Ema {
 public:
  // A decay of 0: the average is the module itself.
  Ema(Module& module, double decay, double share = 1) : module_(module), decay_(decay), share_(share) { Reset(); }

  // Begins anew from the module as it is.
  void Reset() {
    average_.clear();
    start_.clear();
    for (const ModuleTensor& tensor : module_.tensors()) {
      average_.push_back(decay_ > 0 ? tensor.value.detach().clone() : torch::Tensor());
      start_.push_back(share_ < 1 ? tensor.value.detach().clone() : torch::Tensor());
    }
  }

  void Update(int64_t step) {
    if (decay_ <= 0) return;
    const torch::NoGradGuard no_grad;
    const double decay = std::min(decay_, static_cast<double>(1 + step) / static_cast<double>(10 + step));
    for (size_t i = 0; i < average_.size(); ++i) UpdateAverage(1 - decay, module_.tensors()[i].value, average_[i]);
  }

  // While it lives, the module's tensors are the average's.
  class Swapped {
   public:
    explicit Swapped(Ema& ema) : ema_(ema), shown_(ema.Shown()) { Swap(); }
    ~Swapped() { Swap(); }
    Swapped(const Swapped&) = delete;
    Swapped& operator=(const Swapped&) = delete;

   private:
    void Swap() {
      for (size_t i = 0; i < shown_.size(); ++i) std::swap(shown_[i], ema_.module_.tensors()[i].value);
    }

    Ema& ema_;
    std::vector<torch::Tensor> shown_;
  };

  NamedTensors State() const {
    NamedTensors state;
    for (size_t i = 0; i < average_.size(); ++i) {
      const std::string& name = module_.tensors()[i].name;
      if (decay_ > 0) state.emplace_back(name, average_[i]);
      if (share_ < 1) state.emplace_back("start." + name, start_[i]);
    }
    return state;
  }

 private:
  // None where it is the module itself.
  std::vector<torch::Tensor> Shown() const {
    const torch::NoGradGuard no_grad;
    if (share_ == 1) return decay_ > 0 ? average_ : std::vector<torch::Tensor>();
    std::vector<torch::Tensor> shown;
    for (size_t i = 0; i < start_.size(); ++i) {
      const torch::Tensor& to = decay_ > 0 ? average_[i] : module_.tensors()[i].value;
      shown.push_back(start_[i].lerp(to, share_));
    }
    return shown;
  }

  Module& module_;
  double decay_;
  double share_;
  std::vector<torch::Tensor> start_;
  std::vector<torch::Tensor> average_;
};

}  // namespace frond

#endif  // FROND_SRC_TRAIN_EMA_H_
