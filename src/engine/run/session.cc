#include <algorithm>
#include <cstdint>
#include <limits>
#include <new>
#include <optional>

#include "frond/model.h"
#include "src/base/format.h"
#include "src/engine/model.h"
#include "src/engine/run/executor.h"
#include "src/spec/limits.h"

namespace frond {

struct Session::Impl {
  Impl(const Model& m, int threads, const std::vector<int>& bound_to)
      : model(m), cpus(bound_to), pool(threads, bound_to) {}

  Model model;
  std::vector<int> cpus;
  ThreadPool pool;
  std::optional<Plan> plan;  // for images of height x width
  int height = 0;
  int width = 0;
  int images_at_once = 1;  // that `memory` has room for
  AlignedBuffer memory;
};

namespace {

Status CheckBatch(const ImageBatch& batch) {
  if (batch.count < 1 || batch.height < 1 || batch.width < 1 || batch.height > kMaxSide || batch.width > kMaxSide) {
    return Error{ErrorCode::kInvalidArgument,
                 StrCat("a batch of ", batch.count, " images of ", batch.height, "x", batch.width, " px"),
                 StrCat("give at least one image with sides from 1 to ", kMaxSide)};
  }
  const uint64_t values = uint64_t{3} * static_cast<uint64_t>(batch.count) * static_cast<uint64_t>(batch.height) *
                          static_cast<uint64_t>(batch.width);
  if (batch.values.size() != values) {
    return Error{ErrorCode::kInvalidArgument,
                 StrCat(batch.values.size(), " values for ", batch.count, "x3x", batch.height, "x", batch.width),
                 StrCat("give ", values)};
  }
  return {};
}

Status CheckOutputs(size_t room, uint64_t outputs) {
  if (room == outputs) return {};
  return Error{ErrorCode::kInvalidArgument, StrCat("room for ", room, " outputs, the batch has ", outputs),
               StrCat("give ", outputs)};
}

}  // namespace

Session::Session(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Session::Session(Session&&) noexcept = default;
Session& Session::operator=(Session&&) noexcept = default;
Session::~Session() = default;

Result<Session> Session::Create(const Model& model, const SessionOptions& options) {
  constexpr int kMaxThreads = 256;
  if (options.threads < 0 || options.threads > kMaxThreads) {
    return Error{ErrorCode::kInvalidArgument, StrCat("threads is ", options.threads),
                 StrCat("give 0 to ", kMaxThreads, "; 0 is one for each CPU")};
  }
  FROND_RETURN_IF_ERROR(CheckCpus(options.cpus));
  std::vector<int> cpus = options.cpus;
  std::sort(cpus.begin(), cpus.end());
  cpus.erase(std::unique(cpus.begin(), cpus.end()), cpus.end());
  const int all = std::min(cpus.empty() ? AvailableCpus() : static_cast<int>(cpus.size()), kMaxThreads);
  const int threads = options.threads == 0 ? all : options.threads;
  try {
    return Session(std::make_unique<Impl>(model, threads, cpus));
  } catch (const std::bad_alloc&) {
    return Error{ErrorCode::kLimit, StrCat("no memory for ", threads, " threads"), "give fewer threads"};
  }
}

const Model& Session::model() const { return impl_->model; }

Status Session::PlanFor(int height, int width, int count) {
  Impl& self = *impl_;
  const int threads = self.pool.threads();
  const bool planned = self.plan && self.height == height && self.width == width;
  // A batch runs one image a thread, without a barrier between layers, while that takes little memory.
  constexpr uint64_t kMaxBatchFloats = (uint64_t{128} << 20) / sizeof(float);
  if (planned && (count < threads || self.images_at_once == threads)) return {};
  const Model::Impl& model = self.model.impl();
  if (!planned) {
    self.plan = BuildPlan(model.spec, model.packed, height, width);
    self.height = height;
    self.width = width;
    self.images_at_once = 0;
  }
  const Plan& plan = *self.plan;
  const bool one_each = threads > 1 && count >= threads && threads * plan.arena_floats <= kMaxBatchFloats;
  const int images_at_once = one_each ? threads : 1;
  if (self.images_at_once == images_at_once) return {};
  const uint64_t floats =
      plan.arena_floats * static_cast<uint64_t>(images_at_once) + plan.scratch_floats * static_cast<uint64_t>(threads);
  self.memory = AlignedBuffer();  // the old one goes before the new one comes
  constexpr uint64_t kMaxFloats =
      std::min<uint64_t>(uint64_t{64} << 30, std::numeric_limits<size_t>::max()) / sizeof(float);
  if (floats <= kMaxFloats) self.memory = AlignedBuffer(floats);
  if (self.memory.data() == nullptr) {
    self.plan.reset();
    return Error{ErrorCode::kLimit,
                 StrCat("images of ", height, "x", width, " px need ", floats * sizeof(float) / 1'000'000,
                        " MB of working memory"),
                 "give smaller images, or fewer threads"};
  }
  self.images_at_once = images_at_once;
  return {};
}

Status Session::Run(const ImageBatch& batch, std::span<float> out, std::span<float> features) {
  const Model::Impl& model = impl_->model.impl();
  FROND_RETURN_IF_ERROR(CheckBatch(batch));
  FROND_RETURN_IF_ERROR(PlanFor(batch.height, batch.width, batch.count));
  const Plan& plan = *impl_->plan;
  FROND_RETURN_IF_ERROR(CheckOutputs(out.size(), uint64_t{plan.output_floats} * static_cast<uint64_t>(batch.count)));
  if (!features.empty() && features.size() != plan.feature_floats * static_cast<size_t>(batch.count)) {
    return Error{ErrorCode::kInvalidArgument,
                 StrCat("room for ", features.size(), " features, the batch has ",
                        plan.feature_floats * static_cast<size_t>(batch.count)),
                 plan.feature_floats == 0 ? "take the output: the model is a feature extractor" : "give that many"};
  }
  const BoundToCpus bound(impl_->cpus);
  const size_t image_floats = size_t{3} * static_cast<size_t>(batch.height) * static_cast<size_t>(batch.width);
  const auto run = [&](int image, ThreadPool* pool, float* memory) {
    RunPlan(plan, *model.packed.kernels, pool, memory, batch.values.data() + static_cast<size_t>(image) * image_floats,
            out.data() + static_cast<size_t>(image) * plan.output_floats,
            features.empty() ? nullptr : features.data() + static_cast<size_t>(image) * plan.feature_floats);
  };
  const int together = impl_->images_at_once;
  const int one_each = together > 1 ? batch.count / together * together : 0;
  const size_t thread_floats = plan.arena_floats + plan.scratch_floats;
  impl_->pool.Run(one_each, [&](int image, int thread) {
    run(image, nullptr, impl_->memory.data() + static_cast<size_t>(thread) * thread_floats);
  });
  for (int image = one_each; image < batch.count; ++image) run(image, &impl_->pool, impl_->memory.data());
  return {};
}

}  // namespace frond
