#ifndef FROND_SRC_TRAIN_GRADIENT_BUCKETS_H_
#define FROND_SRC_TRAIN_GRADIENT_BUCKETS_H_

#include <functional>
#include <vector>

#include "src/train/module.h"
#include "src/train/peers.h"

namespace frond {

// Adds up gradients over all processes while the backward pass goes on (Li et al. 2020, PyTorch Distributed): the
// tensors that are trained lie in buckets, the last layers' first, and a bucket is sent once the pass has filled it.
class GradientBuckets {
 public:
  // Of the tensors that require a gradient now; they must not change while it lives.
  GradientBuckets(std::vector<ModuleTensor>& tensors, Peers& peers);
  ~GradientBuckets();
  GradientBuckets(const GradientBuckets&) = delete;
  GradientBuckets& operator=(const GradientBuckets&) = delete;

  // Before each backward pass of a step, with `last` before the last: gradients add up here until then.
  void Begin(bool last);
  // Behind it: each tensor's gradient becomes the sum over the step's passes and all processes. Without a pass since
  // the last one it does nothing.
  void Finish();

 private:
  struct Part {  // a tensor's
    torch::Tensor tensor;
    torch::Tensor gradient;  // where it lies in its bucket, with the tensor's strides
    size_t bucket = 0;
    unsigned hook = 0;
    bool filled = false;  // by this step
  };
  struct Bucket {
    torch::Tensor values;
    size_t first = 0;  // part
    size_t parts = 0;
    size_t missing = 0;  // of them, in the last pass
    std::function<void()> wait;
  };

  void Take(size_t part, const torch::Tensor& gradient);
  void SendFull();
  void Send(Bucket& bucket);

  Peers& peers_;
  std::vector<Part> parts_;
  std::vector<Bucket> buckets_;
  size_t sent_ = 0;  // buckets; always in their order, which is then the same in all processes
  bool begun_ = false;
  bool last_ = false;
};

}  // namespace frond

#endif  // FROND_SRC_TRAIN_GRADIENT_BUCKETS_H_
