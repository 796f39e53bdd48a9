#include "src/train/shared_memory_sums.h"

#include <ATen/Dispatch.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <climits>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <new>
#include <thread>
#include <utility>

#include "src/base/format.h"

namespace frond {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

// How long a process that waits looks again and again, lending its core to who can use it, before it sleeps.
constexpr std::chrono::microseconds kLook(100);
// Between two looks at whether the other still lives.
constexpr milliseconds kNap(50);

// Counters go around.
bool Reached(uint32_t counter, uint32_t value) { return static_cast<int32_t>(counter - value) >= 0; }

// A futex of memory that processes share, which std::atomic's own wait is not.
void SleepWhile(const std::atomic<uint32_t>& counter, uint32_t value) {
  const timespec limit = {0, std::chrono::nanoseconds(kNap).count()};
  syscall(SYS_futex, &counter, FUTEX_WAIT, value, &limit, nullptr, 0);
}

void Advance(std::atomic<uint32_t>& counter) {
  counter.fetch_add(1, std::memory_order_release);
  syscall(SYS_futex, &counter, FUTEX_WAKE, INT_MAX, nullptr, nullptr, 0);
}

// The kernel that runs and the name space of process numbers within it: where both are the same, /proc/N is the same.
std::string Whereabouts() {
  std::string boot;
  std::ifstream("/proc/sys/kernel/random/boot_id") >> boot;
  std::error_code error;
  const std::filesystem::path processes = std::filesystem::read_symlink("/proc/self/ns/pid", error);
  return boot.empty() || error ? std::string() : StrCat(boot, " ", processes.string(), " ");
}

// Each process locks the byte of its rank for as long as it lives: the kernel unlocks it whatever it dies of.
struct flock LockOf(int rank) {
  struct flock lock{};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  lock.l_start = rank;
  lock.l_len = 1;
  return lock;
}

template <class T>
void AddUp(const std::vector<const std::byte*>& parts, int64_t count, T* sums) {
  const auto* first = reinterpret_cast<const T*>(parts[0]);
  const auto* second = reinterpret_cast<const T*>(parts[1]);
  for (int64_t i = 0; i < count; ++i) sums[i] = first[i] + second[i];
  for (size_t rank = 2; rank < parts.size(); ++rank) {
    const auto* values = reinterpret_cast<const T*>(parts[rank]);
    for (int64_t i = 0; i < count; ++i) sums[i] += values[i];
  }
}

}  // namespace

size_t SharedMemorySums::Bytes(const Layout& layout) {
  return static_cast<size_t>(layout.processes) * (sizeof(Progress) + layout.slots * layout.slot_bytes);
}

SharedMemorySums::SharedMemorySums(int descriptor, std::byte* memory, int rank, const Layout& layout,
                                   milliseconds timeout)
    : descriptor_(descriptor), memory_(memory), rank_(rank), layout_(layout), timeout_(timeout) {}

SharedMemorySums::~SharedMemorySums() {
  munmap(memory_, Bytes(layout_));
  close(descriptor_);
}

// Takes the descriptor over.
std::unique_ptr<SharedMemorySums> SharedMemorySums::Map(int descriptor, int rank, const Layout& layout,
                                                        milliseconds timeout) {
  static_assert(std::atomic<uint32_t>::is_always_lock_free);
  void* memory = MAP_FAILED;
  struct flock lock = LockOf(rank);
  if (fcntl(descriptor, F_OFD_SETLK, &lock) == 0) {
    memory = mmap(nullptr, Bytes(layout), PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
  }
  if (memory == MAP_FAILED) {
    close(descriptor);
    return nullptr;
  }
  return std::unique_ptr<SharedMemorySums>(
      new SharedMemorySums(descriptor, static_cast<std::byte*>(memory), rank, layout, timeout));
}

std::unique_ptr<SharedMemorySums> SharedMemorySums::Create(int rank, const Layout& layout, milliseconds timeout) {
  const std::string where = Whereabouts();
  const int descriptor = where.empty() ? -1 : memfd_create("frond", MFD_CLOEXEC);
  if (descriptor < 0) return nullptr;
  // Zeros: what the counters begin with.
  if (ftruncate(descriptor, static_cast<off_t>(Bytes(layout))) != 0) {
    close(descriptor);
    return nullptr;
  }
  auto sums = Map(descriptor, rank, layout, timeout);
  if (sums) sums->address_ = StrCat(where, "/proc/", getpid(), "/fd/", descriptor);
  return sums;
}

std::unique_ptr<SharedMemorySums> SharedMemorySums::Open(const std::string& address, int rank, const Layout& layout,
                                                         milliseconds timeout) {
  const std::string where = Whereabouts();
  if (where.empty() || !address.starts_with(where)) return nullptr;
  // An open of its own, not a copy of the descriptor: locks belong to it.
  const int descriptor = open(address.c_str() + where.size(), O_RDWR | O_CLOEXEC);
  if (descriptor < 0) return nullptr;
  struct stat found{};
  if (fstat(descriptor, &found) != 0 || std::cmp_not_equal(found.st_size, Bytes(layout))) {
    close(descriptor);
    return nullptr;
  }
  return Map(descriptor, rank, layout, timeout);
}

SharedMemorySums::Progress& SharedMemorySums::progress(int rank) const {
  return *std::launder(reinterpret_cast<Progress*>(memory_ + static_cast<size_t>(rank) * sizeof(Progress)));
}

std::byte* SharedMemorySums::slot(int rank, uint32_t piece) const {
  const size_t index = static_cast<size_t>(rank) * layout_.slots + piece % layout_.slots;
  return memory_ + static_cast<size_t>(layout_.processes) * sizeof(Progress) + index * layout_.slot_bytes;
}

bool SharedMemorySums::IsGone(int rank) const {
  struct flock lock = LockOf(rank);
  return fcntl(descriptor_, F_OFD_GETLK, &lock) == 0 && lock.l_type == F_UNLCK;
}

void SharedMemorySums::Await(const std::atomic<uint32_t>& counter, uint32_t value, int rank) const {
  if (Reached(counter.load(std::memory_order_acquire), value)) return;
  const Clock::time_point begin = Clock::now();
  for (;;) {
    // Before the counter: one who wrote and ended has written.
    const Clock::duration waited = Clock::now() - begin;
    const bool gone = waited > kLook && IsGone(rank);
    const uint32_t now = counter.load(std::memory_order_acquire);
    if (Reached(now, value)) return;
    TORCH_CHECK(!gone, "rank ", rank, " is gone");
    TORCH_CHECK(waited < timeout_, "rank ", rank, " was silent for ", timeout_.count() / 1000, " s");
    if (waited > kLook) {
      SleepWhile(counter, now);
    } else {
      std::this_thread::yield();
    }
  }
}

void SharedMemorySums::Write(const Piece& piece) {
  while (pieces_.size() == layout_.slots) EndOldest();
  Progress& own = progress(rank_);
  const uint32_t index = own.written.load(std::memory_order_relaxed);
  // Until all have read what was in the slot.
  for (int rank = 0; rank < layout_.processes; ++rank) {
    Await(progress(rank).read, index + 1 - static_cast<uint32_t>(layout_.slots), rank);
  }
  const size_t size = piece.tensor.element_size();
  std::memcpy(slot(rank_, index),
              static_cast<const std::byte*>(piece.tensor.data_ptr()) + static_cast<size_t>(piece.first) * size,
              static_cast<size_t>(piece.count) * size);
  Advance(own.written);
  pieces_.push_back(piece);
}

bool SharedMemorySums::OldestIsThere() const {
  const uint32_t index = progress(rank_).read.load(std::memory_order_relaxed);
  for (int rank = 0; rank < layout_.processes; ++rank) {
    if (!Reached(progress(rank).written.load(std::memory_order_acquire), index + 1)) return false;
  }
  return true;
}

void SharedMemorySums::EndOldest() {
  Progress& own = progress(rank_);
  const uint32_t index = own.read.load(std::memory_order_relaxed);
  std::vector<const std::byte*> parts;
  for (int rank = 0; rank < layout_.processes; ++rank) {
    Await(progress(rank).written, index + 1, rank);
    parts.push_back(slot(rank, index));
  }
  const Piece& piece = pieces_.front();
  AT_DISPATCH_ALL_TYPES(piece.tensor.scalar_type(), "SharedMemorySums",
                        [&] { AddUp(parts, piece.count, piece.tensor.data_ptr<scalar_t>() + piece.first); });
  Advance(own.read);
  pieces_.pop_front();
}

std::function<void()> SharedMemorySums::Start(const torch::Tensor& values) {
  const auto most = static_cast<int64_t>(layout_.slot_bytes / values.element_size());
  for (int64_t first = 0; first < values.numel(); first += most) {
    Write({values, first, std::min(most, values.numel() - first)});
  }
  while (!pieces_.empty() && OldestIsThere()) EndOldest();
  return [this, last = progress(rank_).written.load(std::memory_order_relaxed)] {
    while (!Reached(progress(rank_).read.load(std::memory_order_relaxed), last)) EndOldest();
  };
}

}  // namespace frond
