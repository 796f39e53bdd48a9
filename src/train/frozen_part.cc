#include "src/train/frozen_part.h"

#include <map>
#include <span>
#include <string>

#include "src/base/format.h"
#include "src/data/content_hash.h"
#include "src/engine/model.h"

namespace frond {

Result<FrozenPart> FrozenPart::Create(const Module& module, int threads) {
  Spec spec = module.spec();
  const Preprocessing& input = spec.preprocessing;
  FrozenPart part(input);
  part.blocks_ = module.FrozenBlocks();
  if (part.blocks_ == 0) return part;

  const Network network = BuildNetwork(spec);
  std::optional<size_t> blocks;
  if (part.blocks_ > network.blocks.size()) {
    spec.num_classes = spec.hidden_units = 0;  // the pooled head is the output
    part.shape_ = {spec.head_channels};
  } else {
    blocks = part.blocks_;
    const MapShape map = MapBehind(network, *blocks, spec.padding, input.height, input.width);
    part.shape_ = {map.channels, map.height, map.width};
  }
  part.fingerprint_ = StrCat(part.blocks_, " blocks");
  std::map<std::string, torch::Tensor> kept;  // in C order, as the engine wants them
  const auto values = [](const torch::Tensor& tensor) {
    return std::span<const float>(tensor.data_ptr<float>(), static_cast<size_t>(tensor.numel()));
  };
  for (const ModuleTensor& tensor : module.tensors()) {
    if (tensor.classifier || tensor.value.requires_grad()) break;
    const torch::Tensor& rows = kept[tensor.name] = tensor.value.to(torch::kCPU).contiguous();
    const ContentHash hash = HashContent(std::as_bytes(values(rows)));
    part.fingerprint_ += StrCat(" ", hash.low, " ", hash.high);
  }
  const auto lookup = [&](const std::string& name) { return values(kept.at(name)); };
  FROND_ASSIGN(const Model model, ModelInternals::Create(spec, lookup, blocks));
  FROND_ASSIGN(part.session_, Session::Create(model, {.threads = threads}));
  return part;
}

size_t FrozenPart::floats() const {
  int64_t product = 1;
  for (const int64_t extent : shape_) product *= extent;
  return static_cast<size_t>(product);
}

Result<torch::Tensor> FrozenPart::Run(const torch::Tensor& images) {
  if (!session_) return images.contiguous(torch::MemoryFormat::ChannelsLast);
  const int64_t count = images.size(0);
  torch::Tensor maps = EmptyMaps(count, shape_);
  const torch::Tensor rows = images.contiguous();
  const ImageBatch batch{{rows.data_ptr<float>(), static_cast<size_t>(rows.numel())},
                         static_cast<int>(count),
                         static_cast<int>(images.size(2)),
                         static_cast<int>(images.size(3))};
  FROND_RETURN_IF_ERROR(session_->Run(batch, {maps.data_ptr<float>(), static_cast<size_t>(maps.numel())}));
  return maps;
}

torch::Tensor EmptyMaps(int64_t count, const std::vector<int64_t>& shape) {
  std::vector<int64_t> sizes = {count};
  sizes.insert(sizes.end(), shape.begin(), shape.end());
  const bool map = shape.size() > 1;
  return torch::empty(sizes,
                      torch::TensorOptions()
                          .dtype(torch::kFloat32)
                          .memory_format(map ? torch::MemoryFormat::ChannelsLast : torch::MemoryFormat::Contiguous));
}

}  // namespace frond
