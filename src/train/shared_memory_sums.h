#ifndef FROND_SRC_TRAIN_SHARED_MEMORY_SUMS_H_
#define FROND_SRC_TRAIN_SHARED_MEMORY_SUMS_H_

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>

#include "src/train/torch.h"

namespace frond {

// Sums over processes of one machine, through memory that they share. Each has a ring of slots that it alone writes; it
// leaves its numbers there and reads those of all. Where the others are as far, a sum costs microseconds, and no system
// call but those that wake who sleeps.
//
// Every process starts the same sums in the same order, and they end in that order. All add up in the order of ranks,
// so that all have the same bits. For one thread.
class SharedMemorySums {
 public:
  // Of what size the memory is: `slots` of `slot_bytes` for each of `processes`.
  struct Layout {
    int processes = 2;  // or more
    size_t slots = 1;
    size_t slot_bytes = 0;  // a multiple of 64
  };

  // Makes the memory. Null where the system refuses.
  static std::unique_ptr<SharedMemorySums> Create(int rank, const Layout& layout, std::chrono::milliseconds timeout);
  // Opens what another process has made, by its address(). Null where this is not its machine, its container or its
  // user.
  static std::unique_ptr<SharedMemorySums> Open(const std::string& address, int rank, const Layout& layout,
                                                std::chrono::milliseconds timeout);
  ~SharedMemorySums();
  SharedMemorySums(const SharedMemorySums&) = delete;
  SharedMemorySums& operator=(const SharedMemorySums&) = delete;

  // Holds as long as the process that made it.
  const std::string& address() const { return address_; }

  // Begins to add up a contiguous CPU tensor of integers, floats or doubles over all processes, in place; the function
  // that is returned ends it. Both throw c10::Error where a process is gone, or silent for the time-out. All processes
  // have opened the memory before the first sum.
  std::function<void()> Start(const torch::Tensor& values);

 private:
  // How many pieces a process has written and read, on cache lines of their own; modulo 2^32.
  struct Progress {
    alignas(64) std::atomic<uint32_t> written;
    alignas(64) std::atomic<uint32_t> read;
  };
  // What fits into a slot, of a tensor to be summed.
  struct Piece {
    torch::Tensor tensor;
    int64_t first = 0;
    int64_t count = 0;
  };

  SharedMemorySums(int descriptor, std::byte* memory, int rank, const Layout& layout,
                   std::chrono::milliseconds timeout);
  static std::unique_ptr<SharedMemorySums> Map(int descriptor, int rank, const Layout& layout,
                                               std::chrono::milliseconds timeout);
  static size_t Bytes(const Layout& layout);

  Progress& progress(int rank) const;
  std::byte* slot(int rank, uint32_t piece) const;
  void Write(const Piece& piece);
  // Whether all have written the oldest piece that this process has not read.
  bool OldestIsThere() const;
  void EndOldest();
  void Await(const std::atomic<uint32_t>& counter, uint32_t value, int rank) const;
  bool IsGone(int rank) const;

  int descriptor_;
  std::byte* memory_;
  int rank_;
  Layout layout_;
  std::chrono::milliseconds timeout_;
  std::string address_;
  std::deque<Piece> pieces_;  // written, not yet read
};

}  // namespace frond

#endif  // FROND_SRC_TRAIN_SHARED_MEMORY_SUMS_H_
