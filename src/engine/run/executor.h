#ifndef FROND_SRC_ENGINE_RUN_EXECUTOR_H_
#define FROND_SRC_ENGINE_RUN_EXECUTOR_H_

#include "src/base/thread_pool.h"
#include "src/engine/plan/plan.h"

namespace frond {

// Runs a plan on one image. `memory` holds plan.arena_floats, followed by
// plan.scratch_floats for each thread of the pool; without a pool the calling thread works alone.
void RunPlan(const Plan& plan, const Kernels& kernels, ThreadPool* pool, float* memory, const float* image,
             float* output);

}  // namespace frond

#endif  // FROND_SRC_ENGINE_RUN_EXECUTOR_H_
