#include "src/train/update.h"

#include <algorithm>
#include <utility>

#include "src/train/fastest_isa.h"

namespace frond {
namespace {

// Values a thread takes at once: whole vectors of any instruction set, so that no bit depends on the number of threads.
constexpr int64_t kBlock = 4096;

template <class Update>
void ForBlocks(int64_t count, const Update& update) {
  at::parallel_for(0, (count + kBlock - 1) / kBlock, 4, [&](int64_t begin, int64_t end) {
    update(begin * kBlock, std::min(count, end * kBlock) - begin * kBlock);
  });
}

bool IsForKernels(const torch::Tensor& tensor) {
  return tensor.is_cpu() && tensor.scalar_type() == torch::kFloat32 && tensor.is_non_overlapping_and_dense();
}

// Whether the same values lie at the same places.
bool IsOfOrder(const torch::Tensor& a, const torch::Tensor& b) {
  for (int64_t axis = 0; axis < a.dim(); ++axis) {
    if (a.size(axis) > 1 && a.stride(axis) != b.stride(axis)) return false;
  }
  return true;
}

}  // namespace

void UpdateByAdamW(const AdamWStep& step, const torch::Tensor& gradient, torch::Tensor& momentum,
                   torch::Tensor& mean_square, torch::Tensor& value) {
  if (IsForKernels(value) && IsForKernels(gradient)) {
    const torch::Tensor ordered =
        IsOfOrder(gradient, value) ? gradient : torch::empty_like(value.detach()).copy_(gradient);
    const float* g = ordered.data_ptr<float>();
    auto* m = momentum.data_ptr<float>();
    auto* v = mean_square.data_ptr<float>();
    auto* x = value.data_ptr<float>();
    ForBlocks(value.numel(), [&](int64_t at, int64_t count) {
      UpdateByAdamW(FastestIsa(), step, g + at, count, m + at, v + at, x + at);
    });
    return;
  }
  const torch::Tensor scaled = step.gradient_scale == 1 ? gradient : gradient * step.gradient_scale;
  momentum.lerp_(scaled, 1 - kAdamBeta1);
  mean_square.mul_(kAdamBeta2).addcmul_(scaled, scaled, 1 - kAdamBeta2);
  const torch::Tensor root = mean_square.sqrt().mul_(step.root_scale).add_(kAdamEpsilon);
  value.mul_(step.keep).addcdiv_(momentum, root, -step.rate);
}

void UpdateAverage(double weight, const torch::Tensor& value, torch::Tensor& average) {
  if (!IsForKernels(value) || !IsForKernels(average) || !IsOfOrder(value, average)) {
    average.lerp_(value, weight);
    return;
  }
  const float* x = value.data_ptr<float>();
  auto* mean = average.data_ptr<float>();
  ForBlocks(value.numel(), [&](int64_t at, int64_t count) {
    UpdateAverage(FastestIsa(), static_cast<float>(weight), x + at, count, mean + at);
  });
}

}  // namespace frond
