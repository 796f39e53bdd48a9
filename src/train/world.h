#ifndef FROND_SRC_TRAIN_WORLD_H_
#define FROND_SRC_TRAIN_WORLD_H_

#include <functional>
#include <optional>
#include <string>

#include "frond/result.h"

namespace frond {

// The processes that train together, as one of them sees it.
struct World {
  int rank = 0;
  int size = 1;         // 1: this process trains alone, and nothing below matters
  int local_rank = 0;   // among this machine's: which GPU it takes
  int sharing = 1;      // processes among which this one's CPUs are shared
  std::string address;  // where rank 0 listens
  int port = 0;

  bool alone() const { return size == 1; }
};

// A variable's value, or nothing where it is not set.
using Environment = std::function<std::optional<std::string>(const char* name)>;
Environment ProcessEnvironment();

// What the launcher says, the first of these that says anything:
//   RANK, WORLD_SIZE, LOCAL_RANK, LOCAL_WORLD_SIZE, MASTER_ADDR, MASTER_PORT
//     torchrun, Kubeflow's PyTorchJob, and by hand. Under torchrun a store of the agent's, whose protocol is that of
//     its torch's version, listens at MASTER_PORT (TORCHELASTIC_USE_AGENT_STORE): rank 0 takes StorePort of it.
//   PET_NNODES, PET_NODE_RANK, PET_MASTER_ADDR, PET_MASTER_PORT
//     Kubeflow's TrainJob, whose command is the program itself: one process a node.
//   SLURM_NTASKS, SLURM_PROCID, SLURM_LOCALID
//     srun. Rank 0 is on the first host of the step's or job's node list; the port comes from the job's number.
//     MASTER_ADDR and MASTER_PORT overrule them.
// `rendezvous`, HOST:PORT, overrules where rank 0 listens; empty: it does not. Errors: kInvalidArgument naming the
// variable that is missing or malformed.
Result<World> ReadWorld(const Environment& environment, const std::string& rendezvous);

// A port beside one that is taken: 10000 below it, or above where it is small.
int StorePort(int taken);

// The first host of Slurm's short form: "gpu[07-12,15],login" is gpu07.
std::string FirstHost(const std::string& node_list);

}  // namespace frond

#endif  // FROND_SRC_TRAIN_WORLD_H_
