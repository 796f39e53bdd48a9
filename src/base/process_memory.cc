#include "src/base/process_memory.h"

#if defined(__linux__)
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#endif

namespace frond {

#if defined(__linux__)

namespace {

// The number behind `key` in a file of lines "key number ...".
std::optional<uint64_t> NumberOf(const std::string& path, const std::string& key) {
  std::ifstream file(path);
  std::string word;
  uint64_t number = 0;
  while (file >> word) {
    if (word == key && file >> number) return number;
    file.clear();
  }
  return std::nullopt;
}

std::optional<uint64_t> NumberIn(const std::string& path) {
  std::ifstream file(path);
  uint64_t number = 0;
  if (file >> number) return number;  // "max" is none
  return std::nullopt;
}

struct Held {
  uint64_t mapped = 0;
  uint64_t resident = 0;
};

Held HeldNow() {
  std::ifstream file("/proc/self/statm");
  const auto page = static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
  Held pages;
  file >> pages.mapped >> pages.resident;
  return {pages.mapped * page, pages.resident * page};
}

uint64_t Less(uint64_t a, uint64_t b) { return a > b ? a - b : 0; }

}  // namespace

std::optional<MemoryRoom> AvailableMemory() {
  const Held held = HeldNow();
  std::optional<MemoryRoom> least;
  const auto add = [&](uint64_t bytes, const char* limit) {
    if (!least || bytes < least->bytes) least = MemoryRoom{bytes, limit};
  };
  if (const auto kilobytes = NumberOf("/proc/meminfo", "MemAvailable:")) {
    add(*kilobytes * 1024 + held.resident, "free on this machine");
  }
  // Within a container its own group lies at the root. Files that it has read are given back.
  const std::string group = "/sys/fs/cgroup/memory.";
  const auto most = NumberIn(group + "max");
  const auto current = NumberIn(group + "current");
  if (most && current) {
    const uint64_t others = Less(Less(*current, NumberOf(group + "stat", "inactive_file").value_or(0)), held.resident);
    add(Less(*most, others), "left by the control group's limit");
  }
  rlimit space{};
  if (getrlimit(RLIMIT_AS, &space) == 0 && space.rlim_cur != RLIM_INFINITY) {
    add(Less(space.rlim_cur, Less(held.mapped, held.resident)), "left by the limit on address space (ulimit -v)");
  }
  return least;
}

uint64_t PeakResidentBytes() {
  rusage usage{};
  return getrusage(RUSAGE_SELF, &usage) == 0 ? static_cast<uint64_t>(usage.ru_maxrss) * 1024 : 0;
}

#else

std::optional<MemoryRoom> AvailableMemory() { return std::nullopt; }
uint64_t PeakResidentBytes() { return 0; }

#endif

}  // namespace frond
