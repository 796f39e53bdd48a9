// record_store PATH [RECORDS]: what recording costs a service. PATH is made anew.

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <future>
#include <string>
#include <thread>
#include <vector>

#include "src/base/format.h"
#include "src/base/utc_time.h"
#include "src/records/record_store.h"
#include "src/records/store_report.h"

namespace {

using namespace frond;
using Clock = std::chrono::steady_clock;

double Microseconds(Clock::time_point start) {
  return std::chrono::duration<double, std::micro>(Clock::now() - start).count();
}

AnswerRecord Answer(int64_t i, int64_t unix_ms) {
  AnswerRecord answer;
  answer.unix_ms = unix_ms;
  answer.request_id = StrCat("01890a5d-ac96-774b-bcce-b302099a8057-", i);
  answer.model = "leaf";
  answer.version = "1";
  answer.tasks.push_back({"", {}, 0.71});
  for (int k = 0; k < 5; ++k) answer.tasks[0].top.push_back({k, StrCat("class number ", k), 0.5 / (k + 1)});
  answer.latencies = {0.1, 4.5, 1.25, 8.75, 15.0};
  answer.photo = {0.5, 0.25, 0.125, 92.5, 1024, 768};
  return answer;
}

double Quantile(std::vector<double> values, double q) {
  std::ranges::sort(values);
  return values[static_cast<size_t>(q * static_cast<double>(values.size() - 1))];
}

void Remove(const std::string& path) {
  for (const char* suffix : {"", "-wal", "-shm", "-lock"}) std::filesystem::remove(path + suffix);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  const std::string path = argv[1];
  const int64_t records = argc > 2 ? std::atoll(argv[2]) : 100'000;
  Remove(path);
  RecordStoreOptions options;
  options.max_bytes = int64_t{8} << 30;
  auto store = RecordStore::Open(path, options).value();
  const int64_t now = UnixMsNow();

  // As fast as the store takes them; the appends that were refused are tried again and not counted.
  std::vector<double> append_us;
  append_us.reserve(static_cast<size_t>(records));
  Clock::time_point begin = Clock::now();
  for (int64_t i = 0; i < records; ++i) {
    while (true) {
      AnswerRecord answer = Answer(i, now - records + i);
      const Clock::time_point start = Clock::now();
      const bool taken = store->Append(std::move(answer));
      if (taken) append_us.push_back(Microseconds(start));
      if (taken) break;
      std::this_thread::sleep_for(std::chrono::microseconds(200));
    }
  }
  store->Flush();
  const double seconds = Microseconds(begin) / 1e6;
  std::printf("append: median %.2f us, 99th %.2f us, most %.0f us\n", Quantile(append_us, 0.5),
              Quantile(append_us, 0.99), Quantile(append_us, 1));
  std::printf("records a second: %.0f\n", static_cast<double>(records) / seconds);
  std::printf("bytes a record: %.0f\n", static_cast<double>(store->state().bytes) / static_cast<double>(records));

  // One at a time, each synced before it is acknowledged.
  std::vector<double> feedback_us;
  for (int i = 0; i < 200; ++i) {
    std::promise<void> told;
    const Clock::time_point start = Clock::now();
    FeedbackRecord feedback;
    feedback.unix_ms = now;
    feedback.request_id = StrCat("01890a5d-ac96-774b-bcce-b302099a8057-", i);
    feedback.label = "class number 1";
    if (!store->Append(std::move(feedback), [&](const auto&) { told.set_value(); })) return 1;
    told.get_future().wait();
    feedback_us.push_back(Microseconds(start));
  }
  std::printf("acknowledged feedback: median %.0f us, 99th %.0f us\n", Quantile(feedback_us, 0.5),
              Quantile(feedback_us, 0.99));

  store.reset();
  begin = Clock::now();
  store = RecordStore::Open(path, options).value();
  std::printf("reopen: %.1f ms\n", Microseconds(begin) / 1e3);
  begin = Clock::now();
  const RecordReader reader = RecordReader::Open(path).value();
  const StoreReport report = GatherStoreReport(reader, path, {}).value();
  std::printf("report: %.2f s for %lld answers\n", Microseconds(begin) / 1e6,
              static_cast<long long>(report.totals.answers));
  store.reset();
  Remove(path);
}
