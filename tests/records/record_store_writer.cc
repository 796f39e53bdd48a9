// record_store_writer PATH: appends answers and feedback without end, and prints the id of each that is acknowledged.
// For record_store_kill_test, which ends it.

#include <unistd.h>

#include <cstdio>
#include <string>
#include <thread>

#include "src/base/format.h"
#include "src/records/record_store.h"

int main(int argc, char** argv) {
  using namespace frond;
  if (argc != 2) return 2;
  RecordStoreOptions options;
  options.queue_records = 64;
  auto store = RecordStore::Open(argv[1], options);
  if (!store.ok() || !(*store)->state().writing) return 1;
  for (int64_t i = 0;; ++i) {
    const std::string id = StrCat(getpid(), "-", i);
    const auto say = [id](const Result<RecordReceipt>& receipt) {
      const std::string line = id + "\n";
      if (!receipt.ok() || !receipt->recorded || write(STDOUT_FILENO, line.data(), line.size()) < 0) _exit(3);
    };
    const int64_t unix_ms = 1'795'910'400'000 + i;
    // Feedback is on the answer before it, and its label says which line it is.
    Record record = FeedbackRecord{
        .unix_ms = unix_ms, .request_id = StrCat(getpid(), "-", i - 1), .record_id = 0, .task = "", .label = id};
    if (i % 2 == 0) {
      AnswerRecord answer = {.unix_ms = unix_ms, .request_id = id, .trace_id = "", .model = "leaf", .version = "1"};
      answer.tasks = {{"", {{0, "apple", 0.75}}, 0.75}};
      record = answer;
    }
    // Every third unacknowledged, between the others.
    while (!(*store)->Append(record, i % 3 == 0 ? RecordStore::OnCommit() : say)) std::this_thread::yield();
  }
}
