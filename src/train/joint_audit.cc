#include "src/train/joint_audit.h"

#include <nlohmann/json.hpp>

namespace frond {

Audit AuditTogether(const Dataset& dataset, const AuditOptions& options,
                    const std::function<void(size_t, size_t)>& progress, Peers* peers) {
  if (peers == nullptr) return AuditDataset(dataset, options, progress);
  using Json = nlohmann::json;
  if (peers->leads()) {
    Audit audit = AuditDataset(dataset, options, progress);
    std::vector<size_t> unreadable;
    for (const UnreadablePhoto& photo : audit.unreadable) unreadable.push_back(photo.sample);
    (void)peers->Broadcast(Json{
        {"mode", static_cast<int>(audit.resize_mode)},
        {"pixels", audit.photo_pixels},
        {"shape", audit.input_shape},
        {"unreadable",
         unreadable}}.dump());
    return audit;
  }
  const Json told = Json::parse(peers->Broadcast(std::string()));
  Audit audit;
  audit.resize_mode = static_cast<ResizeMode>(told.at("mode").get<int>());
  audit.photo_pixels = told.at("pixels");
  audit.input_shape = told.at("shape");
  for (const size_t sample : told.at("unreadable").get<std::vector<size_t>>()) {
    // Of another data set this may be no photo; the run's key tells that later.
    if (sample < dataset.samples.size()) audit.unreadable.push_back({sample, {}});
  }
  return audit;
}

}  // namespace frond
