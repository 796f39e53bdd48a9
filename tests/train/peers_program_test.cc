// Several processes of `frond-train` as a launcher starts them: what they do together is what one does, and where one
// is lost the others say so and the run goes on.

#include <atomic>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/support/free_port.h"
#include "tests/train/train_program.h"

namespace frond {
namespace {

namespace fs = std::filesystem;

class PeersProgram : public TrainProgram {
 protected:
  struct Ended {
    int status;  // minus the signal where one ended it
    std::string err;
  };

  // A process with its launcher's variables; standard error goes to err.RANK.
  pid_t Start(int rank, int processes, int port, const std::string& command) const {
    const pid_t child = fork();
    if (child != 0) return child;
    setenv("RANK", StrCat(rank).c_str(), 1);
    setenv("WORLD_SIZE", StrCat(processes).c_str(), 1);
    setenv("MASTER_ADDR", "127.0.0.1", 1);
    setenv("MASTER_PORT", StrCat(port).c_str(), 1);
    const std::string line =
        StrCat("exec ", FROND_PROGRAM, " ", command, " >", dir.File(StrCat("out.", rank)), " 2>", ErrorFile(rank));
    execl("/bin/sh", "sh", "-c", line.c_str(), nullptr);
    _exit(127);
  }
  std::vector<pid_t> StartAll(int processes, const std::string& command) const {
    const int port = FreePort();
    std::vector<pid_t> running;
    for (int rank = 0; rank < processes; ++rank) running.push_back(Start(rank, processes, port, command));
    return running;
  }
  static bool HasEnded(pid_t process) {
    siginfo_t info = {};
    return waitid(P_PID, static_cast<id_t>(process), &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == process;
  }
  // One that has not ended within kPatience is killed, which no test takes for an end of its own.
  Ended WaitFor(pid_t process, int rank) const {
    const auto end = std::chrono::steady_clock::now() + kPatience;
    int status = 0;
    while (waitpid(process, &status, WNOHANG) == 0) {
      if (std::chrono::steady_clock::now() > end) kill(process, SIGKILL);
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status), Text(StrCat("err.", rank))};
  }
  std::vector<Ended> WaitForAll(const std::vector<pid_t>& running) const {
    std::vector<Ended> ended;
    for (size_t rank = 0; rank < running.size(); ++rank) {
      ended.push_back(WaitFor(running[rank], static_cast<int>(rank)));
    }
    return ended;
  }
  void ExpectDone(int processes, const std::string& command) const {
    for (const Ended& process : WaitForAll(StartAll(processes, command))) EXPECT_EQ(process.status, 0) << process.err;
  }
  // The training loss of every epoch.
  std::vector<double> Losses(const std::string& out) const {
    std::vector<double> losses;
    std::istringstream lines(Text(out + "/metrics.jsonl"));
    for (std::string line; std::getline(lines, line);) losses.push_back(nlohmann::json::parse(line)["train_loss"]);
    return losses;
  }
  void ExpectSameLosses(const std::string& found, const std::string& expected, size_t epochs) const {
    const std::vector<double> a = Losses(found);
    const std::vector<double> b = Losses(expected);
    ASSERT_EQ(a.size(), epochs);
    ASSERT_EQ(b.size(), epochs);
    for (size_t i = 0; i < epochs; ++i) EXPECT_NEAR(a[i], b[i], 1e-4) << "epoch " << i + 1;
  }
  void ExpectSameModels(const std::string& found, const std::string& expected) const {
    for (const char* file : {"/model.safetensors", "/last.safetensors"}) {
      EXPECT_TRUE(!Text(found + file).empty() && Text(found + file) == Text(expected + file)) << file << " differs";
    }
  }
  std::string ErrorFile(int rank) const { return dir.File(StrCat("err.", rank)); }
  static constexpr std::chrono::seconds kPatience{120};
};

class LostPeers : public PeersProgram {
 protected:
  // A process of the program that was told to write to `out`; 0 where there is none.
  static pid_t WorkerOf(const std::string& out) {
    for (const fs::directory_entry& entry : fs::directory_iterator("/proc")) {
      std::ifstream file(entry.path() / "cmdline");
      const std::string line{std::istreambuf_iterator<char>(file), {}};
      const std::string own = StrCat(FROND_PROGRAM, std::string(1, '\0'));
      if (line.starts_with(own) && Has(line, StrCat(out, std::string(1, '\0')))) {
        return std::stoi(entry.path().filename().string());
      }
    }
    return 0;
  }
};

// A batch of all 30 photos: each epoch is a step. Augmentation, dropout and drop-path are on.
TEST_F(PeersProgram, TwoWithHalfTheBatchEachFollowOneOverThirtySteps) {
  for (const char* norm : {"frozen", "batch"}) {
    const std::string more = StrCat("--batch 30 --epochs 30 --drop-path 0.2 --norm ", norm);
    ASSERT_EQ(Train(StrCat("one-", norm), more).status, 0) << Text("err");
    ExpectDone(2, Command(StrCat("two-", norm), more));
    ExpectSameLosses(StrCat("two-", norm), StrCat("one-", norm), 30);
    ExpectDone(2, Command(StrCat("apart-", norm), more + " --no-shared-memory"));
    ExpectSameLosses(StrCat("apart-", norm), StrCat("one-", norm), 30);
  }
}

// Of three processes two have no share of the last batch, which is of one photo; a step is two batches.
TEST_F(PeersProgram, SharesMayBeUnevenOrEmpty) {
  for (const char* norm : {"frozen", "batch"}) {
    const std::string more = StrCat("--batch ", norm == std::string("frozen") ? 29 : 7,
                                    " --accumulate 2 --epochs 6 --norm ", norm, " --class-weights balanced");
    ASSERT_EQ(Train(StrCat("one-", norm), more).status, 0) << Text("err");
    ExpectDone(3, Command(StrCat("three-", norm), more));
    ExpectSameLosses(StrCat("three-", norm), StrCat("one-", norm), 6);
  }
}

TEST_F(PeersProgram, RankZeroAloneSpeaks) {
  const std::vector<Ended> ended = WaitForAll(StartAll(2, Command("run", "--epochs 1 --json")));
  ASSERT_EQ(ended[0].status, 0) << ended[0].err;
  EXPECT_TRUE(Has(ended[0].err, "2 processes share each batch")) << ended[0].err;
  EXPECT_GT(nlohmann::json::parse(Text("out.0"))["val"]["top1"].get<double>(), 0.3);
  EXPECT_EQ(ended[1].status, 0);
  EXPECT_EQ(ended[1].err, "");
  EXPECT_EQ(Text("out.1"), "");
}

// Views that repeat: what is frozen runs once in one of the processes, and nothing else changes.
TEST_F(PeersProgram, KeepingWhatIsFrozenChangesNoBit) {
  ASSERT_EQ(Train("start", "--epochs 2").status, 0) << Text("err");
  const auto command = [&](const std::string& out, const std::string& more) {
    return StrCat(dir.File("data"), " --pretrained ", dir.File("start/model.safetensors"),
                  " --freeze stages:1 --views 2 --epochs 3 --batch 8 --threads 1 --out ", dir.File(out), " ", more);
  };
  ExpectDone(2, command("computed", "--cache-gb 0"));
  ExpectDone(2, command("kept", ""));
  EXPECT_FALSE(Has(Text("kept/report.html"), "the frozen part runs in every epoch"));
  ExpectSameModels("kept", "computed");
  EXPECT_FALSE(fs::exists(dir.File("kept/frozen.cache")) || fs::exists(dir.File("kept/frozen-1.cache")));
}

TEST_F(PeersProgram, WhatCannotBeIsSaid) {
  const auto said = [&](const std::string& variables, const std::string& more) {
    const std::string command =
        StrCat(variables, " ", FROND_PROGRAM, " ", Command("run", more), " 2>", dir.File("err"), " >&2");
    EXPECT_EQ(WEXITSTATUS(std::system(command.c_str())), 1);
    return Text("err");
  };
  EXPECT_TRUE(Has(said("RANK=2 WORLD_SIZE=2", ""), "RANK is")) << Text("err");
  EXPECT_TRUE(Has(said("RANK=0 WORLD_SIZE=2", ""), "MASTER_ADDR is not set")) << Text("err");
  const std::string two = "RANK=0 WORLD_SIZE=2 MASTER_ADDR=127.0.0.1 MASTER_PORT=";
  EXPECT_TRUE(Has(said(two + "x", ""), "MASTER_PORT is 'x'")) << Text("err");
  EXPECT_TRUE(Has(said(two + "1", "--batch 1"), "--batch 1 is too small for 2 processes")) << Text("err");
  const std::string absent = said(StrCat(two, FreePort()), "--peer-timeout-seconds 1");
  EXPECT_TRUE(Has(absent, "rank 1 of 2 processes did not come")) << absent;
}

TEST_F(PeersProgram, AProcessWithOtherOptionsIsRefused) {
  const int port = FreePort();
  const pid_t first = Start(0, 2, port, Command("run", "--peer-timeout-seconds 20"));
  const pid_t second = Start(1, 2, port, Command("run", "--peer-timeout-seconds 20 --lr 0.02"));
  const Ended other = WaitFor(second, 1);
  EXPECT_EQ(other.status, 1);
  EXPECT_TRUE(Has(other.err, "rank 1 runs with other options")) << other.err;
  const Ended leader = WaitFor(first, 0);
  EXPECT_EQ(leader.status, 1);
  EXPECT_TRUE(Has(leader.err, "another rank runs with other options")) << leader.err;
}

// Ctrl-C, or SIGTERM, that reaches one of them ends both after the same step; the run goes on, with other numbers of
// processes too.
TEST_F(LostPeers, AnInterruptedRunGoesOnWithAnyNumberOfProcesses) {
  const std::string more = "--epochs 30 --checkpoint-seconds 3600";
  ASSERT_EQ(Train("whole", more).status, 0) << Text("err");
  int interrupted = 0;
  for (const int processes : {2, 3, 1, 2}) {
    // One that is interrupted before it joins is lost, not heard: until it has done an epoch more.
    const std::string before = Text("parts/checkpoint.safetensors");
    const std::vector<pid_t> running = StartAll(processes, Command("parts", more));
    while (Text("parts/checkpoint.safetensors") == before && !HasEnded(running[0])) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    const int signal = processes == 3 ? SIGTERM : SIGINT;
    kill(running.back(), signal);
    for (const Ended& process : WaitForAll(running)) {
      EXPECT_TRUE(process.status == 0 || process.status == -SIGINT || process.status == -signal)
          << process.status << ": " << process.err;
      interrupted += process.status == 0 ? 0 : 1;
    }
  }
  EXPECT_GT(interrupted, 0);
  ExpectDone(3, Command("parts", more));
  ExpectSameLosses("parts", "whole", 30);
}

TEST_F(LostPeers, TheOtherSaysSoAndTheRunEndsLikeTheUnbrokenOne) {
  const std::string more = "--checkpoint-seconds 0 --peer-timeout-seconds 10";
  const auto start = std::chrono::steady_clock::now();
  ExpectDone(2, Command("whole", more));
  const std::chrono::duration<double> whole = std::chrono::steady_clock::now() - start;
  Random random({23});
  int killed = 0;
  for (int attempt = 0; attempt < 12; ++attempt) {
    const std::vector<pid_t> running = StartAll(2, Command("broken", more));
    const auto victim = static_cast<size_t>(attempt % 2);
    std::this_thread::sleep_for(whole * random.Uniform(0.05, 0.9));
    kill(running[victim], SIGKILL);
    const auto lost = std::chrono::steady_clock::now();
    const std::vector<Ended> ended = WaitForAll(running);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - lost;
    const Ended& other = ended[1 - victim];
    if (other.status == 0) continue;  // the run was over, or all but what rank 0 writes of it
    ++killed;
    EXPECT_EQ(other.status, 1) << other.err;
    EXPECT_LT(took.count(), 10 + 10) << "of which 10 s are the time-out";
    EXPECT_TRUE(Has(other.err, StrCat("a peer was lost (rank ", victim, " of 2)")) || Has(other.err, "did not come") ||
                Has(other.err, "does not answer") || Has(other.err, "was lost"))
        << other.err;
  }
  EXPECT_GE(killed, 3);
  ExpectDone(2, Command("broken", more));
  ExpectSameModels("broken", "whole");
}

// Any torch's: its agent's store is left alone. TORCHRUN names one, else the virtual environment of the goldens has it.
TEST_F(LostPeers, TorchrunStartsItAndStartsItAgain) {
  const char* named = std::getenv("TORCHRUN");
  const std::string torchrun = named != nullptr ? named : FROND_TORCHRUN;
  if (!fs::exists(torchrun)) GTEST_SKIP() << "there is no " << torchrun;
  const auto run = [&](const std::string& out, const std::string& options) {
    const std::string command =
        StrCat("timeout 240 ", torchrun, " --standalone --nproc-per-node 2 ", options, " --no-python ", FROND_PROGRAM,
               " ", Command(out, "--checkpoint-seconds 0"), " >", dir.File("out"), " 2>", dir.File("err"));
    return std::system(command.c_str());
  };
  ASSERT_EQ(run("whole", ""), 0) << Text("err");
  ExpectDone(2, Command("plain", "--checkpoint-seconds 0"));
  ExpectSameModels("whole", "plain");
  // A worker that is killed makes torchrun start both again.
  std::atomic<bool> ended = false;
  std::thread killer([&] {
    while (!ended && !fs::exists(dir.File("broken/checkpoint.safetensors"))) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    if (const pid_t worker = WorkerOf(dir.File("broken"))) kill(worker, SIGKILL);
  });
  EXPECT_EQ(run("broken", "--max-restarts 2"), 0) << Text("err");
  ended = true;
  killer.join();
  EXPECT_TRUE(Has(Text("err"), "exitcode: -9") || Has(Text("err"), "SIGKILL") || Has(Text("err"), "exitcode  : -9"))
      << Text("err");
  ExpectSameModels("broken", "whole");
}

}  // namespace
}  // namespace frond
