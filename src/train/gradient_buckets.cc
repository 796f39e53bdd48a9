#include "src/train/gradient_buckets.h"

#include <ranges>

namespace frond {
namespace {

// Large enough that a sum is not all latency, small enough that the first leaves early: 2 MB of floats.
constexpr int64_t kBucketFloats = int64_t{1} << 19;

}  // namespace

GradientBuckets::GradientBuckets(std::vector<ModuleTensor>& tensors, Peers& peers) : peers_(peers) {
  std::vector<int64_t> sizes;  // of the buckets
  std::vector<int64_t> offsets;
  for (const ModuleTensor& tensor : tensors | std::views::reverse) {
    if (!tensor.value.requires_grad()) continue;
    const int64_t count = tensor.value.numel();
    if (sizes.empty() || sizes.back() + count > kBucketFloats) {
      sizes.push_back(0);
      buckets_.emplace_back().first = parts_.size();
    }
    offsets.push_back(sizes.back());
    sizes.back() += count;
    ++buckets_.back().parts;
    parts_.push_back({tensor.value, {}, buckets_.size() - 1, 0, false});
  }
  for (size_t b = 0; b < buckets_.size(); ++b) {
    Bucket& bucket = buckets_[b];
    bucket.values = torch::zeros({sizes[b]}, parts_[bucket.first].tensor.options().requires_grad(false));
  }
  for (size_t i = 0; i < parts_.size(); ++i) {
    Part& part = parts_[i];
    part.gradient = buckets_[part.bucket].values.as_strided(part.tensor.sizes(), part.tensor.strides(), offsets[i]);
    part.hook = part.tensor.register_hook([this, i](const torch::Tensor& gradient) { Take(i, gradient); });
  }
}

GradientBuckets::~GradientBuckets() {
  for (Part& part : parts_) part.tensor.remove_hook(part.hook);
}

void GradientBuckets::Begin(bool last) {
  begun_ = true;
  last_ = last;
  for (Bucket& bucket : buckets_) bucket.missing = bucket.parts;
}

void GradientBuckets::Take(size_t index, const torch::Tensor& gradient) {
  const torch::NoGradGuard no_grad;
  Part& part = parts_[index];
  if (gradient.defined()) {
    if (part.filled) {
      part.gradient.add_(gradient);
    } else {
      part.gradient.copy_(gradient);
    }
    part.filled = true;
  }
  --buckets_[part.bucket].missing;
  if (last_) SendFull();
}

void GradientBuckets::SendFull() {
  while (sent_ < buckets_.size() && buckets_[sent_].missing == 0) Send(buckets_[sent_++]);
}

void GradientBuckets::Send(Bucket& bucket) {
  const torch::NoGradGuard no_grad;
  for (size_t i = bucket.first; i < bucket.first + bucket.parts; ++i) {
    if (!parts_[i].filled) parts_[i].gradient.zero_();
  }
  bucket.wait = peers_.StartSum(bucket.values, Peers::Lane::kGradients);
}

void GradientBuckets::Finish() {
  if (!begun_) return;
  while (sent_ < buckets_.size()) Send(buckets_[sent_++]);
  for (Bucket& bucket : buckets_) bucket.wait();
  for (Part& part : parts_) {
    part.tensor.mutable_grad() = part.gradient;
    part.filled = false;
  }
  sent_ = 0;
  begun_ = last_ = false;
}

}  // namespace frond
