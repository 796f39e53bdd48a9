#include "src/engine/model.h"

#include "src/weights/model_file.h"

namespace frond {

Result<Model> Model::Load(const std::string& path) {
  FROND_ASSIGN(const Isa isa, ChooseIsa());
  FROND_ASSIGN(const ModelFile file, ReadModelFile(path));
  const auto lookup = [&](const std::string& name) { return FloatView(file, name); };
  FROND_ASSIGN(PackedModel packed, PackModel(BuildNetwork(file.spec), file.spec.bn_epsilon, KernelsFor(isa), lookup));
  return Model(std::make_shared<const Impl>(Impl{file.spec, file.labels, std::move(packed)}));
}

const Spec& Model::spec() const { return impl_->spec; }

const std::vector<std::string>& Model::labels() const { return impl_->labels; }

int Model::output_size() const {
  return impl_->spec.num_classes > 0 ? impl_->spec.num_classes : impl_->spec.head_channels;
}

}  // namespace frond
