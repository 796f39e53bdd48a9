#include "src/data/loader.h"

#include <algorithm>
#include <condition_variable>
#include <limits>
#include <mutex>
#include <new>
#include <system_error>
#include <thread>

#include "src/base/cpu_set.h"
#include "src/base/format.h"
#include "src/data/photo_source.h"
#include "src/data/random.h"
#include "src/spec/validate.h"

namespace frond {
namespace {

constexpr size_t kNoBatch = std::numeric_limits<size_t>::max();

// A batch being made, or made and waiting. All but `inputs` is guarded by the loader's mutex.
struct Slot {
  size_t batch = kNoBatch;
  size_t count = 0;                          // photos
  size_t left = 0;                           // of them not done
  std::vector<std::optional<Error>> errors;  // of each photo
  std::mutex allocation;
  std::vector<float> inputs;  // each photo's part is its thread's until it is done
};

Status InRange(const char* field, int value, int least, int most) {
  if (value >= least && value <= most) return {};
  return Error{ErrorCode::kInvalidArgument, StrCat("loader: ", field, " is ", value),
               StrCat("give a value from ", least, " to ", most)};
}

}  // namespace

// Threads take photos, not batches, in the order of the epoch, so that the batch waited for is made by all of them.
struct Loader::Impl {
  Impl(const Dataset& dataset, LoaderOptions loader_options)
      : options(std::move(loader_options)),
        batch(static_cast<size_t>(options.batch)),
        photo_floats(size_t{3} * static_cast<size_t>(options.preprocessing.height) *
                     static_cast<size_t>(options.preprocessing.width)),
        source(dataset, options),
        slots(static_cast<size_t>(options.batches_ahead) + 1) {
    for (Slot& slot : slots) slot.errors.resize(batch);
  }

  ~Impl() {
    {
      const std::lock_guard lock(mutex);
      stop = true;
    }
    work.notify_all();
    for (std::thread& thread : threads) thread.join();
  }

  void StartThreads(int count) {
    threads.reserve(static_cast<size_t>(count));  // nothing may throw once a thread runs
    for (int i = 0; i < count; ++i) {
      try {
        threads.emplace_back([this] { Work(); });
      } catch (const std::system_error&) {  // a limit on processes
        return;
      } catch (const std::bad_alloc&) {
        return;
      }
    }
  }

  bool HasWork() const { return next < order.size() && next / batch < first + slots.size(); }

  // The share's photos of a batch, as positions in the order.
  struct Part {
    size_t first = 0;
    size_t last = 0;
    bool empty() const { return first == last; }
  };
  Part Own(size_t batch_index) const {
    const size_t begin = batch_index * batch;
    const size_t count = std::min(batch, order.size() - begin);
    return {begin + share.First(count), begin + share.Last(count)};
  }
  // The first of them in that batch or a later one; the order's size where none is left.
  size_t FirstOwn(size_t batch_index) const {
    for (; batch_index * batch < order.size(); ++batch_index) {
      const Part own = Own(batch_index);
      if (!own.empty()) return own.first;
    }
    return order.size();
  }

  void Work() {
    std::unique_lock lock(mutex);
    for (;;) {
      work.wait(lock, [&] { return stop || HasWork(); });
      if (stop) return;
      const size_t position = next;
      const Part own = Own(position / batch);
      const size_t index = position - own.first;
      next = position + 1 < own.last ? position + 1 : FirstOwn(position / batch + 1);
      Slot& slot = slots[position / batch % slots.size()];
      if (index == 0) {  // positions are taken in order
        slot.batch = position / batch;
        slot.count = own.last - own.first;
        slot.left = slot.count;
      }
      ++in_flight;
      lock.unlock();
      std::optional<Error> error = LoadCaught(position, index, slot);
      lock.lock();
      --in_flight;
      slot.errors[index] = std::move(error);
      --slot.left;
      if (slot.left == 0 || in_flight == 0) done.notify_all();
    }
  }

  // `order`, `epoch` and slot.count do not change while a photo is in flight.
  std::optional<Error> Load(size_t position, size_t index, Slot& slot) {
    const size_t sample = order[position];
    const Result<std::shared_ptr<const FittedPhoto>> photo = source.Get(sample);
    if (!photo.ok()) return photo.error();
    {
      const std::lock_guard lock(slot.allocation);
      if (slot.inputs.empty()) slot.inputs.resize(slot.count * photo_floats);
    }
    const FittedPhoto& fitted = **photo;
    const std::span<float> out = std::span(slot.inputs).subspan(index * photo_floats, photo_floats);
    Random random = options.views > 0 ? Random({options.seed, epoch % options.views, sample})
                                      : Random({options.seed, epoch, position, sample});
    const Status status = options.augment
                              ? AugmentedInput(fitted.picture, options.preprocessing, *options.augment, random, out)
                              : NormaliseToInput(fitted.picture, fitted.left, fitted.top, options.preprocessing, out);
    if (!status.ok()) return status.error();
    return std::nullopt;
  }

  std::optional<Error> LoadCaught(size_t position, size_t index, Slot& slot) {
    try {
      return Load(position, index, slot);
    } catch (const std::exception&) {
      // Short enough to need no memory themselves.
      return Error{ErrorCode::kLimit, "out of memory", "free memory"};
    }
  }

  LoadedBatch Take(Slot& slot) {
    LoadedBatch taken;
    taken.samples.reserve(slot.count);
    taken.unreadable.reserve(slot.count);
    const size_t* samples = order.data() + Own(first).first;
    for (size_t i = 0; i < slot.count; ++i) {
      if (slot.errors[i]) {
        taken.unreadable.emplace_back(samples[i], *std::move(slot.errors[i]));
        continue;
      }
      const auto from = slot.inputs.begin() + static_cast<ptrdiff_t>(i * photo_floats);
      const auto to = slot.inputs.begin() + static_cast<ptrdiff_t>(taken.samples.size() * photo_floats);
      if (to != from) std::copy_n(from, photo_floats, to);
      taken.samples.push_back(samples[i]);
    }
    taken.inputs = std::exchange(slot.inputs, {});
    taken.inputs.resize(taken.samples.size() * photo_floats);
    return taken;
  }

  const LoaderOptions options;
  const size_t batch;
  const size_t photo_floats;
  PhotoSource source;

  std::mutex mutex;
  std::condition_variable work;  // there may be a photo to take
  std::condition_variable done;  // a batch is whole, or nothing is in flight
  bool stop = false;
  uint64_t epoch = 0;
  std::vector<size_t> order;
  BatchShare share;
  size_t next = 0;       // position of the photo to be taken next
  size_t first = 0;      // batch that the reader gets next
  size_t in_flight = 0;  // photos being loaded
  std::vector<Slot> slots;

  std::vector<std::thread> threads;
};

Loader::Loader(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Loader::Loader(Loader&&) noexcept = default;
Loader& Loader::operator=(Loader&&) noexcept = default;
Loader::~Loader() = default;

Result<Loader> Loader::Create(const Dataset& dataset, const LoaderOptions& options) {
  FROND_RETURN_IF_ERROR(InRange("batch", options.batch, 1, 65536));
  FROND_RETURN_IF_ERROR(InRange("threads", options.threads, 0, 256));
  FROND_RETURN_IF_ERROR(InRange("batches_ahead", options.batches_ahead, 0, 1024));
  FROND_RETURN_IF_ERROR(ValidatePreprocessing(options.preprocessing));
  if (options.augment) FROND_RETURN_IF_ERROR(ValidateAugment(*options.augment));
  try {
    auto impl = std::make_unique<Impl>(dataset, options);
    impl->StartThreads(options.threads > 0 ? options.threads : AvailableCpus());
    if (impl->threads.empty()) {
      return Error{ErrorCode::kLimit, "the system refuses a thread to load photos", "raise the limit on processes"};
    }
    return Loader(std::move(impl));
  } catch (const std::bad_alloc&) {
    return Error{ErrorCode::kLimit, StrCat("no memory to load ", dataset.samples.size(), " photos"),
                 "free memory, or make batch or batches_ahead smaller"};
  }
}

void Loader::StartEpoch(uint64_t epoch, std::vector<size_t> order, size_t first_batch, const BatchShare& share) {
  Impl& impl = *impl_;
  {
    std::unique_lock lock(impl.mutex);
    impl.next = impl.order.size();
    impl.done.wait(lock, [&] { return impl.in_flight == 0; });
    for (Slot& slot : impl.slots) {
      slot.batch = kNoBatch;
      slot.inputs = {};
    }
    impl.epoch = epoch;
    impl.order = std::move(order);
    impl.share = share;
    const size_t batches = (impl.order.size() + impl.batch - 1) / impl.batch;
    impl.first = std::min(first_batch, batches);
    impl.next = impl.FirstOwn(impl.first);
  }
  impl.work.notify_all();
}

std::optional<LoadedBatch> Loader::Next() {
  Impl& impl = *impl_;
  std::unique_lock lock(impl.mutex);
  if (impl.first * impl.batch >= impl.order.size()) return std::nullopt;
  LoadedBatch taken;
  if (!impl.Own(impl.first).empty()) {
    Slot& slot = impl.slots[impl.first % impl.slots.size()];
    impl.done.wait(lock, [&] { return slot.batch == impl.first && slot.left == 0; });
    lock.unlock();  // no thread touches a whole batch before `first` has passed it
    taken = impl.Take(slot);
    lock.lock();
  }
  ++impl.first;
  lock.unlock();
  impl.work.notify_all();
  return taken;
}

}  // namespace frond
