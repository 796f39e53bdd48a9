#ifndef FROND_SRC_ENGINE_RUN_EXECUTOR_H_
#define FROND_SRC_ENGINE_RUN_EXECUTOR_H_

#include "src/base/thread_pool.h"
#include "src/engine/plan/plan.h"
#include "src/engine/run/profile.h"

namespace frond {

// Runs a plan on one image. `memory` holds plan.arena_floats, followed by
// plan.scratch_floats for each thread of the pool; without a pool the calling thread works alone.
// `features`, where wanted, gets plan.feature_floats. `profile`, for a run without a pool, gets one more run's times.
void RunPlan(const Plan& plan, const Kernels& kernels, ThreadPool* pool, float* memory, const float* image,
             float* output, float* features = nullptr, Profile* profile = nullptr);

}  // namespace frond

#endif  // FROND_SRC_ENGINE_RUN_EXECUTOR_H_
