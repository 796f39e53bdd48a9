#include "src/train/world.h"

#include <gtest/gtest.h>

#include <map>

namespace frond {
namespace {

using Variables = std::map<std::string, std::string>;

Result<World> Read(const Variables& variables, const std::string& rendezvous = "") {
  const auto environment = [&](const char* name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    if (found == variables.end()) return std::nullopt;
    return found->second;
  };
  return ReadWorld(environment, rendezvous);
}

void Expect(const Result<World>& world, int rank, int size, int local_rank, const std::string& address, int port) {
  ASSERT_TRUE(world.ok()) << world.error().ToString();
  EXPECT_EQ(world->rank, rank);
  EXPECT_EQ(world->size, size);
  EXPECT_EQ(world->local_rank, local_rank);
  EXPECT_EQ(world->address, address);
  EXPECT_EQ(world->port, port);
}

void ExpectError(const Variables& variables, const std::string& part, const std::string& rendezvous = "") {
  const Result<World> world = Read(variables, rendezvous);
  ASSERT_FALSE(world.ok()) << part;
  EXPECT_NE(world.error().message.find(part), std::string::npos) << world.error().ToString();
  EXPECT_FALSE(world.error().remedy.empty());
}

const Variables kTorchrun = {{"RANK", "3"},
                             {"WORLD_SIZE", "4"},
                             {"LOCAL_RANK", "1"},
                             {"LOCAL_WORLD_SIZE", "2"},
                             {"MASTER_ADDR", "node0"},
                             {"MASTER_PORT", "29500"},
                             {"TORCHELASTIC_USE_AGENT_STORE", "True"}};

Variables With(Variables variables, const Variables& changes) {
  for (const auto& [name, value] : changes) variables[name] = value;
  return variables;
}
Variables Without(Variables variables, const std::string& name) {
  variables.erase(name);
  return variables;
}

TEST(World, WithoutALauncherAProcessIsAlone) {
  EXPECT_TRUE(Read({}).value().alone());
  EXPECT_TRUE(Read({{"MASTER_ADDR", "left over"}, {"LOCAL_RANK", "0"}}).value().alone());
  EXPECT_TRUE(Read({{"RANK", "0"}, {"WORLD_SIZE", "1"}}).value().alone());
  EXPECT_TRUE(Read({{"SLURM_NTASKS", "1"}, {"SLURM_PROCID", "0"}}).value().alone());
  EXPECT_TRUE(Read({{"SLURM_NTASKS", "8"}}).value().alone());  // a login shell of an allocation
  EXPECT_TRUE(Read({}, "node0:29500").value().alone());
}

TEST(World, TorchrunsStoreIsLeftAlone) {
  Expect(Read(kTorchrun), 3, 4, 1, "node0", 19500);
  EXPECT_EQ(Read(kTorchrun)->sharing, 2);
  Expect(Read(Without(kTorchrun, "TORCHELASTIC_USE_AGENT_STORE")), 3, 4, 1, "node0", 29500);
  for (const int port : {1, 20000, 20001, 29500, 65535}) {
    EXPECT_NE(StorePort(port), port);
    EXPECT_GT(StorePort(port), 1024);
    EXPECT_LE(StorePort(port), 65535);
  }
}

TEST(World, KubeflowsJobsSayIt) {
  const Variables pytorch_job = {
      {"RANK", "1"},       {"WORLD_SIZE", "2"},        {"MASTER_ADDR", "leaves-master-0"}, {"MASTER_PORT", "23456"},
      {"PET_NNODES", "2"}, {"PET_NPROC_PER_NODE", "1"}};
  Expect(Read(pytorch_job), 1, 2, 0, "leaves-master-0", 23456);
  ExpectError(With(pytorch_job, {{"PET_NPROC_PER_NODE", "8"}}), "PET_NPROC_PER_NODE");
  const Variables train_job = {{"PET_NNODES", "2"},
                               {"PET_NODE_RANK", "1"},
                               {"PET_NPROC_PER_NODE", "auto"},
                               {"PET_MASTER_ADDR", "leaves-node-0-0.leaves"},
                               {"PET_MASTER_PORT", "29500"}};
  Expect(Read(train_job), 1, 2, 0, "leaves-node-0-0.leaves", 29500);
  ExpectError(With(train_job, {{"PET_NPROC_PER_NODE", "4"}}), "PET_NPROC_PER_NODE");
  ExpectError(With(train_job, {{"PET_NNODES", "1:4"}}), "a range");
}

TEST(World, SlurmSaysIt) {
  const Variables slurm = {{"SLURM_NTASKS", "4"},
                           {"SLURM_PROCID", "2"},
                           {"SLURM_LOCALID", "1"},
                           {"SLURM_JOB_ID", "123456"},
                           {"SLURM_STEP_NODELIST", "gpu[07-12,15],login"},
                           {"SLURM_LAUNCH_NODE_IPADDR", "10.0.0.1"}};
  Expect(Read(slurm), 2, 4, 1, "gpu07", 13456);
  Expect(Read(Without(slurm, "SLURM_STEP_NODELIST")), 2, 4, 1, "10.0.0.1", 13456);
  Expect(Read(With(slurm, {{"MASTER_ADDR", "gpu9"}, {"MASTER_PORT", "5000"}})), 2, 4, 1, "gpu9", 5000);
  Expect(Read(With(slurm, {{"SLURM_STEP_NUM_TASKS", "3"}})), 2, 3, 1, "gpu07", 13456);
  ExpectError(Without(Without(slurm, "SLURM_STEP_NODELIST"), "SLURM_LAUNCH_NODE_IPADDR"), "SLURM_STEP_NODELIST");
  ExpectError(With(slurm, {{"SLURM_PROCID", "4"}}), "SLURM_PROCID");
}

TEST(World, TheFirstHostOfAList) {
  for (const auto& [list, host] : Variables{{"a", "a"},
                                            {"a,b", "a"},
                                            {"gpu-a1,gpu-a2", "gpu-a1"},
                                            {"gpu[3]", "gpu3"},
                                            {"gpu[03,05-07]", "gpu03"},
                                            {"r[1-2]n[08-09].site,x", "r1n08.site"},
                                            {"gpu[1", "gpu1"},
                                            {"gpu[1-", "gpu1"},
                                            {"", ""}}) {
    EXPECT_EQ(FirstHost(list), host) << list;
  }
}

TEST(World, RendezvousOverrulesTheLauncher) {
  Expect(Read(kTorchrun, "other:1234"), 3, 4, 1, "other", 1234);
  Expect(Read(Without(kTorchrun, "MASTER_ADDR"), "[::1]:1234"), 3, 4, 1, "::1", 1234);
  ExpectError(kTorchrun, "--rendezvous", "other");
  ExpectError(kTorchrun, "--rendezvous", ":1");
  ExpectError(kTorchrun, "--rendezvous", "other:0");
  ExpectError(kTorchrun, "--rendezvous", "other:65536");
}

TEST(World, WhatIsMissingOrMalformedIsNamed) {
  for (const char* name : {"RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT"})
    ExpectError(Without(kTorchrun, name), name);
  for (const char* name : {"RANK", "WORLD_SIZE", "LOCAL_RANK", "LOCAL_WORLD_SIZE", "MASTER_PORT"}) {
    for (const char* value : {"", "x", "-1", "3 ", "3.5", "99999999999999999999"}) {
      ExpectError(With(kTorchrun, {{name, value}}), name);
    }
  }
  ExpectError(With(kTorchrun, {{"RANK", "4"}}), "RANK");
  ExpectError(With(kTorchrun, {{"WORLD_SIZE", "0"}}), "WORLD_SIZE");
  ExpectError(With(kTorchrun, {{"MASTER_ADDR", ""}}), "MASTER_ADDR");
}

}  // namespace
}  // namespace frond
