#include <algorithm>
#include <span>
#include <vector>

#include "src/base/format.h"
#include "src/base/text.h"
#include "src/train/probe.h"
#include "src/train/trainer.h"

namespace frond {

Status Trainer::BeginWithProbe() {
  const torch::NoGradGuard no_grad;
  module_.SetTraining(false);
  std::vector<size_t> photos;
  std::vector<float> features;
  plain_.StartEpoch(0, setup_.dataset.Indices(Split::kTrain));
  while (const std::optional<FedBatch> fed = plain_.Next()) {
    Note(*fed);
    if (fed->samples.empty()) continue;
    FROND_ASSIGN(const torch::Tensor inputs, Inputs(*fed));
    const torch::Tensor rows = module_.Features(inputs, frozen_.blocks()).to(torch::kCPU).contiguous();
    features.insert(features.end(), rows.data_ptr<float>(), rows.data_ptr<float>() + rows.numel());
    photos.insert(photos.end(), fed->samples.begin(), fed->samples.end());
  }
  const auto columns = static_cast<size_t>(module_.spec().head_channels);
  std::vector<float> weights;
  std::vector<float> bias;
  for (size_t t = 0; t < setup_.dataset.tasks.size(); ++t) {
    const Task& task = setup_.dataset.tasks[t];
    std::vector<float> labelled;
    std::vector<int> labels;
    for (size_t n = 0; n < photos.size(); ++n) {
      const int label = setup_.dataset.samples[photos[n]].labels[t];
      if (label == kNoLabel) continue;
      const std::span<const float> row = std::span(features).subspan(n * columns, columns);
      labelled.insert(labelled.end(), row.begin(), row.end());
      labels.push_back(label - task.first);
    }
    const Probe probe = FitProbe(labelled, columns, labels, task.classes);
    weights.insert(weights.end(), probe.weights.begin(), probe.weights.end());
    bias.insert(bias.end(), probe.bias.begin(), probe.bias.end());
    state_.log.push_back(StrCat("the probe", task.name.empty() ? "" : " of ", task.name, " is right for ",
                                PercentText(probe.accuracy),
                                " of the training photos, each left out with its neighbours"));
  }
  const auto set = [](torch::Tensor& to, std::vector<float>& from) {
    to.copy_(torch::from_blob(from.data(), to.sizes(), torch::kFloat32));
  };
  std::vector<ModuleTensor>& tensors = module_.tensors();  // the last two are the classifier's
  set(tensors[tensors.size() - 2].value, weights);
  set(tensors.back().value, bias);
  ema_.Reset();
  return {};
}

}  // namespace frond
