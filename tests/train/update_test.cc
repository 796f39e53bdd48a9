#include "src/train/update.h"

#include <gtest/gtest.h>

#include <vector>

#include "src/base/isa.h"
#include "tests/train/generated_module.h"

namespace frond {
namespace {

// AdamW as torch's operations take it, in float64.
struct Reference {
  torch::Tensor momentum, mean_square, value;

  void Step(const AdamWStep& step, const torch::Tensor& gradient) {
    const torch::Tensor scaled = gradient * step.gradient_scale;
    momentum = momentum * kAdamBeta1 + scaled * (1 - kAdamBeta1);
    mean_square = mean_square * kAdamBeta2 + scaled * scaled * (1 - kAdamBeta2);
    value = value * step.keep - step.rate * momentum / (mean_square.sqrt() * step.root_scale + kAdamEpsilon);
  }
};

void ExpectNear(const torch::Tensor& own, const torch::Tensor& reference, const std::string& what) {
  EXPECT_TRUE(torch::allclose(own.to(torch::kFloat64), reference, 1e-5, 1e-6)) << what;
}

TEST(Update, AdamWOnEveryInstructionSetAndAnyLength) {
  const AdamWStep step = {0.5, 0.99, 0.03, 1.2};
  for (const Isa isa : AvailableIsas()) {
    for (const int64_t count : {1, 7, 16, 61, 5000}) {
      torch::Tensor momentum = GeneratedTensor("m", {count}, -1, 1);
      torch::Tensor mean_square = GeneratedTensor("v", {count}, 0, 1);
      torch::Tensor value = GeneratedTensor("x", {count}, -1, 1);
      Reference reference = {momentum.to(torch::kFloat64), mean_square.to(torch::kFloat64), value.to(torch::kFloat64)};
      const torch::Tensor gradient = GeneratedTensor("g", {count}, -1, 1);
      UpdateByAdamW(isa, step, gradient.data_ptr<float>(), count, momentum.data_ptr<float>(),
                    mean_square.data_ptr<float>(), value.data_ptr<float>());
      reference.Step(step, gradient.to(torch::kFloat64));
      const std::string what = std::string(IsaName(isa)) + " " + std::to_string(count);
      ExpectNear(momentum, reference.momentum, what);
      ExpectNear(mean_square, reference.mean_square, what);
      ExpectNear(value, reference.value, what);
    }
  }
}

TEST(Update, AveragesOnEveryInstructionSetAndAnyLength) {
  for (const Isa isa : AvailableIsas()) {
    for (const int64_t count : {1, 7, 16, 61, 5000}) {
      torch::Tensor average = GeneratedTensor("a", {count}, -1, 1);
      const torch::Tensor value = GeneratedTensor("x", {count}, -1, 1);
      const torch::Tensor expected = average.to(torch::kFloat64).lerp(value.to(torch::kFloat64), 0.3);
      UpdateAverage(isa, 0.3F, value.data_ptr<float>(), count, average.data_ptr<float>());
      ExpectNear(average, expected, IsaName(isa).data());
    }
  }
}

// Filters lie channels last, their gradient may not.
TEST(Update, GradientsInAnyOrderOfMemory) {
  const std::vector<int64_t> shape = {6, 5, 3, 3};
  const torch::Tensor gradient = GeneratedTensor("g", shape, -1, 1);
  const auto last = [](const torch::Tensor& tensor) { return tensor.contiguous(torch::MemoryFormat::ChannelsLast); };
  const AdamWStep step = {1, 0.9, 0.1, 2};
  torch::Tensor momentum = last(torch::zeros(shape));
  torch::Tensor mean_square = last(torch::zeros(shape));
  torch::Tensor value = last(GeneratedTensor("x", shape, -1, 1));
  Reference reference = {torch::zeros(shape, torch::kFloat64), torch::zeros(shape, torch::kFloat64),
                         value.to(torch::kFloat64)};
  UpdateByAdamW(step, gradient, momentum, mean_square, value);
  reference.Step(step, gradient.to(torch::kFloat64));
  ExpectNear(value, reference.value, "value");
  ExpectNear(momentum, reference.momentum, "momentum");
  for (const bool same_order : {false, true}) {
    torch::Tensor average = same_order ? last(gradient.clone()) : gradient.clone();
    const torch::Tensor expected = average.to(torch::kFloat64).lerp(value.to(torch::kFloat64), 0.3);
    UpdateAverage(0.3, value, average);
    ExpectNear(average, expected, same_order ? "average, same order" : "average");
  }
}

// Several blocks, the last of them not full.
TEST(Update, LargeTensors) {
  const std::vector<int64_t> shape = {7, 5003};
  const torch::Tensor gradient = GeneratedTensor("g", shape, -1, 1);
  torch::Tensor momentum = GeneratedTensor("m", shape, -1, 1);
  torch::Tensor mean_square = GeneratedTensor("v", shape, 0, 1);
  torch::Tensor value = GeneratedTensor("x", shape, -1, 1);
  Reference reference = {momentum.to(torch::kFloat64), mean_square.to(torch::kFloat64), value.to(torch::kFloat64)};
  const AdamWStep step = {0.5, 0.99, 0.03, 1.2};
  UpdateByAdamW(step, gradient, momentum, mean_square, value);
  reference.Step(step, gradient.to(torch::kFloat64));
  ExpectNear(momentum, reference.momentum, "momentum");
  ExpectNear(mean_square, reference.mean_square, "mean square");
  ExpectNear(value, reference.value, "value");
  torch::Tensor average = GeneratedTensor("a", shape, -1, 1);
  const torch::Tensor expected = average.to(torch::kFloat64).lerp(value.to(torch::kFloat64), 0.25);
  UpdateAverage(0.25, value, average);
  ExpectNear(average, expected, "average");
}

}  // namespace
}  // namespace frond
