#include "src/train/gradient_buckets.h"

#include "tests/train/generated_module.h"
#include "tests/train/in_world.h"

namespace frond {
namespace {

// Large enough for several buckets, one of them a map's filters, and one that is frozen.
std::vector<ModuleTensor> Tensors() {
  std::vector<ModuleTensor> tensors;
  const auto add = [&](const char* name, const torch::Tensor& value, bool trained) {
    tensors.push_back({name, value.clone(torch::MemoryFormat::Preserve).requires_grad_(trained)});
  };
  add("frozen", torch::ones({4}), false);
  add("filters", torch::ones({64, 32, 3, 3}).contiguous(torch::MemoryFormat::ChannelsLast), true);
  add("large", torch::ones({600000}), true);
  add("small", torch::ones({7}), true);
  add("unused", torch::ones({3}), true);
  return tensors;
}

// Each tensor's gradient is `factor` times its elements' places.
torch::Tensor Loss(const std::vector<ModuleTensor>& tensors, double factor) {
  torch::Tensor loss = torch::zeros({});
  for (size_t i = 0; i < 4; ++i) {
    const torch::Tensor& value = tensors[i].value;
    loss = loss + (value.reshape({-1}) * torch::arange(value.numel()).to(torch::kFloat32)).sum() * factor;
  }
  return loss;
}

void ExpectGradients(const std::vector<ModuleTensor>& tensors, double factor) {
  for (size_t i = 1; i < 4; ++i) {
    const torch::Tensor& value = tensors[i].value;
    const torch::Tensor places = torch::arange(value.numel()).to(torch::kFloat32).reshape(value.sizes());
    ASSERT_TRUE(value.grad().defined());
    EXPECT_TRUE(torch::equal(value.grad(), places * factor)) << tensors[i].name;
    EXPECT_EQ(value.grad().strides(), value.strides()) << tensors[i].name;
  }
  EXPECT_TRUE(torch::equal(tensors[4].value.grad(), torch::zeros({3})));
  EXPECT_FALSE(tensors[0].value.grad().defined());
}

TEST(GradientBuckets, AddUpOverPassesAndProcesses) {
  InWorld(2, [](Peers& peers) {
    std::vector<ModuleTensor> tensors = Tensors();
    const double own = peers.leads() ? 1 : 3;
    {
      GradientBuckets buckets(tensors, peers);
      for (int step = 0; step < 2; ++step) {
        for (const bool last : {false, true}) {
          buckets.Begin(last);
          Loss(tensors, last ? own : 2 * own).backward();
        }
        buckets.Finish();
        ExpectGradients(tensors, 12);
        for (ModuleTensor& tensor : tensors) tensor.value.mutable_grad() = torch::Tensor();
      }
      // A step of one pass, in which a process has nothing to learn from.
      buckets.Begin(true);
      if (peers.leads()) Loss(tensors, 5).backward();
      buckets.Finish();
      ExpectGradients(tensors, 5);
      // And one of none.
      tensors[2].value.mutable_grad() = torch::Tensor();
      buckets.Finish();
      EXPECT_FALSE(tensors[2].value.grad().defined());
    }
    // Gone, they leave the tensors alone.
    Loss(tensors, own).backward();
    EXPECT_TRUE(torch::equal(tensors[2].value.grad(), torch::arange(600000).to(torch::kFloat32) * own));
  });
}

// A network with batch statistics, of 2 + 4 photos: its gradients and running statistics are those of one process that
// has all six.
TEST(GradientBuckets, SharesOfABatchTeachWhatTheBatchTeaches) {
  const torch::Tensor images = GeneratedTensor("images", {6, 3, 32, 32}, -2, 2);
  const torch::Tensor direction = GeneratedTensor("direction", {6, 5}, -1, 1);
  std::vector<Module> modules;
  for (int i = 0; i < 3; ++i) {
    torch::manual_seed(5);
    modules.emplace_back(TinySpec(16));
    for (ModuleTensor& tensor : modules.back().tensors()) tensor.value.set_requires_grad(tensor.trainable);
    modules.back().SetTraining(true);
  }
  (modules[2].Forward(images) * direction).sum().backward();
  InWorld(2, [&](Peers& peers) {
    Module& own = modules[static_cast<size_t>(peers.rank())];
    const int64_t first = peers.leads() ? 0 : 2;
    const int64_t count = peers.leads() ? 2 : 4;
    GradientBuckets buckets(own.tensors(), peers);
    own.Share({&peers, 6, first, true});
    const torch::Tensor logits = own.Forward(images.narrow(0, first, count));
    buckets.Begin(true);
    (logits * direction.narrow(0, first, count)).sum().backward();
    buckets.Finish();
  });
  for (size_t i = 0; i < modules[2].tensors().size(); ++i) {
    const ModuleTensor& whole = modules[2].tensors()[i];
    for (size_t rank = 0; rank < 2; ++rank) {
      const ModuleTensor& own = modules[rank].tensors()[i];
      const torch::Tensor expected = whole.trainable ? whole.value.grad() : whole.value;
      const torch::Tensor found = own.trainable ? own.value.grad() : own.value;
      const double scale = std::max(1e-3, expected.abs().max().item<double>());
      EXPECT_LT((found - expected).abs().max().item<double>(), 2e-4 * scale) << whole.name;
    }
  }
}

}  // namespace
}  // namespace frond
