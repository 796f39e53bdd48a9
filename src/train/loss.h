#ifndef FROND_SRC_TRAIN_LOSS_H_
#define FROND_SRC_TRAIN_LOSS_H_

#include <vector>

#include "src/data/random.h"
#include "src/train/torch.h"

namespace frond {

// A batch's photos and what each is to be called.
struct Batch {
  torch::Tensor images;   // N x 3 x H x W
  torch::Tensor targets;  // N x K, rows that sum to 1 (with several tasks, TaskTargets)
};

// One-hot rows smoothed by `smoothing` (Szegedy et al. 2016): 1 - s, and s / K for every class; zeros for a label below
// 0, which is none.
torch::Tensor SmoothedTargets(const std::vector<int64_t>& labels, int64_t classes, double smoothing);

struct MixOptions {
  double mixup = 0;  // alpha of Beta(alpha, alpha); 0: none
  double cutmix = 0;
};

// Blends each photo with another of its batch: mixup (Zhang et al. 2018) the whole of it, CutMix (Yun et al. 2019) a
// rectangle; where both are wanted, one is drawn.
void Mix(Batch& batch, const MixOptions& options, Random& random);

// Mean over the photos of the cross entropy with soft targets, each class weighted (an empty tensor: all by 1), divided
// by the sum of the weights that the targets give. With hard targets that is torch's cross_entropy; with soft ones
// torch divides by the number of photos, so that a batch of a heavy class would take longer steps. `weight`, where it
// is defined, stands for that sum: of a batch of which these are a part.
torch::Tensor CrossEntropy(const torch::Tensor& logits, const torch::Tensor& targets,
                           const torch::Tensor& class_weights, const torch::Tensor& weight = {});

}  // namespace frond

#endif  // FROND_SRC_TRAIN_LOSS_H_
