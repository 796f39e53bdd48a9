#include "src/engine/run/executor.h"

#include <algorithm>

#include "src/base/bf16.h"
#include "src/engine/run/context.h"

namespace frond {
namespace {

void RunPointwise(const PointwiseOp& op, const RunContext& context) {
  GemmArgs args;
  args.a = context.At(op.src);
  args.a_stride = static_cast<size_t>(op.weights.depth);
  args.b = op.weights;
  args.dst = context.At(op.dst);
  args.dst_stride = static_cast<size_t>(op.weights.columns);
  if (op.residual.where != Place::Where::kNone) args.residual = context.At(op.residual);
  args.epilogue = op.epilogue;
  SharedGemm(context, args, 0, op.rows);
}

void RunHead(const HeadOp& op, const RunContext& context) {
  const int panel = context.kernels.panel;
  context.Share(context.Panels(op.weights), [&](int p, float* /*scratch*/) {
    GemmArgs args;
    args.a = context.At(op.src);
    args.a_stride = static_cast<size_t>(op.weights.depth);
    args.b = op.weights;
    args.sums = context.At(op.dst) + static_cast<size_t>(p) * panel;
    args.factor = 1.0f / static_cast<float>(op.rows);
    args.epilogue = op.epilogue;
    context.kernels.gemm(args, 0, op.rows, p, p + 1);
  });
}

void RunLinear(const LinearOp& op, const RunContext& context) {
  context.Share(context.Panels(op.weights), [&](int p, float* /*scratch*/) {
    GemvArgs args;
    args.a = context.At(op.src);
    args.b = op.weights;
    args.dst = context.At(op.dst) + static_cast<size_t>(p) * context.kernels.panel;
    args.epilogue = op.epilogue;
    context.kernels.gemv(args, p, p + 1);
  });
}

void RunOutput(const OutputOp& op, const RunContext& context) {
  const void* map = context.Element(op.src);
  if (context.kernels.element_bytes == sizeof(float)) {
    std::copy_n(static_cast<const float*>(map), op.elements, context.output);
  } else {
    std::transform(static_cast<const Bf16*>(map), static_cast<const Bf16*>(map) + op.elements, context.output,
                   [](Bf16 value) { return ToFloat(value); });
  }
}

struct Runner {
  const RunContext& context;
  void operator()(const ConvOp& op) const { RunConv(op, context); }
  void operator()(const PointwiseOp& op) const { RunPointwise(op, context); }
  void operator()(const GroupNormOp& op) const { RunGroupNorm(op, context); }
  void operator()(const MBConvOp& op) const { RunMBConv(op, context); }
  void operator()(const HeadOp& op) const { RunHead(op, context); }
  void operator()(const LinearOp& op) const { RunLinear(op, context); }
  void operator()(const OutputOp& op) const { RunOutput(op, context); }
};

}  // namespace

void SharedGemm(const RunContext& context, const GemmArgs& args, int row_begin, int row_end) {
  const int rows = row_end - row_begin;
  const int panels = context.Panels(args.b);
  const int threads = context.threads();
  // A block of rows for each thread where there are many; else the panels, so that each weight passes through
  // one core only, and the panels that do not divide evenly in blocks of rows.
  constexpr int kLeastRows = 28;
  // Of neighbouring rows every other swish is computed in another way: where there are any, rows stay together, so
  // that results do not depend on the number of threads.
  const bool rows_together = args.epilogue == Epilogue::kSwish;
  const bool by_rows = rows >= threads * kLeastRows && !rows_together;
  const int whole = by_rows ? 0 : rows_together ? panels : panels / threads * threads;
  const int row_blocks = threads == 1 ? 1 : by_rows ? threads : std::min(threads, rows);
  const auto multiply = [&](int panel_begin, int panel_end, int row_block, int blocks) {
    GemmArgs part = args;
    const size_t offset = static_cast<size_t>(panel_begin) * context.kernels.panel;
    part.dst = context.Element(part.dst, offset);
    if (part.residual != nullptr) part.residual = context.Element(part.residual, offset);
    const auto row_at = [&](int block) { return row_begin + static_cast<int>(int64_t{rows} * block / blocks); };
    context.kernels.gemm(part, row_at(row_block), row_at(row_block + 1), panel_begin, panel_end);
  };
  context.Share(whole + (by_rows ? row_blocks : (panels - whole) * row_blocks), [&](int task, float* /*scratch*/) {
    if (task < whole) return multiply(task, task + 1, 0, 1);
    const int block = task - whole;
    if (by_rows) return multiply(0, panels, block, row_blocks);
    const int panel = whole + block / row_blocks;
    multiply(panel, panel + 1, block % row_blocks, row_blocks);
  });
}

void RunPlan(const Plan& plan, const Kernels& kernels, ThreadPool* pool, float* memory, const float* image,
             float* output, float* features, Profile* profile) {
  const RunContext context = {kernels, pool,   memory, memory + plan.arena_floats, plan.scratch_floats,
                              image,   output, profile};
  const FlushDenormals flush;
  for (const Op& op : plan.ops) {
    if (features != nullptr && &op == &plan.ops[plan.classifier_op]) {
      std::copy_n(context.At(std::get<LinearOp>(op.what).src), plan.feature_floats, features);
    }
    if (profile != nullptr) profile->Begin(op);
    std::visit(Runner{context}, op.what);
    if (profile != nullptr) profile->Mark(OpPart::kProject);
  }
}

}  // namespace frond
