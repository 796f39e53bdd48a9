#include "src/engine/model.h"

#include <new>

#include "src/base/mapped_file.h"
#include "src/weights/model_file.h"
#include "src/weights/reference.h"

namespace frond {

Result<Model> Model::Load(const std::string& path, const ModelOptions& options) {
  FROND_ASSIGN(const Kernels* kernels, ChooseKernels(options.precision));
  try {
    FROND_ASSIGN(const ModelFile file, ReadModelFile(path));
    // Each tensor is packed once, in turn: the one before is let go, or the file would lie in memory beside its copy.
    std::span<const float> before;
    const auto lookup = [&](const std::string& name) {
      ReleasePages(std::as_bytes(before));
      before = FloatView(file, name);
      return before;
    };
    Result<PackedModel> packed = PackModel(BuildNetwork(file.spec), file.spec.bn_epsilon, *kernels, lookup);
    if (!packed.ok()) return packed.error().In(path);
    Result<TrainingReference> reference = ReadReference(file);
    if (!reference.ok()) return reference.error().In(path);
    Impl impl{file.spec, file.info.labels, file.info.tasks, file.info.temperatures, std::move(packed).value()};
    if (reference->photos > 0) impl.reference = std::move(reference).value();
    return Model(std::make_shared<const Impl>(std::move(impl)));
  } catch (const std::bad_alloc&) {
    return Error{ErrorCode::kLimit, path + ": no memory to load it", "free memory or use a smaller model"};
  }
}

Result<Model> ModelInternals::Create(const Spec& spec, const TensorLookup& lookup, std::optional<size_t> blocks) {
  FROND_ASSIGN(const Kernels* kernels, ChooseKernels(Precision::kFloat32));
  FROND_ASSIGN(PackedModel packed, PackModel(BuildNetwork(spec), spec.bn_epsilon, *kernels, lookup, blocks));
  return Model(std::make_shared<const Model::Impl>(Model::Impl{spec, {}, {}, {}, std::move(packed), {}}));
}

const Spec& Model::spec() const { return impl_->spec; }

const std::vector<std::string>& Model::labels() const { return impl_->labels; }

const std::vector<Task>& Model::tasks() const { return impl_->tasks; }

double Model::temperature(size_t task) const { return impl_->temperatures[task]; }

const TrainingReference* Model::reference() const { return impl_->reference ? &*impl_->reference : nullptr; }

int Model::output_size() const {
  return impl_->spec.num_classes > 0 ? impl_->spec.num_classes : impl_->spec.head_channels;
}

}  // namespace frond
