#include "src/train/world.h"

#include <charconv>
#include <cstdlib>
#include <limits>

#include "src/base/format.h"

namespace frond {
namespace {

constexpr int kMostProcesses = 65536;
constexpr int kMostPort = 65535;

Error Malformed(const std::string& name, const std::string& value, const std::string& wanted) {
  return {ErrorCode::kInvalidArgument, StrCat(name, " is ", Quote(value)), StrCat("set it to ", wanted)};
}

Result<int> ParseInt(const std::string& name, const std::string& text, int least, int most) {
  int value = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (code == std::errc() && end == text.data() + text.size() && value >= least && value <= most) return value;
  return Malformed(name, text, StrCat("a whole number from ", least, " to ", most));
}

class Reader {
 public:
  explicit Reader(const Environment& environment) : environment_(environment) {}

  bool Has(const char* name) const { return environment_(name).has_value(); }
  std::optional<std::string> Text(const char* name) const { return environment_(name); }

  Result<int> Int(const char* name, int least, int most) const {
    const std::optional<std::string> text = environment_(name);
    if (text) return ParseInt(name, *text, least, most);
    return Error{ErrorCode::kInvalidArgument, StrCat(name, " is not set, and the launcher's other variables are"),
                 StrCat("set it too: a whole number from ", least, " to ", most)};
  }
  Result<int> Int(const char* name, int least, int most, int otherwise) const {
    if (!Has(name)) return otherwise;
    return Int(name, least, most);
  }

  // Rank 0's address and port, unless `world` is one process.
  Status Master(const char* address, const char* port, World& world) const {
    if (world.alone()) return {};
    const std::optional<std::string> host = environment_(address);
    if (!host || host->empty()) {
      return Error{ErrorCode::kInvalidArgument, StrCat(address, " is not set for ", world.size, " processes"),
                   "set it to the host of rank 0, or give --rendezvous HOST:PORT"};
    }
    world.address = *host;
    FROND_ASSIGN(world.port, Int(port, 1, kMostPort));
    return {};
  }

 private:
  const Environment& environment_;
};

Result<World> FromTorchrun(const Reader& read, bool overruled) {
  World world;
  FROND_ASSIGN(world.size, read.Int("WORLD_SIZE", 1, kMostProcesses));
  FROND_ASSIGN(world.rank, read.Int("RANK", 0, world.size - 1));
  FROND_ASSIGN(world.local_rank, read.Int("LOCAL_RANK", 0, world.size - 1, 0));
  FROND_ASSIGN(world.sharing, read.Int("LOCAL_WORLD_SIZE", 1, world.size, 1));
  // Kubeflow counts the processes that torchrun would start in each pod.
  const std::string a_pod = read.Text("PET_NPROC_PER_NODE").value_or("1");
  if (!read.Has("LOCAL_RANK") && a_pod.find_first_not_of("0123456789") == std::string::npos && a_pod != "1") {
    return Error{ErrorCode::kInvalidArgument,
                 StrCat("PET_NPROC_PER_NODE is ", Quote(a_pod), ", and LOCAL_RANK not set"),
                 "start the program by torchrun, or set one process a pod"};
  }
  if (overruled) return world;
  FROND_RETURN_IF_ERROR(read.Master("MASTER_ADDR", "MASTER_PORT", world));
  if (read.Text("TORCHELASTIC_USE_AGENT_STORE") == "True") world.port = StorePort(world.port);
  return world;
}

Result<World> FromTrainJob(const Reader& read, bool overruled) {
  World world;
  const std::string nodes = read.Text("PET_NNODES").value_or("");
  if (nodes.find(':') != std::string::npos) {
    return Error{ErrorCode::kInvalidArgument, StrCat("PET_NNODES is ", Quote(nodes), ", a range"),
                 "start the program by torchrun, which settles it"};
  }
  FROND_ASSIGN(world.size, read.Int("PET_NNODES", 1, kMostProcesses));
  FROND_ASSIGN(world.rank, read.Int("PET_NODE_RANK", 0, world.size - 1));
  const std::string a_node = read.Text("PET_NPROC_PER_NODE").value_or("1");
  if (a_node.find_first_not_of("0123456789") == std::string::npos && a_node != "1") {
    return Error{ErrorCode::kInvalidArgument, StrCat("PET_NPROC_PER_NODE is ", Quote(a_node)),
                 "start the program by torchrun, or set one process a node"};
  }
  if (!overruled) FROND_RETURN_IF_ERROR(read.Master("PET_MASTER_ADDR", "PET_MASTER_PORT", world));
  return world;
}

Result<World> FromSlurm(const Reader& read, bool overruled) {
  World world;
  FROND_ASSIGN(world.size,
               read.Int(read.Has("SLURM_STEP_NUM_TASKS") ? "SLURM_STEP_NUM_TASKS" : "SLURM_NTASKS", 1, kMostProcesses));
  FROND_ASSIGN(world.rank, read.Int("SLURM_PROCID", 0, world.size - 1));
  FROND_ASSIGN(world.local_rank, read.Int("SLURM_LOCALID", 0, world.size - 1, 0));
  if (world.alone() || overruled) return world;
  for (const char* name : {"SLURM_STEP_NODELIST", "SLURM_JOB_NODELIST", "SLURM_NODELIST"}) {
    if (world.address.empty()) world.address = FirstHost(read.Text(name).value_or(""));
  }
  if (world.address.empty()) world.address = read.Text("SLURM_LAUNCH_NODE_IPADDR").value_or("");
  if (read.Has("MASTER_ADDR")) world.address = *read.Text("MASTER_ADDR");
  if (world.address.empty()) {
    return Error{ErrorCode::kInvalidArgument, "Slurm's variables name no host: SLURM_STEP_NODELIST is not set",
                 "set MASTER_ADDR to the host of rank 0, or give --rendezvous HOST:PORT"};
  }
  FROND_ASSIGN(const int job, read.Int("SLURM_JOB_ID", 0, std::numeric_limits<int>::max(), 0));
  FROND_ASSIGN(world.port, read.Int("MASTER_PORT", 1, kMostPort, 10000 + job % 20000));
  return world;
}

Status Overrule(const std::string& rendezvous, World& world) {
  const size_t colon = rendezvous.rfind(':');
  std::string host = rendezvous.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  if (colon == std::string::npos || host.empty()) return Malformed("--rendezvous", rendezvous, "HOST:PORT");
  FROND_ASSIGN(world.port, ParseInt("--rendezvous's port", rendezvous.substr(colon + 1), 1, kMostPort));
  world.address = host;
  return {};
}

Result<World> FromLauncher(const Reader& read, bool overruled) {
  if (read.Has("RANK") || read.Text("WORLD_SIZE").value_or("1") != "1") return FromTorchrun(read, overruled);
  if (read.Has("PET_NODE_RANK")) return FromTrainJob(read, overruled);
  if (read.Has("SLURM_PROCID") && (read.Has("SLURM_NTASKS") || read.Has("SLURM_STEP_NUM_TASKS"))) {
    return FromSlurm(read, overruled);
  }
  return World();
}

}  // namespace

Environment ProcessEnvironment() {
  return [](const char* name) -> std::optional<std::string> {
    const char* value = std::getenv(name);
    if (value == nullptr) return std::nullopt;
    return value;
  };
}

int StorePort(int taken) { return taken > 20000 ? taken - 10000 : taken + 10000; }

std::string FirstHost(const std::string& node_list) {
  std::string host;
  bool in_bracket = false;
  for (size_t i = 0; i < node_list.size(); ++i) {
    const char c = node_list[i];
    if (in_bracket && (c == '-' || c == ',' || c == ']')) {  // of the bracket's numbers the first counts
      i = node_list.find(']', i);
      if (i == std::string::npos) break;
      in_bracket = false;
    } else if (!in_bracket && c == ',') {
      break;
    } else if (!in_bracket && c == '[') {
      in_bracket = true;
    } else {
      host += c;
    }
  }
  return host;
}

Result<World> ReadWorld(const Environment& environment, const std::string& rendezvous) {
  FROND_ASSIGN(World world, FromLauncher(Reader(environment), !rendezvous.empty()));
  if (!world.alone() && !rendezvous.empty()) FROND_RETURN_IF_ERROR(Overrule(rendezvous, world));
  return world;
}

}  // namespace frond
