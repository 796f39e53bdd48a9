#include "src/train/peers.h"

#include <sched.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <exception>
#include <future>
#include <mutex>
#include <thread>
#include <tuple>

#include "src/base/format.h"
#include "src/train/c10d.h"
#include "src/train/shared_memory_sums.h"

namespace frond {

#if FROND_HAS_GLOO

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;
using std::chrono::seconds;

// Between looks at the store.
constexpr milliseconds kPoll(50);
// How long those that are left wait for each other's word, to find who is not.
constexpr milliseconds kRollCall(3000);
// Up to so many processes add up for themselves what all others have, instead of passing sums around: where numbers are
// few, or lie in memory that all share.
constexpr int kMostDirect = 8;
constexpr size_t kMostDirectBytes = 1 << 16;
// Enough for what a lane has under way at a time, that no process waits for room.
constexpr size_t kSlots = 16;
constexpr size_t kBatchSlotBytes = 1 << 16;
constexpr size_t kGradientSlotBytes = 1 << 20;
// While rank 0 audits or finishes alone. A process that is killed is noticed all the same: its connections close.
constexpr milliseconds kPatience = std::chrono::hours(24);

// libtorch's message without the stack behind it.
std::string FirstLine(const std::exception& error) {
  const std::string what = error.what();
  return what.substr(0, what.find('\n'));
}

// What `f` returns, or nothing where it takes longer, as a call may that has no time-out of its own; it is left to run
// then. What it throws is thrown.
template <class F>
auto Within(milliseconds limit, F f) -> std::optional<decltype(f())> {
  std::packaged_task<decltype(f())()> task(std::move(f));
  auto result = task.get_future();
  std::thread(std::move(task)).detach();
  if (result.wait_for(limit) != std::future_status::ready) return std::nullopt;
  return result.get();
}

// What a process leaves in the store: that it is there.
const std::vector<uint8_t> kWord = {1};

std::string Key(const char* what, int rank) { return StrCat("frond/", what, "/", rank); }

// Of `size` processes those without a word under `what`, after waiting for them.
std::vector<int> Missing(c10d::Store& store, const char* what, int size, milliseconds limit) {
  const Clock::time_point end = Clock::now() + limit;
  std::vector<int> missing;
  for (int rank = 0; rank < size; ++rank) missing.push_back(rank);
  for (;;) {
    std::erase_if(missing, [&](int rank) { return store.check({Key(what, rank)}); });
    if (missing.empty() || Clock::now() >= end) return missing;
    std::this_thread::sleep_for(kPoll);
  }
}

std::string Ranks(const std::vector<int>& ranks) {
  std::string text = ranks.size() == 1 ? "rank " : "ranks ";
  for (size_t i = 0; i < ranks.size(); ++i) text += StrCat(i == 0 ? "" : ", ", ranks[i]);
  return text;
}

bool IsLoopback(const std::string& host) { return host == "localhost" || host == "::1" || host.starts_with("127."); }

c10::intrusive_ptr<ProcessGroup> MakeGloo(const World& world, const c10::intrusive_ptr<c10d::Store>& store,
                                          const char* name, milliseconds timeout) {
  using Gloo = c10d::ProcessGroupGloo;
  const auto options = Gloo::Options::create(timeout);
  const char* interface = std::getenv("GLOO_SOCKET_IFNAME");
  options->devices = {interface != nullptr        ? Gloo::createDeviceForInterface(interface)
                      : IsLoopback(world.address) ? Gloo::createDeviceForHostname(world.address)
                                                  : Gloo::createDefaultDevice()};
  options->threads = 1;
  return c10::make_intrusive<Gloo>(c10::make_intrusive<c10d::PrefixStore>(name, store), world.rank, world.size,
                                   options);
}

}  // namespace

struct Peers::Impl {
  World world;
  milliseconds timeout;
  c10::intrusive_ptr<c10d::Store> store;
  c10::intrusive_ptr<ProcessGroup> batch;
  c10::intrusive_ptr<ProcessGroup> gradients;
  c10::intrusive_ptr<ProcessGroup> patient;
  c10::intrusive_ptr<ProcessGroup> gpu_batch;  // made when first needed
  c10::intrusive_ptr<ProcessGroup> gpu_gradients;
  std::unique_ptr<SharedMemorySums> shared_batch;  // where all processes are of one machine
  std::unique_ptr<SharedMemorySums> shared_gradients;
  int exchanges = 0;
  std::mutex mutex;
  std::optional<Error> lost;

  // Rank 0's store, with all processes there.
  Status Meet() {
    c10d::TCPStoreOptions options;
    options.port = static_cast<uint16_t>(world.port);
    options.isServer = world.rank == 0;
    options.waitWorkers = false;
    options.timeout = timeout;
    const std::string where = StrCat(world.address, ":", world.port);
    const char* remedy =
        "check that every process runs, and MASTER_ADDR and MASTER_PORT, or give --rendezvous HOST:PORT";
    try {
      store = c10::make_intrusive<c10d::TCPStore>(world.address, options);
    } catch (const std::exception& error) {
      return Error{ErrorCode::kIo,
                   StrCat(world.rank == 0 ? "rank 0 cannot listen at " : "rank 0 does not answer at ", where, ": ",
                          FirstLine(error)),
                   remedy};
    }
    try {
      store->set(Key("here", world.rank), kWord);
      const std::vector<int> missing = Missing(*store, "here", world.size, timeout);
      if (missing.empty()) return {};
      return Error{ErrorCode::kIo,
                   StrCat(Ranks(missing), " of ", world.size, " processes did not come to ", where, " within ",
                          std::chrono::duration_cast<seconds>(timeout).count(), " s (--peer-timeout-seconds)"),
                   remedy};
    } catch (const std::exception& error) {
      return Error{ErrorCode::kIo, StrCat("rank 0 at ", where, " was lost: ", FirstLine(error)), remedy};
    }
  }

  Status Connect() {
    // By value: where a peer is silent, this is left to run.
    const auto connect = [world = world, store = store, timeout = timeout] {
      // Gloo's threads have this one's policy. Batch: they do not take the core of a thread that computes the moment a
      // message comes. That one may hold the lock of the connection, for which Gloo's would then spin for a time slice.
      const sched_param priority{};
      sched_setscheduler(0, SCHED_BATCH, &priority);
      return std::tuple{MakeGloo(world, store, "batch", timeout), MakeGloo(world, store, "gradients", timeout),
                        MakeGloo(world, store, "patient", kPatience)};
    };
    std::string reason = "it is silent";
    try {
      if (auto groups = Within(timeout, connect)) {
        std::tie(batch, gradients, patient) = std::move(*groups);
        return {};
      }
    } catch (const std::exception& error) {
      reason = FirstLine(error);
    }
    return Error{ErrorCode::kIo, StrCat("a peer was lost while the processes connected: ", reason),
                 "start all of them again"};
  }

  // The memory that processes of one machine share. Where one of them cannot open it, none uses it.
  void ShareMemory() {
    if (world.size < 2 || world.size > kMostDirect) return;
    shared_batch = Shared("shared batch", kBatchSlotBytes);
    shared_gradients = Shared("shared gradients", kGradientSlotBytes);
    std::vector<torch::Tensor> without = {torch::full({1}, shared_batch && shared_gradients ? 0 : 1, torch::kInt64)};
    Wait(batch->allreduce(without));
    if (without[0].item<int64_t>() == 0) return;
    shared_batch.reset();
    shared_gradients.reset();
  }

  std::unique_ptr<SharedMemorySums> Shared(const char* what, size_t slot_bytes) {
    const SharedMemorySums::Layout layout = {world.size, kSlots, slot_bytes};
    if (world.rank > 0) {
      const std::vector<uint8_t> address = store->get(Key(what, 0));
      return SharedMemorySums::Open({address.begin(), address.end()}, world.rank, layout, timeout);
    }
    auto sums = SharedMemorySums::Create(world.rank, layout, timeout);
    const std::string address = sums ? sums->address() : "none";
    store->set(Key(what, 0), std::vector<uint8_t>(address.begin(), address.end()));
    return sums;
  }

  // Those who do not answer a roll call; rank 0 where its store does not.
  std::vector<int> RollCall() {
    const auto call = [store = store, rank = world.rank, size = world.size] {
      store->set(Key("left", rank), kWord);
      return Missing(*store, "left", size, kRollCall);
    };
    try {
      return Within(2 * kRollCall, call).value_or(std::vector<int>{0});
    } catch (const std::exception&) {
      return {0};
    }
  }

  void NoteLost(const std::exception& error) {
    const std::lock_guard lock(mutex);
    if (lost) return;
    const std::vector<int> missing = RollCall();
    lost = Error{ErrorCode::kIo,
                 StrCat("rank ", world.rank, ": a peer was lost (",
                        missing.empty() ? "all answer, but one was too slow" : Ranks(missing), " of ", world.size,
                        "): ", FirstLine(error)),
                 "see what it said itself; the same command goes on from the last checkpoint"};
  }

  template <class Call>
  auto Watched(const Call& call) {
    try {
      return call();
    } catch (const std::exception& error) {
      NoteLost(error);
      throw;
    }
  }

  void Wait(const c10::intrusive_ptr<c10d::Work>& work) {
    Watched([&] { return work->wait(); });
  }

  // A sum of few numbers: every process sends its own to all others and adds up what comes in the order of ranks, for
  // all to have the same bits. Gloo's all-reduce is a chain of messages, each through a queue and two threads: of 64
  // numbers between two processes of one machine it takes 1.0 ms, this 0.15, and a step of batch-norms waits for 98 of
  // them.
  std::function<void()> StartExchange(const torch::Tensor& values) {
    constexpr int kTags = 1 << 30;
    exchanges = (exchanges + 1) % kTags;  // sums may overlap
    const auto self = static_cast<size_t>(world.rank);
    std::vector<torch::Tensor> parts;
    std::vector<c10::intrusive_ptr<c10d::Work>> works;
    for (int rank = 0; rank < world.size; ++rank) {
      parts.push_back(rank == world.rank ? values.clone() : torch::empty_like(values));
    }
    for (int rank = 0; rank < world.size; ++rank) {
      if (rank == world.rank) continue;
      std::vector<torch::Tensor> to_fill = {parts[static_cast<size_t>(rank)]};
      std::vector<torch::Tensor> sent = {parts[self]};
      works.push_back(batch->recv(to_fill, rank, exchanges));
      works.push_back(batch->send(sent, rank, exchanges));
    }
    return [this, values, parts, works] {
      for (const auto& work : works) Wait(work);
      values.copy_(parts[0]);
      for (size_t rank = 1; rank < parts.size(); ++rank) values.add_(parts[rank]);
    };
  }

  SharedMemorySums* SharedFor(const torch::Tensor& tensor, Lane lane) const {
    if (!tensor.device().is_cpu()) return nullptr;
    return (lane == Lane::kBatch ? shared_batch : shared_gradients).get();
  }

  ProcessGroup& GroupFor(const torch::Tensor& tensor, Lane lane) {
    if (tensor.device().is_cpu()) return lane == Lane::kBatch ? *batch : *gradients;
#if FROND_HAS_NCCL
    auto& group = lane == Lane::kBatch ? gpu_batch : gpu_gradients;
    if (!group) {
      const auto options = c10d::ProcessGroupNCCL::Options::create();
      options->timeout = timeout;
      const char* name = lane == Lane::kBatch ? "gpu_batch" : "gpu_gradients";
      group = c10::make_intrusive<c10d::ProcessGroupNCCL>(c10::make_intrusive<c10d::PrefixStore>(name, store),
                                                          world.rank, world.size, options);
    }
    return *group;
#else
    TORCH_CHECK(false, "frond-train was built without NCCL's headers, which training on several GPUs needs");
#endif
  }
};

Peers::Peers(const World& world, std::unique_ptr<Impl> impl) : world_(world), impl_(std::move(impl)) {}
Peers::~Peers() = default;

Result<std::unique_ptr<Peers>> Peers::Join(const World& world, int timeout_seconds, Sums sums) {
  auto impl = std::make_unique<Impl>();
  impl->world = world;
  impl->timeout = seconds(timeout_seconds);
  FROND_RETURN_IF_ERROR(impl->Meet());
  FROND_RETURN_IF_ERROR(impl->Connect());
  try {
    if (sums == Sums::kSharedMemoryIfPossible) impl->ShareMemory();
  } catch (const std::exception& error) {
    impl->NoteLost(error);
    return *impl->lost;
  }
  return std::unique_ptr<Peers>(new Peers(world, std::move(impl)));
}

std::function<void()> Peers::StartSum(const torch::Tensor& values, Lane lane) {
  if (SharedMemorySums* shared = impl_->SharedFor(values, lane)) {
    const auto end = impl_->Watched([&] { return shared->Start(values); });
    return [impl = impl_.get(), end] { impl->Watched(end); };
  }
  const bool direct =
      lane == Lane::kBatch && values.device().is_cpu() && size() <= kMostDirect && values.nbytes() <= kMostDirectBytes;
  if (direct) return impl_->Watched([&] { return impl_->StartExchange(values); });
  std::vector<torch::Tensor> tensors = {values};
  const auto work = impl_->Watched([&] { return impl_->GroupFor(values, lane).allreduce(tensors); });
  return [impl = impl_.get(), work] { impl->Wait(work); };
}

bool Peers::Any(bool here) {
  const torch::Tensor count = torch::full({1}, here ? 1 : 0, torch::kInt64);
  Sum(count);
  return count.item<int64_t>() > 0;
}

torch::Tensor Peers::Gather(const torch::Tensor& rows) {
  torch::Tensor counts = torch::zeros({size()}, torch::kInt64);
  counts[rank()] = rows.size(0);
  std::vector<torch::Tensor> sent = {counts};
  impl_->Wait(impl_->Watched([&] { return impl_->patient->allreduce(sent); }));
  const auto most = counts.max().item<int64_t>();
  std::vector<int64_t> shape = rows.sizes().vec();
  shape[0] = most;
  torch::Tensor padded = torch::zeros(shape, rows.options().device(torch::kCPU));
  padded.narrow(0, 0, rows.size(0)).copy_(rows);
  std::vector<std::vector<torch::Tensor>> received(1);
  for (int rank = 0; rank < size(); ++rank) received[0].push_back(torch::empty_like(padded));
  sent = {padded};
  if (most > 0) impl_->Wait(impl_->Watched([&] { return impl_->patient->allgather(received, sent); }));
  for (int rank = 0; rank < size(); ++rank) {
    torch::Tensor& own = received[0][static_cast<size_t>(rank)];
    own = own.narrow(0, 0, counts[rank].item<int64_t>());
  }
  return torch::cat(received[0]);
}

void Peers::Broadcast(const torch::Tensor& values) {
  const torch::NoGradGuard no_grad;
  std::vector<torch::Tensor> sent = {values.detach().to(torch::kCPU).clone(torch::MemoryFormat::Contiguous)};
  impl_->Wait(impl_->Watched([&] { return impl_->patient->broadcast(sent); }));
  if (!leads()) torch::Tensor(values).copy_(sent[0]);
}

std::string Peers::Broadcast(const std::string& text) {
  const torch::Tensor length = torch::full({1}, static_cast<int64_t>(text.size()), torch::kInt64);
  Broadcast(length);
  torch::Tensor bytes = torch::empty({length.item<int64_t>()}, torch::kUInt8);
  if (leads()) std::ranges::copy(text, bytes.data_ptr<uint8_t>());
  if (bytes.numel() > 0) Broadcast(bytes);
  return {reinterpret_cast<const char*>(bytes.data_ptr<uint8_t>()), static_cast<size_t>(bytes.numel())};
}

bool Peers::shares_memory() const { return impl_->shared_batch != nullptr; }

void Peers::Part() {
  try {
    Broadcast(torch::zeros({1}));
  } catch (const std::exception&) {
    if (!leads()) throw;
  }
}

std::optional<Error> Peers::lost() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->lost;
}

#else

struct Peers::Impl {};
Peers::Peers(const World& world, std::unique_ptr<Impl> impl) : world_(world), impl_(std::move(impl)) {}
Peers::~Peers() = default;

Result<std::unique_ptr<Peers>> Peers::Join(const World& world, int /*timeout_seconds*/, Sums /*sums*/) {
  return Error{ErrorCode::kUnsupported,
               StrCat("this is one of ", world.size, " processes, and frond-train was built without Gloo's headers"),
               "install libgloo-dev (Debian) and build again: scripts/build release"};
}
std::function<void()> Peers::StartSum(const torch::Tensor& /*values*/, Lane /*lane*/) {
  return [] {};
}
bool Peers::Any(bool here) { return here; }
torch::Tensor Peers::Gather(const torch::Tensor& rows) { return rows; }
void Peers::Broadcast(const torch::Tensor& /*values*/) {}
std::string Peers::Broadcast(const std::string& text) { return text; }
bool Peers::shares_memory() const { return false; }
void Peers::Part() {}
std::optional<Error> Peers::lost() const { return std::nullopt; }

#endif

}  // namespace frond
