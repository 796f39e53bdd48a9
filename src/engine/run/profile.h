#ifndef FROND_SRC_ENGINE_RUN_PROFILE_H_
#define FROND_SRC_ENGINE_RUN_PROFILE_H_

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "src/engine/plan/plan.h"

namespace frond {

// What an MBConv block does in turn; other operations are all kProject.
enum class OpPart : uint8_t { kRows, kDepthwise, kNorm, kSqueezeExcite, kProject };
inline constexpr size_t kOpParts = 5;

// "expand", "stem", "depthwise", "squeeze_excite", "project", "head", ...; empty where the operation has no such part.
std::string_view PartName(const Op& op, OpPart part);

// Multiply-accumulates of the part for one image.
int64_t PartMacs(const Op& op, OpPart part);

// Where the time of runs on one thread goes. A clock is read a few times for each row of a block: about 2 % of B0.
class Profile {
 public:
  explicit Profile(const Plan& plan) : plan_(plan), seconds_(plan.ops.size()) {}

  void Begin(const Op& op) {
    op_ = static_cast<size_t>(&op - plan_.ops.data());
    last_ = Clock::now();
  }
  // What passed since the last call belongs to `part` of the operation begun.
  void Mark(OpPart part) {
    const Clock::time_point now = Clock::now();
    seconds_[op_][static_cast<size_t>(part)] += std::chrono::duration<double>(now - last_).count();
    last_ = now;
  }

  // Of all runs, one for each of plan.ops and each part.
  const std::vector<std::array<double, kOpParts>>& seconds() const { return seconds_; }

 private:
  using Clock = std::chrono::steady_clock;
  const Plan& plan_;
  std::vector<std::array<double, kOpParts>> seconds_;
  size_t op_ = 0;
  Clock::time_point last_;
};

}  // namespace frond

#endif  // FROND_SRC_ENGINE_RUN_PROFILE_H_
