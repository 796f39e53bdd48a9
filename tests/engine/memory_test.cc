// What running costs in memory: the plan's count, and that nothing is allocated once it stands.

#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <new>

#include "frond/model.h"
#include "src/base/isa.h"
#include "src/engine/model.h"
#include "src/engine/plan/plan.h"
#include "tests/engine/saved_model.h"
#include "tests/support/temp_dir.h"

// The thread sanitizer brings operators of its own, which cannot be replaced: there nothing is counted.
#if defined(__SANITIZE_THREAD__)
#define FROND_COUNTS_ALLOCATIONS 0
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define FROND_COUNTS_ALLOCATIONS 0
#endif
#endif
#ifndef FROND_COUNTS_ALLOCATIONS
#define FROND_COUNTS_ALLOCATIONS 1
#endif

#if FROND_COUNTS_ALLOCATIONS
namespace {
std::atomic<int64_t> allocations{0};
}  // namespace

// Every allocation of this program passes through here.
void* operator new(std::size_t bytes) {
  ++allocations;
  void* memory = std::malloc(bytes);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
#endif

namespace frond {
namespace {

class MemoryTest : public testing::Test {
 protected:
  void TearDown() override { unsetenv("FROND_ISA"); }
  Model Load(const char* name, const GroupNormSpec& group_norm = {}) {
    Spec spec = FindSpec(name).value();
    spec.group_norm = group_norm;
    SaveGeneratedModel(spec, dir_.File("model.safetensors"));
    return Model::Load(dir_.File("model.safetensors")).value();
  }
  TempDir dir_;
};

#if FROND_COUNTS_ALLOCATIONS
TEST_F(MemoryTest, ARunAllocatesNothingOnceThePlanStands) {
  for (const auto& [threads, group_norm] :
       {std::pair(1, GroupNormSpec{}), std::pair(2, GroupNormSpec{}), std::pair(2, GroupNormSpec{8, 3})}) {
    const Model model = Load("b0", group_norm);
    Result<Session> session = Session::Create(model, {threads});
    const std::vector<float> images(size_t{3} * 3 * 64 * 64, 0.5f);
    std::vector<float> logits(3 * 1000);
    const ImageBatch one = {std::span(images).first(3 * 64 * 64), 1, 64, 64};
    const ImageBatch three = {images, 3, 64, 64};
    ASSERT_TRUE(session->Run(three, logits).ok());
    ASSERT_TRUE(session->Run(one, std::span(logits).first(1000)).ok());
    const int64_t before = allocations;
    ASSERT_TRUE(session->Run(three, logits).ok());
    ASSERT_TRUE(session->Run(one, std::span(logits).first(1000)).ok());
    EXPECT_EQ(allocations - before, 0) << threads << " threads";
  }
}
#endif

// One image on one thread: 2.5 MB for B0, 10 MB for B4, which layer by layer take 6 and 26 MB. Panels narrower than
// B4's first 24 channels leave the first block's two maps apart: 10.5 MB.
TEST_F(MemoryTest, PeakActivationsAreAsSmallAsPromised) {
  for (const auto& [name, limit_mb] : {std::pair("b0", 2.5), std::pair("b4", 10.0), std::pair("lite0", 2.5)}) {
    SaveGeneratedModel(FindSpec(name).value(), dir_.File("model.safetensors"));
    for (const Isa isa : AvailableIsas()) {
      setenv("FROND_ISA", std::string(IsaName(isa)).c_str(), 1);
      const Model model = Model::Load(dir_.File("model.safetensors")).value();
      const auto& impl = ModelInternals::Of(model);
      const Preprocessing& size = model.spec().preprocessing;
      const Plan plan = BuildPlan(impl.spec, impl.packed, size.height, size.width);
      const double limit = limit_mb == 10.0 && impl.packed.kernels->panel < 24 ? 10.5 : limit_mb;
      EXPECT_LE(static_cast<double>(plan.arena_floats) * sizeof(float) / 1e6, limit) << name << " " << IsaName(isa);
      EXPECT_LE(static_cast<double>(plan.scratch_floats) * sizeof(float) / 1e6, 0.2) << name << " " << IsaName(isa);
    }
  }
}

}  // namespace
}  // namespace frond
