#include "src/records/record_store.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "src/base/format.h"
#include "src/base/utc_time.h"
#include "src/records/record_writer.h"
#include "src/records/sqlite.h"

namespace frond {
namespace {

using Clock = std::chrono::steady_clock;

// Records to a transaction, so that who waits for one does not wait for four thousand.
constexpr size_t kMaxBatch = 1024;
// Of what may wait, the part that is written without waiting for more: what comes meanwhile has the rest.
constexpr size_t kFullShare = 4;
// Ages are looked at this often.
constexpr std::chrono::minutes kAgeing{10};

// Another process may end, a disk may be given room; what a file is does not change by waiting.
bool MayPass(const Error& error) { return error.code == ErrorCode::kIo || error.code == ErrorCode::kLimit; }

struct Waiting {
  Record record;
  RecordStore::OnCommit on_commit;
  size_t bytes = 0;
};

}  // namespace

class RecordStore::Impl {
 public:
  Impl(std::string path, RecordStoreOptions options) : path_(std::move(path)), options_(std::move(options)) {
    TryOpen();
    thread_ = std::thread([this] { Loop(); });
  }

  ~Impl() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    wake_.notify_all();
    thread_.join();
  }

  bool Append(Record record, OnCommit on_commit) {
    if (!options_.keep_photos) {
      if (auto* answer = std::get_if<AnswerRecord>(&record)) std::string().swap(answer->photo_bytes);
    }
    const size_t bytes = BytesOf(record);
    bool wake = false;
    {
      const std::lock_guard lock(mutex_);
      if (!state_.writing || queue_.size() >= options_.queue_records || queued_bytes_ + bytes > options_.queue_bytes) {
        ++state_.dropped;
        return false;
      }
      // Only where the thread has something to do: each time it is woken costs as much as a record.
      const bool first = queue_.empty();
      const bool was_due = IsDue();
      if (first) gathered_at_ = Clock::now() + options_.gather;
      queue_.push_back({std::move(record), std::move(on_commit), bytes});
      queued_bytes_ += bytes;
      ++appended_;
      if (queue_.back().on_commit) awaited_ = queue_.size();
      wake = first || (!was_due && IsDue());
    }
    if (wake) wake_.notify_one();
    return true;
  }

  void Flush() {
    std::unique_lock lock(mutex_);
    awaited_ = queue_.size();
    const uint64_t last = appended_;
    wake_.notify_one();
    ended_.wait(lock, [this, last] { return appended_ - queue_.size() - in_flight_ >= last; });
  }

  RecordStoreState state() const {
    const std::lock_guard lock(mutex_);
    RecordStoreState state = state_;
    state.queued = queue_.size();
    return state;
  }

 private:
  // Whether what waits is written without waiting for more; with the lock held.
  bool IsDue() const {
    return stopping_ || awaited_ > 0 || queue_.size() >= std::min(kMaxBatch, options_.queue_records / kFullShare) ||
           queued_bytes_ >= options_.queue_bytes / kFullShare;
  }

  void Loop() {
    std::unique_lock lock(mutex_);
    while (true) {
      const auto wait = writer_ != nullptr ? Clock::duration(kAgeing) : Clock::duration(options_.retry);
      wake_.wait_for(lock, wait, [this] { return stopping_ || !queue_.empty(); });
      if (stopping_ && queue_.empty()) return;
      if (!queue_.empty()) wake_.wait_until(lock, gathered_at_, [this] { return IsDue(); });
      std::vector<Waiting> batch;
      while (!queue_.empty() && batch.size() < kMaxBatch) {
        batch.push_back(std::move(queue_.front()));
        queue_.pop_front();
        queued_bytes_ -= batch.back().bytes;
      }
      awaited_ -= std::min(awaited_, batch.size());
      if (!queue_.empty()) gathered_at_ = Clock::now() + options_.gather;
      in_flight_ = batch.size();
      lock.unlock();
      // The standard library's exceptions end here: memory alone can be short.
      try {
        if (writer_ == nullptr) {
          if (reopen_) TryOpen();
        } else {
          Write(batch);
        }
      } catch (const std::exception& error) {
        Stop({ErrorCode::kLimit, StrCat("cannot write ", path_, ": ", error.what()), "free memory"}, std::move(batch));
      }
      lock.lock();
      in_flight_ = 0;
      ended_.notify_all();
    }
  }

  void TryOpen() {
    Result<std::unique_ptr<RecordWriter>> writer = RecordWriter::Open(path_);
    if (!writer.ok()) return Stop(writer.error(), {});
    writer_ = std::move(*writer);
    aged_.reset();
    if (const Status status = Limit(); !status.ok()) return Stop(status.error(), {});
    const std::lock_guard lock(mutex_);
    state_.writing = true;
    state_.error.reset();
  }

  // Leaves in `batch` what nobody was told of yet.
  void Write(std::vector<Waiting>& batch) {
    if (!batch.empty()) {
      std::vector<const Record*> records;
      bool durable = false;
      for (const Waiting& one : batch) {
        records.push_back(&one.record);
        durable = durable || one.on_commit != nullptr;
      }
      const Result<std::vector<RecordReceipt>> receipts = writer_->Write(records, durable);
      if (!receipts.ok()) return Stop(receipts.error(), std::move(batch));
      {
        const std::lock_guard lock(mutex_);
        state_.committed += static_cast<uint64_t>(std::ranges::count_if(*receipts, &RecordReceipt::recorded));
      }
      for (size_t i = 0; i < batch.size(); ++i) {
        if (batch[i].on_commit) batch[i].on_commit((*receipts)[i]);
      }
      batch.clear();
    }
    if (const Status status = Limit(); !status.ok()) Stop(status.error(), {});
  }

  Status Limit() {
    FROND_RETURN_IF_ERROR(writer_->StillThere());
    const Clock::time_point now = Clock::now();
    if (!aged_ || now - *aged_ >= kAgeing) {
      const int64_t unix_ms = options_.unix_ms ? options_.unix_ms() : UnixMsNow();
      const int64_t summary_days = std::max(options_.max_age_days, kSummaryDays);
      FROND_RETURN_IF_ERROR(
          writer_->DropOlder(unix_ms - options_.max_age_days * kDayMs, unix_ms - summary_days * kDayMs));
      aged_ = now;
    }
    FROND_ASSIGN(const int64_t bytes, writer_->Shrink(options_.max_bytes));
    const std::lock_guard lock(mutex_);
    state_.bytes = bytes;
    return {};
  }

  // Not writing from here on: `failed` and what waits is dropped, and told so.
  void Stop(Error error, std::vector<Waiting> failed) {
    writer_.reset();
    reopen_ = MayPass(error);
    if (reopen_) error.remedy += StrCat(error.remedy.empty() ? "" : "; ", "writing then goes on by itself");
    {
      const std::lock_guard lock(mutex_);
      std::ranges::move(queue_, std::back_inserter(failed));
      queue_.clear();
      queued_bytes_ = 0;
      awaited_ = 0;
      state_.writing = false;
      state_.error = error;
      state_.dropped += failed.size();
    }
    for (const Waiting& one : failed) {
      if (one.on_commit) one.on_commit(error);
    }
  }

  const std::string path_;
  const RecordStoreOptions options_;

  // The store's thread's, and the constructor's before there is one.
  std::unique_ptr<RecordWriter> writer_;
  bool reopen_ = false;
  std::optional<Clock::time_point> aged_;

  mutable std::mutex mutex_;
  std::condition_variable wake_;   // something to do
  std::condition_variable ended_;  // something was written or dropped
  std::deque<Waiting> queue_;
  size_t queued_bytes_ = 0;
  size_t awaited_ = 0;             // of the queue's first so many somebody waits for the last
  Clock::time_point gathered_at_;  // when the queue's first is written at the latest
  RecordStoreState state_;
  uint64_t appended_ = 0;  // ever
  size_t in_flight_ = 0;   // taken from the queue, being written
  bool stopping_ = false;

  std::thread thread_;
};

Result<std::unique_ptr<RecordStore>> RecordStore::Open(const std::string& path, RecordStoreOptions options) {
  FROND_RETURN_IF_ERROR(Database::Available());
  constexpr int64_t kLeastBytes = 1 << 20;
  constexpr int kMostDays = 36500;
  if (options.max_bytes < kLeastBytes) {
    return Error{ErrorCode::kInvalidArgument, StrCat("a record store of ", options.max_bytes, " bytes is too small"),
                 StrCat("allow it at least ", kLeastBytes)};
  }
  if (options.max_age_days < 1 || options.max_age_days > kMostDays) {
    return Error{ErrorCode::kInvalidArgument, StrCat("records cannot be kept for ", options.max_age_days, " days"),
                 "choose 1 to 36500"};
  }
  if (path.empty() || path.find('\0') != std::string::npos) {
    return Error{ErrorCode::kInvalidArgument, "a record store needs a path", "give it a file's"};
  }
  return std::unique_ptr<RecordStore>(new RecordStore(std::make_unique<Impl>(path, std::move(options))));
}

RecordStore::RecordStore(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
RecordStore::~RecordStore() = default;

bool RecordStore::Append(Record record, OnCommit on_commit) {
  return impl_->Append(std::move(record), std::move(on_commit));
}
void RecordStore::Flush() { impl_->Flush(); }
RecordStoreState RecordStore::state() const { return impl_->state(); }

}  // namespace frond
