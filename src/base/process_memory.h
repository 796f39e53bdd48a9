#ifndef FROND_SRC_BASE_PROCESS_MEMORY_H_
#define FROND_SRC_BASE_PROCESS_MEMORY_H_

#include <cstdint>
#include <optional>
#include <string>

namespace frond {

// How large this process may become, in bytes of resident memory, what it holds now included.
struct MemoryRoom {
  uint64_t bytes = 0;
  std::string limit;  // which of them it is, for a message: "free on this machine", ...
};

// The least of what Linux tells: memory available on the machine, the control group's memory.max (v2) and the limit on
// address space, less what this process has mapped and does not hold (libraries, stacks). Nothing elsewhere.
std::optional<MemoryRoom> AvailableMemory();

// The most that this process has held so far; 0 where the system does not tell.
uint64_t PeakResidentBytes();

}  // namespace frond

#endif  // FROND_SRC_BASE_PROCESS_MEMORY_H_
