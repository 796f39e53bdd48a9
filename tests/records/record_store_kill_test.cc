// A writer under load is killed fifty times at random moments: what it had acknowledged is in the store, which is whole
// and opens at once.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <iostream>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "src/base/format.h"
#include "src/records/sqlite.h"
#include "tests/records/records.h"
#include "tests/support/temp_dir.h"

namespace frond {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kKills = 50;
constexpr double kMostReopenMs = 300;

// The lines that the writer at `path` printed before it was killed, whole ones.
std::vector<std::string> WriteAndKill(const std::string& path, std::chrono::microseconds after) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return {};
  const pid_t child = fork();
  if (child == 0) {
    dup2(ends[1], STDOUT_FILENO);
    execl(FROND_RECORD_STORE_WRITER, FROND_RECORD_STORE_WRITER, path.c_str(), nullptr);
    _exit(127);
  }
  close(ends[1]);
  std::string said;
  char buffer[65536];
  Clock::time_point end = Clock::time_point::max();
  bool killed = false;
  while (true) {
    const ssize_t length = read(ends[0], buffer, sizeof(buffer));
    if (length <= 0) break;
    // From its first acknowledgement on, so that the start of a process does not count.
    if (said.empty()) end = Clock::now() + after;
    said.append(buffer, static_cast<size_t>(length));
    if (!killed && Clock::now() >= end) {
      kill(child, SIGKILL);
      killed = true;
    }
  }
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_TRUE(WIFSIGNALED(status)) << "the writer ended with " << WEXITSTATUS(status);
  std::vector<std::string> lines;
  for (size_t at = 0, next = 0; (next = said.find('\n', at)) != std::string::npos; at = next + 1) {
    lines.push_back(said.substr(at, next - at));
  }
  return lines;
}

std::set<std::string> IdsOf(const Database& database) {
  std::set<std::string> ids;
  SqlStatement rows = database.Prepare("SELECT request_id FROM answers UNION ALL SELECT label FROM feedback").value();
  while (rows.Step().value()) ids.insert(rows.Text(0));
  return ids;
}

TEST(RecordStoreKilled, WhatWasAcknowledgedIsThere) {
  TempDir dir;
  const std::string path = dir.File("store.db");
  std::mt19937 random(11);
  double slowest_ms = 0;
  size_t acknowledged_of_all = 0;
  std::vector<std::string> all;
  for (int i = 0; i < kKills; ++i) {
    const auto after = std::chrono::microseconds(std::uniform_int_distribution<>(0, 60'000)(random));
    const std::vector<std::string> acknowledged = WriteAndKill(path, after);
    ASSERT_FALSE(acknowledged.empty());
    all.insert(all.end(), acknowledged.begin(), acknowledged.end());
    acknowledged_of_all += acknowledged.size();
    // Every other time as a reader finds it, with the log that the dead writer left.
    if (i % 2 == 0) {
      const Clock::time_point start = Clock::now();
      auto store = OpenStore(path);
      slowest_ms = std::max(slowest_ms, std::chrono::duration<double, std::milli>(Clock::now() - start).count());
      ASSERT_TRUE(store->state().writing) << store->state().error->message;
    }
    const Database database = Database::Open(path, Database::Mode::kRead).value();
    SqlStatement check = database.Prepare("PRAGMA integrity_check").value();
    ASSERT_TRUE(check.Step().value());
    ASSERT_EQ(check.Text(0), "ok");
    const std::set<std::string> ids = IdsOf(database);
    for (const std::string& id : acknowledged) ASSERT_TRUE(ids.contains(id)) << id << " after kill " << i;
  }
  const std::set<std::string> ids = IdsOf(Database::Open(path, Database::Mode::kRead).value());
  for (const std::string& id : all) ASSERT_TRUE(ids.contains(id)) << id;
  EXPECT_LT(slowest_ms, kMostReopenMs);
  std::cout << acknowledged_of_all << " records acknowledged and found, slowest reopening " << slowest_ms << " ms\n";
}

TEST(RecordStoreKilled, AnotherProcessThatWritesIsNamed) {
  TempDir dir;
  const std::string path = dir.File("store.db");
  const pid_t child = fork();
  if (child == 0) {
    const int nowhere = open("/dev/null", O_WRONLY);
    dup2(nowhere, STDOUT_FILENO);
    execl(FROND_RECORD_STORE_WRITER, FROND_RECORD_STORE_WRITER, path.c_str(), nullptr);
    _exit(127);
  }
  std::string message;
  for (int i = 0; i < 500 && message.empty(); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
    if (access((path + "-wal").c_str(), F_OK) != 0) continue;
    message = OpenStore(path)->state().error.value_or(Error{}).message;
  }
  EXPECT_TRUE(Has(message, StrCat("'", child, "'"))) << message;
  // Readers are welcome, once it has made its tables.
  bool readable = false;
  for (int i = 0; i < 500 && !readable; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
    readable = RecordReader::Open(path).ok();
  }
  EXPECT_TRUE(readable);
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  EXPECT_TRUE(OpenStore(path)->state().writing);  // the lock went with it
}

}  // namespace
}  // namespace frond
