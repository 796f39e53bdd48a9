// A store that cannot be written to says why, drops and counts, harms nothing, and goes on where that can help.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <thread>

#include "src/base/format.h"
#include "src/records/record_store.h"
#include "src/records/sqlite.h"
#include "tests/records/records.h"
#include "tests/support/temp_dir.h"

namespace frond {
namespace {

namespace fs = std::filesystem;

std::string Bytes(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

bool Soon(const std::function<bool()>& condition) {
  for (int i = 0; i < 500; ++i) {
    if (condition()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return false;
}

// Appends until the store ceases to write; ids of what was acknowledged.
std::vector<std::string> AppendUntilItFails(RecordStore& store, size_t photo_bytes, std::atomic<int>& failed) {
  std::vector<std::string> acknowledged;
  for (int i = 0; i < 5000 && store.state().writing; ++i) {
    AnswerRecord answer = Answer(StrCat("r", i));
    answer.photo_bytes.assign(photo_bytes, 'x');
    (void)store.Append(answer, [&, i](const Result<RecordReceipt>& receipt) {
      if (receipt.ok()) {
        acknowledged.push_back(StrCat("r", i));
      } else {
        ++failed;
      }
    });
    store.Flush();
  }
  return acknowledged;
}

class RecordStoreFailure : public testing::Test {
 protected:
  // A store that does not write, with the file as it was.
  void ExpectRefused(ErrorCode code, const std::string& message) const {
    const std::string before = Bytes(path);
    auto store = OpenStore(path);
    EXPECT_FALSE(store->state().writing);
    ASSERT_TRUE(store->state().error);
    EXPECT_EQ(store->state().error->code, code) << store->state().error->message;
    EXPECT_TRUE(Has(store->state().error->message, message)) << store->state().error->message;
    EXPECT_FALSE(store->state().error->remedy.empty());
    EXPECT_FALSE(
        store->Append(Answer("r1"), [](const auto&) { ADD_FAILURE() << "told of a record that was refused"; }));
    EXPECT_FALSE(store->Append(Feedback("r1", "apple")));
    EXPECT_EQ(store->state().dropped, 2U);
    store->Flush();
    std::this_thread::sleep_for(std::chrono::milliseconds(60));  // tried again, where that is tried
    store.reset();
    EXPECT_EQ(Bytes(path), before);
  }

  void MakeStore(int records) const {
    auto store = OpenStore(path);
    for (int i = 0; i < records; ++i) store->Append(Answer(StrCat("old", i)));
  }

  // The disk fills at about a megabyte, and later has room again.
  void FillAndRelieve(const std::string& file, const std::function<void()>& relieve) const {
    RecordStoreOptions options = AtNow();
    options.keep_photos = true;
    auto store = OpenStore(file, options);
    std::atomic<int> failed = 0;
    const std::vector<std::string> acknowledged = AppendUntilItFails(*store, 20'000, failed);
    const RecordStoreState state = store->state();
    const bool refused = !store->Append(Answer("while full"));
    relieve();
    EXPECT_EQ(failed, 1);
    EXPECT_EQ(state.dropped, 1U);
    EXPECT_FALSE(state.writing);
    ASSERT_TRUE(state.error);
    EXPECT_EQ(state.error->code, ErrorCode::kIo) << state.error->message;
    EXPECT_TRUE(Has(state.error->remedy, "goes on by itself")) << state.error->remedy;
    EXPECT_TRUE(refused);
    EXPECT_GT(acknowledged.size(), 5U);
    ASSERT_TRUE(Soon([&] { return store->state().writing; })) << store->state().error->message;
    EXPECT_FALSE(store->state().error);
    EXPECT_TRUE(store->Append(Answer("after")));
    store.reset();
    const Database database = Database::Open(file, Database::Mode::kRead).value();
    SqlStatement check = database.Prepare("PRAGMA integrity_check").value();
    ASSERT_TRUE(check.Step().value());
    EXPECT_EQ(check.Text(0), "ok");
    for (const std::string& id : acknowledged) {
      EXPECT_EQ(database.Number(StrCat("SELECT count(*) FROM answers WHERE request_id = '", id, "'")).value(), 1) << id;
    }
    EXPECT_EQ(database.Number("SELECT count(*) FROM answers WHERE request_id = 'after'").value(), 1);
  }

  TempDir dir;
  std::string path = dir.File("store.db");
};

TEST_F(RecordStoreFailure, AFileThatIsNoDatabase) {
  std::ofstream(path) << std::string(10'000, 'x');
  ExpectRefused(ErrorCode::kBadFormat, "is no record store");
}

TEST_F(RecordStoreFailure, AnotherProgramsDatabase) {
  { ASSERT_TRUE(Database::Open(path, Database::Mode::kWrite)->Run("CREATE TABLE notes(text)").ok()); }
  ExpectRefused(ErrorCode::kBadFormat, "another program");
}

TEST_F(RecordStoreFailure, AStoreOfANewerVersion) {
  MakeStore(10);
  { ASSERT_TRUE(Database::Open(path, Database::Mode::kWrite)->Run("PRAGMA user_version=2").ok()); }
  ExpectRefused(ErrorCode::kUnsupported, "version 2");
}

TEST_F(RecordStoreFailure, AFolder) {
  fs::create_directory(path);
  auto store = OpenStore(path);
  ASSERT_TRUE(store->state().error);
  EXPECT_EQ(store->state().error->code, ErrorCode::kIo);
}

TEST_F(RecordStoreFailure, ADamagedStoreStopsAndTells) {
  MakeStore(500);
  std::string bytes = Bytes(path);
  ASSERT_GT(bytes.size(), 40'000U);
  std::fill(bytes.begin() + 4096, bytes.end(), '\x5a');  // the first page says that it is a store
  std::ofstream(path, std::ios::binary) << bytes;
  auto store = OpenStore(path);
  std::atomic<int> failed = 0;
  EXPECT_TRUE(AppendUntilItFails(*store, 0, failed).empty());
  ASSERT_TRUE(store->state().error);
  EXPECT_EQ(store->state().error->code, ErrorCode::kBadFormat) << store->state().error->message;
  EXPECT_TRUE(Has(store->state().error->message, "damaged"));
  EXPECT_TRUE(Has(store->state().error->remedy, "recover"));
}

TEST_F(RecordStoreFailure, TheSecondWriterIsToldAndTakesOver) {
  auto first = OpenStore(path);
  auto second = OpenStore(path);
  ASSERT_TRUE(second->state().error);
  EXPECT_EQ(second->state().error->code, ErrorCode::kIo);
  EXPECT_TRUE(Has(second->state().error->message, StrCat("'", getpid(), "'"))) << second->state().error->message;
  EXPECT_FALSE(second->Append(Answer("r1")));
  EXPECT_TRUE(first->Append(Answer("r1")));
  first->Flush();
  EXPECT_EQ(OpenReader(path).Totals({})->answers, 1);  // readers are welcome
  first.reset();
  EXPECT_TRUE(Soon([&] { return second->state().writing; }));
}

TEST_F(RecordStoreFailure, AFolderThatComesLater) {
  const std::string later = dir.File("mount/store.db");
  auto store = OpenStore(later);
  ASSERT_TRUE(store->state().error);
  EXPECT_EQ(store->state().error->code, ErrorCode::kIo);
  fs::create_directory(dir.File("mount"));
  EXPECT_TRUE(Soon([&] { return store->state().writing; }));
}

TEST_F(RecordStoreFailure, AFileThatIsDeletedIsMadeAnew) {
  auto store = OpenStore(path);
  fs::remove(path);
  (void)store->Append(Answer("lost"));
  EXPECT_TRUE(Soon([&] { return store->state().writing && fs::exists(path); }));
  ASSERT_TRUE(store->Append(Answer("found")));
  store.reset();
  EXPECT_EQ(OpenReader(path).Totals({})->answers, 1);
}

// Without a tmpfs: a limit on the size of this process's files, which write(2) answers with EFBIG.
TEST_F(RecordStoreFailure, FilesThatMayNotGrow) {
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit before = {};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  rlimit small = before;
  small.rlim_cur = 1 << 20;
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  FillAndRelieve(path, [&] { setrlimit(RLIMIT_FSIZE, &before); });
}

// Mounts a tmpfs for this thread and those it starts; left out where that is not allowed.
TEST_F(RecordStoreFailure, ADiskThatIsFull) {
  const bool alone = unshare(CLONE_NEWNS) == 0 || unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0;
  if (!alone || mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
      mount("tmpfs", dir.path().c_str(), "tmpfs", 0, "size=1500k") != 0) {
    GTEST_SKIP() << "no tmpfs may be mounted here";
  }
  FillAndRelieve(path, [&] { ASSERT_EQ(mount("tmpfs", dir.path().c_str(), "tmpfs", MS_REMOUNT, "size=50m"), 0); });
  umount2(dir.path().c_str(), MNT_DETACH);
}

// As root every folder can be written to: in a child that is nobody.
TEST_F(RecordStoreFailure, AFolderThatMayNotBeWrittenTo) {
  MakeStore(10);
  fs::remove(path + "-lock");
  ASSERT_EQ(chmod(path.c_str(), 0444), 0);
  ASSERT_EQ(chmod(dir.path().c_str(), 0555), 0);
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    if (geteuid() == 0 && setuid(65534) != 0) _exit(77);
    int wrong = 0;
    for (const std::string& file : {path, dir.File("new.db")}) {
      const auto store = OpenStore(file);
      const RecordStoreState state = store->state();
      if (state.writing || !state.error || state.error->code != ErrorCode::kIo) wrong |= 1;
      if (state.error && !Has(state.error->message, "ermission denied")) wrong |= 2;
      if (store->Append(Answer("r1")) || store->state().dropped != 1) wrong |= 4;
    }
    // To read it, its folder need not be written to.
    const Result<RecordReader> reader = RecordReader::Open(path);
    if (!reader.ok() || reader->Totals({})->answers != 10) wrong |= 8;
    _exit(wrong);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  chmod(dir.path().c_str(), 0755);
  ASSERT_TRUE(WIFEXITED(status));
  if (WEXITSTATUS(status) == 77) GTEST_SKIP() << "this root may not become nobody";
  EXPECT_EQ(WEXITSTATUS(status), 0) << "bits as above";
}

}  // namespace
}  // namespace frond
