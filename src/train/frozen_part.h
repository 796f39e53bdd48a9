#ifndef FROND_SRC_TRAIN_FROZEN_PART_H_
#define FROND_SRC_TRAIN_FROZEN_PART_H_

#include <optional>
#include <vector>

#include "frond/model.h"
#include "src/train/module.h"

namespace frond {

// What training leaves alone (Module::FrozenBlocks), run by frond's own engine: its batch-norms are folded and its
// blocks fused, so that it takes a fraction of libtorch's time. Drop-path has no part in it: what is frozen always
// answers as in use. Keeps a packed copy of the weights as they were.
class FrozenPart {
 public:
  // Nothing is frozen: photos pass as they are.
  explicit FrozenPart(const Preprocessing& input) : input_(input), shape_({3, input.height, input.width}) {}

  // `threads`: 0 for one for each CPU. Errors: those of Model::Load, of weights, and of Session::Create.
  static Result<FrozenPart> Create(const Module& module, int threads);

  size_t blocks() const { return blocks_; }

  // Extents of what Run makes of one photo: C x H x W of a map, C of features.
  const std::vector<int64_t>& shape() const { return shape_; }
  size_t floats() const;

  // Of the weights, and how many layers they are of: what the outputs depend on beside the photo.
  const std::string& fingerprint() const { return fingerprint_; }

  // Sides of the photos.
  const Preprocessing& input() const { return input_; }

  // N x 3 x H x W, in C order, to what Module::Features takes with blocks(), maps channels-last. Errors: those of
  // Session::Run.
  Result<torch::Tensor> Run(const torch::Tensor& images);

 private:
  Preprocessing input_;
  size_t blocks_ = 0;
  std::vector<int64_t> shape_;
  std::string fingerprint_;
  std::optional<Session> session_;
};

// N x `shape` without values, a map channels-last.
torch::Tensor EmptyMaps(int64_t count, const std::vector<int64_t>& shape);

}  // namespace frond

#endif  // FROND_SRC_TRAIN_FROZEN_PART_H_
