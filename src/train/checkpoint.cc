#include "src/train/checkpoint.h"

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>
#include <set>
#include <string_view>

#include "src/base/format.h"
#include "src/train/epoch_json.h"

namespace frond {

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(TaskCount, right, labelled)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(LossScale, value, good_steps)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Watchdog, rate_factor, good_step, good_epoch, skips, epoch_skips, roll_backs,
                                   all_skips, all_roll_backs, tamed)

namespace {

using Json = nlohmann::json;

constexpr const char* kStateKey = "frond.run";
constexpr const char* kKeyKey = "frond.run_key";

RunState StateFromJson(const Json& json) {
  RunState state;
  state.epoch = json.at("epoch");
  state.batch = json.at("batch");
  state.steps = json.at("steps");
  state.loss_sum = json.at("loss_sum");
  state.counts = json.at("counts").get<std::vector<TaskCount>>();
  state.seen = json.at("seen");
  state.seconds = json.at("seconds");
  state.best_epoch = json.at("best_epoch");
  state.peak_epoch = json.at("peak_epoch");
  state.peak_score = json.at("peak_score");
  state.loss_scale = json.at("loss_scale");
  state.watchdog = json.at("watchdog");
  state.log = json.at("log").get<std::vector<std::string>>();
  state.records = json.at("records").get<std::vector<EpochRecord>>();
  return state;
}

}  // namespace

std::string StateToText(const RunState& state) {
  Json json = {{"epoch", state.epoch},
               {"batch", state.batch},
               {"steps", state.steps},
               {"loss_sum", state.loss_sum},
               {"counts", state.counts},
               {"seen", state.seen},
               {"seconds", state.seconds},
               {"best_epoch", state.best_epoch},
               {"peak_epoch", state.peak_epoch},
               {"peak_score", state.peak_score},
               {"loss_scale", state.loss_scale},
               {"watchdog", state.watchdog},
               {"log", state.log},
               {"records", state.records}};
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Result<RunState> StateFromText(const std::string& text) {
  try {
    return StateFromJson(Json::parse(text));
  } catch (const Json::exception& error) {
    return Error{ErrorCode::kBadFormat, error.what(), "begin anew with --restart"};
  }
}

Status SaveCheckpoint(const std::string& path, const RunState& state, const std::string& key,
                      const NamedTensors& tensors) {
  TensorsToWrite to_write;
  for (const auto& [name, tensor] : tensors) to_write.Add(name, tensor);
  return WriteSafetensors(path, to_write.views(), {{kStateKey, StateToText(state)}, {kKeyKey, key}});
}

Result<RunState> LoadCheckpoint(const std::string& path, const std::string& key, const NamedTensors& tensors) {
  FROND_ASSIGN(const TensorFile file, ReadTensorFile(path));
  const auto stored_key = file.metadata.find(kKeyKey);
  const auto stored_state = file.metadata.find(kStateKey);
  if (stored_key == file.metadata.end() || stored_state == file.metadata.end()) {
    return Error{ErrorCode::kBadFormat, path + " is no checkpoint", "begin anew with --restart"};
  }
  if (stored_key->second != key) {
    return Error{ErrorCode::kMismatch, path + " is of a run with other options or other photos",
                 "give the same ones to go on, another --out, or --restart to begin anew"};
  }
  Result<RunState> state = StateFromText(stored_state->second);
  if (!state.ok()) return state.error().In(path);
  FROND_RETURN_IF_ERROR(FillFrom(file, tensors));
  return state;
}

Status RestoreTensors(const std::string& path, const NamedTensors& tensors) {
  FROND_ASSIGN(const TensorFile file, ReadTensorFile(path));
  std::set<std::string_view> stored;
  for (const StoredTensor& tensor : file.tensors) stored.insert(tensor.name);
  NamedTensors shared;
  std::ranges::copy_if(tensors, std::back_inserter(shared),
                       [&](const auto& named) { return stored.contains(named.first); });
  return FillFrom(file, shared);
}

}  // namespace frond
