#include "src/base/cpu_set.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <fstream>
#include <limits>
#include <thread>

#if defined(__linux__)
#include <sched.h>
#endif

#include "src/base/format.h"

namespace frond {
namespace {

// Whole CPUs that the control group's quota allows; the largest int without one.
// cgroup v2's cpu.max holds microseconds and their period, or "max".
int CpuQuota() {
  std::ifstream file("/sys/fs/cgroup/cpu.max");
  double quota = 0;
  double period = 0;
  if (file >> quota >> period && quota > 0 && period > 0)
    return std::max(1, static_cast<int>(std::ceil(quota / period)));
  return std::numeric_limits<int>::max();
}

}  // namespace

int AvailableCpus() {
  constexpr int kMaxCpus = 256;
  int cpus = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
#if defined(__linux__)
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof(set), &set) == 0) cpus = std::max(1, CPU_COUNT(&set));
#endif
  return std::min({cpus, CpuQuota(), kMaxCpus});
}

#if defined(__linux__)

Status CheckCpus(const std::vector<int>& cpus) {
  if (cpus.empty()) return {};
  cpu_set_t available;
  CPU_ZERO(&available);
  if (sched_getaffinity(0, sizeof(available), &available) != 0) {
    return Error{ErrorCode::kUnsupported, "the system does not tell which CPUs there are", "give no CPU set"};
  }
  for (const int cpu : cpus) {
    if (cpu >= 0 && cpu < CPU_SETSIZE && CPU_ISSET(static_cast<size_t>(cpu), &available)) continue;
    return Error{ErrorCode::kInvalidArgument, StrCat("CPU ", cpu, " is not one that this process may use"),
                 StrCat("it may use ", AvailableCpus(), "; `taskset -p $$` lists them")};
  }
  return {};
}

BoundToCpus::BoundToCpus(const std::vector<int>& cpus) {
  static_assert(sizeof(before_) == sizeof(cpu_set_t));
  if (cpus.empty()) return;
  cpu_set_t before;
  if (sched_getaffinity(0, sizeof(before), &before) != 0) return;
  std::memcpy(before_.data(), &before, sizeof(before));
  cpu_set_t set;
  CPU_ZERO(&set);
  for (const int cpu : cpus) CPU_SET(static_cast<size_t>(cpu), &set);
  bound_ = sched_setaffinity(0, sizeof(set), &set) == 0;
}

BoundToCpus::~BoundToCpus() {
  if (!bound_) return;
  cpu_set_t before;
  std::memcpy(&before, before_.data(), sizeof(before));
  sched_setaffinity(0, sizeof(before), &before);
}

#else

Status CheckCpus(const std::vector<int>& cpus) {
  if (cpus.empty()) return {};
  return Error{ErrorCode::kUnsupported, "threads cannot be bound to CPUs on this system", "give no CPU set"};
}

BoundToCpus::BoundToCpus(const std::vector<int>& /*cpus*/) {}
BoundToCpus::~BoundToCpus() = default;

#endif

}  // namespace frond
