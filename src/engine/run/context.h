#ifndef FROND_SRC_ENGINE_RUN_CONTEXT_H_
#define FROND_SRC_ENGINE_RUN_CONTEXT_H_

#include <cstddef>

#include "src/base/flush_denormals.h"
#include "src/base/thread_pool.h"
#include "src/engine/plan/plan.h"
#include "src/engine/run/profile.h"

namespace frond {

// What every operation of a run needs: the memory behind its places and the threads that share its work.
struct RunContext {
  const Kernels& kernels;
  ThreadPool* pool = nullptr;  // null: this thread alone
  float* arena = nullptr;      // plan.arena_floats
  float* scratch = nullptr;    // plan.scratch_floats for each thread
  size_t scratch_floats = 0;
  const float* image = nullptr;
  float* output = nullptr;
  Profile* profile = nullptr;  // null: nothing is timed

  int threads() const { return pool == nullptr ? 1 : pool->threads(); }

  // body(task, scratch) for every task, where scratch is the thread's own.
  template <class Body>
  void Share(int tasks, const Body& body) const {
    if (pool == nullptr) {
      for (int task = 0; task < tasks; ++task) body(task, scratch);
      return;
    }
    pool->Run(tasks, [&](int task, int thread) {
      const FlushDenormals flush;
      body(task, scratch + thread * scratch_floats);
    });
  }

  float* At(const Place& place) const { return place.where == Place::Where::kOutput ? output : arena + place.offset; }

  // Element `index` of a map.
  void* Element(const Place& place, size_t index = 0) const { return Element(At(place), index); }
  void* Element(void* map, size_t index) const { return static_cast<std::byte*>(map) + index * kernels.element_bytes; }
  const void* Element(const void* map, size_t index) const {
    return static_cast<const std::byte*>(map) + index * kernels.element_bytes;
  }
  const void* Weight(const void* weights, size_t index) const {
    return static_cast<const std::byte*>(weights) + index * kernels.weight_bytes();
  }

  int Panels(const PackedMatrix& matrix) const { return PanelCount(matrix.columns, kernels.panel); }
};

// gemm to a map over rows [row_begin, row_end) and all panels, shared among the threads. args.dst is the first panel's.
void SharedGemm(const RunContext& context, const GemmArgs& args, int row_begin, int row_end);

// A map of height x width pixels, H x W x C, or in panels as an MBConv block's depthwise outputs lie.
struct NormMap {
  void* map;
  const void* residual;  // H x W x C, added behind the activation; null: none
  int height, width, channels;
  bool in_panels;
};
void RunNorm(const NormStep& step, const NormMap& map, const RunContext& context);

void RunMBConv(const MBConvOp& op, const RunContext& context);
void RunGroupNorm(const GroupNormOp& op, const RunContext& context);
void RunConv(const ConvOp& op, const RunContext& context);

}  // namespace frond

#endif  // FROND_SRC_ENGINE_RUN_CONTEXT_H_
