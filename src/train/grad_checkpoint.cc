#include "src/train/grad_checkpoint.h"

#include <ATen/Context.h>
#include <torch/csrc/autograd/autograd.h>

#include <mutex>

namespace frond {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Variable;
using torch::autograd::variable_list;

// How to compute the part again, in an AutogradContext.
struct Recipe : torch::CustomClassHolder {
  Recomputable part;
};

at::Generator GeneratorOf(const torch::Tensor& x) { return at::globalContext().defaultGenerator(x.device()); }

// The generator is as it was at `state` while this lives.
class RandomNumbersOf {
 public:
  RandomNumbersOf(at::Generator generator, const torch::Tensor& state) : generator_(std::move(generator)) {
    const std::lock_guard<std::mutex> lock(generator_.mutex());
    own_ = generator_.get_state();
    generator_.set_state(state);
  }
  ~RandomNumbersOf() {
    const std::lock_guard<std::mutex> lock(generator_.mutex());
    generator_.set_state(own_);
  }
  RandomNumbersOf(const RandomNumbersOf&) = delete;
  RandomNumbersOf& operator=(const RandomNumbersOf&) = delete;

 private:
  at::Generator generator_;
  torch::Tensor own_;
};

class Checkpoint : public torch::autograd::Function<Checkpoint> {
 public:
  // `anchor` requires a gradient, so that the part's leaves get theirs where x needs none.
  static Variable forward(AutogradContext* context, const Variable& x, const Variable& anchor,
                          const c10::intrusive_ptr<Recipe>& recipe) {
    (void)anchor;
    torch::Tensor random;
    {
      at::Generator generator = GeneratorOf(x);
      const std::lock_guard<std::mutex> lock(generator.mutex());
      random = generator.get_state();
    }
    context->save_for_backward({x, random});
    context->saved_data["recipe"] = c10::IValue::make_capsule(recipe);
    return recipe->part(x, false);
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const variable_list saved = context->get_saved_variables();
    const auto capsule = context->saved_data["recipe"].toCapsule();
    const Recomputable& part = static_cast<const Recipe&>(*capsule).part;
    const bool of_x = context->needs_input_grad(0);
    const torch::Tensor x = saved[0].detach().set_requires_grad(of_x);
    torch::Tensor y;
    {
      const torch::AutoGradMode with_gradients(true);
      const RandomNumbersOf first_time(GeneratorOf(x), saved[1]);
      y = part(x, true);
    }
    torch::autograd::backward({y}, {gradients[0]});
    return {of_x ? x.grad() : torch::Tensor(), {}, {}};
  }
};

}  // namespace

torch::Tensor CheckpointGradients(const torch::Tensor& x, Recomputable part) {
  if (!torch::GradMode::is_enabled()) return part(x, false);
  auto recipe = c10::make_intrusive<Recipe>();
  recipe->part = std::move(part);
  return Checkpoint::apply(x, torch::empty({0}, torch::TensorOptions().requires_grad(true)), recipe);
}

}  // namespace frond
