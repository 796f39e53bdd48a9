#include "cli/bench_measure.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <fstream>

#include "src/engine/model.h"
#include "src/engine/run/executor.h"

namespace frond::cli {
namespace {

using Clock = std::chrono::steady_clock;

double SecondsSince(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

// The best of several short runs: what the core can do while nothing else runs on it.
double MeasurePeakGmacs(const Kernels& kernels) {
  constexpr int64_t kRounds = 200'000;
  double best = 0;
  for (int i = 0; i < 12; ++i) {
    const Clock::time_point start = Clock::now();
    const int64_t macs = kernels.multiply_adds(kRounds);
    best = std::max(best, static_cast<double>(macs) / SecondsSince(start) / 1e9);
  }
  return best;
}

std::string StageOf(const std::string& layer) {
  if (layer == "conv_stem") return "stem";
  if (layer == "conv_head") return "head";
  if (!layer.starts_with("blocks.")) return layer;
  const size_t end = layer.find('.', 7);
  return "stage " + std::to_string(std::stoi(layer.substr(7, end - 7)) + 1);
}

}  // namespace

double Latency::Percentile(double p) const {
  const auto rank = static_cast<size_t>(std::ceil(p / 100 * static_cast<double>(sorted_ms.size())));
  return sorted_ms[std::clamp(rank, size_t{1}, sorted_ms.size()) - 1];
}

std::vector<float> GeneratedImages(const Preprocessing& size, int batch) {
  std::vector<float> images(size_t{3} * static_cast<size_t>(batch) * static_cast<size_t>(size.height) *
                            static_cast<size_t>(size.width));
  uint32_t state = 1;
  for (float& value : images) {
    state = state * 1664525u + 1013904223u;  // Numerical Recipes' generator: the values need only be ordinary
    value = static_cast<float>(state >> 8) * (4.0f / (1 << 24)) - 2.0f;
  }
  return images;
}

Result<Latency> MeasureLatency(Session& session, const Model& model, int batch, double seconds, int runs) {
  const Preprocessing& size = model.spec().preprocessing;
  const std::vector<float> images = GeneratedImages(size, batch);
  std::vector<float> logits(static_cast<size_t>(batch) * static_cast<size_t>(model.output_size()));
  const ImageBatch input = {images, batch, size.height, size.width};
  constexpr size_t kLeastRuns = 3;
  const Clock::time_point warm_up = Clock::now();
  do FROND_RETURN_IF_ERROR(session.Run(input, logits));
  while (SecondsSince(warm_up) < seconds / 10);
  Latency latency;
  const auto wanted = static_cast<size_t>(runs);
  const Clock::time_point start = Clock::now();
  do {
    const Clock::time_point run = Clock::now();
    FROND_RETURN_IF_ERROR(session.Run(input, logits));
    latency.sorted_ms.push_back(SecondsSince(run) * 1e3);
    latency.seconds = SecondsSince(start);
  } while (runs > 0 ? latency.sorted_ms.size() < wanted
                    : latency.sorted_ms.size() < kLeastRuns || latency.seconds < seconds);
  std::sort(latency.sorted_ms.begin(), latency.sorted_ms.end());
  return latency;
}

Result<Breakdown> MeasureBreakdown(const Model& model, double seconds) {
  const auto& impl = ModelInternals::Of(model);
  const Preprocessing& size = model.spec().preprocessing;
  const Plan plan = BuildPlan(impl.spec, impl.packed, size.height, size.width);
  const size_t floats = plan.arena_floats + plan.scratch_floats;
  AlignedBuffer memory(floats);
  if (memory.data() == nullptr) {
    return Error{ErrorCode::kLimit, "no memory for a second plan", "close other programs"};
  }
  const std::vector<float> image = GeneratedImages(size, 1);
  std::vector<float> logits(static_cast<size_t>(model.output_size()));
  const Kernels& kernels = *impl.packed.kernels;
  Breakdown breakdown;
  breakdown.peak_gmacs = MeasurePeakGmacs(kernels);
  breakdown.working_bytes = static_cast<int64_t>(floats * sizeof(float));
  breakdown.packed_weights_bytes = static_cast<int64_t>(impl.packed.memory.bytes());
  RunPlan(plan, kernels, nullptr, memory.data(), image.data(), logits.data());
  Profile profile(plan);
  int runs = 0;
  const Clock::time_point start = Clock::now();
  do {
    RunPlan(plan, kernels, nullptr, memory.data(), image.data(), logits.data(), nullptr, &profile);
    ++runs;
  } while (SecondsSince(start) < seconds);
  for (size_t i = 0; i < plan.ops.size(); ++i) {
    for (size_t part = 0; part < kOpParts; ++part) {
      const auto which = static_cast<OpPart>(part);
      const std::string_view name = PartName(plan.ops[i], which);
      if (name.empty()) continue;
      breakdown.parts.push_back({plan.ops[i].layer, std::string(name), profile.seconds()[i][part] * 1e3 / runs,
                                 PartMacs(plan.ops[i], which)});
    }
  }
  return breakdown;
}

std::vector<PartTime> ByStage(const std::vector<PartTime>& parts) {
  std::vector<PartTime> stages;
  for (const PartTime& part : parts) {
    const std::string stage = part.part == "stem" ? "stem" : StageOf(part.layer);
    auto found = std::find_if(stages.begin(), stages.end(), [&](const PartTime& s) { return s.layer == stage; });
    if (found == stages.end()) found = stages.insert(stages.end(), PartTime{stage, "", 0, 0});
    found->ms += part.ms;
    found->macs += part.macs;
  }
  return stages;
}

int64_t PeakResidentBytes() {
  rusage usage = {};
  if (getrusage(RUSAGE_SELF, &usage) != 0) return 0;
  return int64_t{usage.ru_maxrss} * 1024;  // Linux counts in KiB
}

int64_t ResidentBytes() {
  std::ifstream file("/proc/self/statm");
  int64_t total_pages = 0;
  int64_t resident_pages = 0;
  if (!(file >> total_pages >> resident_pages)) return 0;
  return resident_pages * sysconf(_SC_PAGESIZE);
}

}  // namespace frond::cli
