// What a run of several processes does beside learning: all of them go on from where rank 0 is.

#include "src/base/format.h"
#include "src/train/trainer.h"

namespace frond {

Status Trainer::FollowLeader() {
  if (peers_ == nullptr) return {};
  FROND_ASSIGN(state_, StateFromText(peers_->Broadcast(StateToText(state_))));
  FROND_RETURN_IF_ERROR(FreezeForEpoch());
  // Else the processes would wait for each other in different places.
  const std::string key = StrCat(key_, frozen_.fingerprint());
  const bool differs = peers_->Broadcast(key) != key;
  if (peers_->Any(differs)) {
    const std::string who = differs ? StrCat("rank ", peers_->rank()) : "another rank";
    return Error{
        ErrorCode::kMismatch,
        StrCat(who, " runs with other options, other photos or other weights than ", leads() ? "this one" : "rank 0"),
        "give every process the same"};
  }
  for (const auto& [name, tensor] : CheckpointTensors()) peers_->Broadcast(tensor);
  optimizer_.set_steps(state_.steps);
  return {};
}

void Trainer::ShareTensors() {
  if (peers_ == nullptr) return;
  for (const ModuleTensor& tensor : module_.tensors()) peers_->Broadcast(tensor.value);
}

FedBatch Trainer::StandIn() const {
  FedBatch fed;
  if (kept_) {
    fed.inputs = EmptyMaps(1, frozen_.shape()).zero_();
  } else {
    const Preprocessing& input = frozen_.input();
    fed.images = torch::zeros({1, 3, input.height, input.width});
  }
  return fed;
}

// Each process keeps its own, of all photos: which of them it needs changes from epoch to epoch.
std::string Trainer::KeptFile() const {
  if (leads()) return File("frozen.cache");
  return File(StrCat("frozen-", peers_->rank(), ".cache").c_str());
}

}  // namespace frond
