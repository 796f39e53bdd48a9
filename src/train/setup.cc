#include "src/train/setup.h"

#include <algorithm>
#include <set>

#include "src/base/format.h"
#include "src/base/text.h"
#include "src/data/photo_source.h"
#include "src/spec/input_size.h"
#include "src/train/group_norm.h"
#include "src/train/joint_audit.h"
#include "src/train/tensor_io.h"
#include "src/weights/identify.h"

namespace frond {
namespace {

ResizeMode ChooseFit(const TrainOptions& options, const Audit& audit, std::vector<std::string>& notes) {
  if (options.fit == "crop") return ResizeMode::kCrop;
  if (options.fit == "squash") return ResizeMode::kSquash;
  if (options.fit == "pad") return ResizeMode::kPad;
  notes.push_back(audit.resize_reason);
  return audit.resize_mode;
}

// The input's sides and how photos are brought to them. Unless a size is given, it has half as many pixels again as the
// spec's own where the photos have them (crops show things larger in training than they are later, Touvron et al. 2019,
// and lesions are small), in the shape of the photos where all are alike.
Status ChooseInput(const TrainOptions& options, const Audit& audit, Spec& spec, std::vector<std::string>& notes) {
  Preprocessing& input = spec.preprocessing;
  input.mode = ChooseFit(options, audit, notes);
  // The trained network sees whole photos: what a published crop would cut off is kept.
  input.crop_pct = 1;
  InputSize size{input.height, input.width};
  if (options.size != "auto") {
    FROND_ASSIGN(size, ParseInputSize(options.size));
  } else {
    constexpr double kMorePixels = 1.5;
    const auto own = static_cast<double>(input.height) * input.width;
    const double pixels = std::clamp(static_cast<double>(audit.photo_pixels), own, kMorePixels * own);
    size = ShapedInput(spec, pixels, input.mode == ResizeMode::kSquash ? audit.input_shape : 1);
    const double cost = static_cast<double>(size.height) * size.width / own;
    notes.push_back(StrCat("the input is ", size.height, " x ", size.width, " px, ", Fixed(cost, 2),
                           " times the pixels of ", input.height, " x ", input.width, "; --size chooses otherwise"));
  }
  input.height = size.height;
  input.width = size.width;
  return {};
}

// Photos that cannot be read are left out. Errors where a class loses all of its training photos.
Status DropUnreadable(const Audit& audit, Dataset& dataset) {
  std::set<size_t> unreadable;
  for (const UnreadablePhoto& photo : audit.unreadable) unreadable.insert(photo.sample);
  std::vector<Sample> kept;
  std::vector<int> left(dataset.labels.size());
  for (size_t i = 0; i < dataset.samples.size(); ++i) {
    if (unreadable.contains(i)) continue;
    kept.push_back(dataset.samples[i]);
    if (kept.back().split != Split::kTrain) continue;
    for (const int label : kept.back().labels) {
      if (label != kNoLabel) ++left[static_cast<size_t>(label)];
    }
  }
  for (size_t c = 0; c < left.size(); ++c) {
    if (left[c] > 0) continue;
    return Error{ErrorCode::kInvalidArgument,
                 StrCat("class ", Quote(dataset.ClassName(c)), " has no photo to train on that can be read"),
                 "replace its photos (the audit names them) or remove the class"};
  }
  dataset.samples = std::move(kept);
  return {};
}

Result<Spec> ChooseSpec(const TrainOptions& options, const ModelFile* pretrained, const Dataset& dataset) {
  Spec spec;
  if (pretrained != nullptr) {
    spec = pretrained->spec;
  } else {
    FROND_ASSIGN(spec, SpecFromNameOrFile(options.arch.empty() ? "lite0" : options.arch));
  }
  spec.num_classes = static_cast<int>(dataset.labels.size());
  spec.hidden_units = options.head == "mlp" ? options.hidden_units : 0;
  spec.dropout = options.dropout;
  spec.drop_path = options.drop_path;
  if (options.activation == "relu6") spec.activation = Activation::kRelu6;
  // TensorFlow's 0.01 is for months of steps: here a few hundred must do to leave ImageNet's statistics behind.
  spec.bn_momentum = 0.1;
  return spec;
}

std::string DescribeFreeze(const Module& module) {
  int64_t parameters = 0;
  int64_t trained = 0;
  std::string last = "nothing";
  for (const ModuleTensor& tensor : module.tensors()) {
    if (!tensor.trainable) continue;
    parameters += tensor.value.numel();
    if (tensor.value.requires_grad()) {
      trained += tensor.value.numel();
    } else {
      last = tensor.name;
    }
  }
  return StrCat("trained are ", trained, " of ", parameters, " parameters; the last frozen one is ", last);
}

void ChooseStatistics(const TrainOptions& options, const Dataset& dataset, Setup& setup) {
  const size_t photos = dataset.Indices(Split::kTrain).size() * dataset.tasks.size();
  const size_t a_class = photos / dataset.labels.size();
  setup.recompute_statistics = options.norm == "recomputed";
  if (options.norm != "auto") {
    setup.batch_statistics = options.norm == "batch";
    return;
  }
  // Statistics of a batch are estimated from N photos: their noise is a regulariser at 16 and ruin at 4 (Wu & He 2018,
  // figure 1).
  constexpr int kLeastBatch = 12;
  setup.batch_statistics = options.pretrained.empty() || options.batch >= kLeastBatch;
  setup.notes.push_back(StrCat(
      "batch-norm of the trained layers: ", setup.batch_statistics ? "statistics of each batch" : "frozen statistics",
      ", for batches of ", options.batch, " (the limit is ", kLeastBatch, ") and ", a_class,
      " photos a class; --norm chooses otherwise",
      setup.batch_statistics ? "" : ": group normalises each photo by itself"));
}

// As of the last epoch, when most is trained.
MemoryQuestion AskForMemory(const TrainOptions& options, const Freeze& freeze, Setup& setup) {
  Module& module = setup.module;
  MemoryQuestion question;
  question.spec = module.spec();
  ApplyFreeze(module, freeze, options.unfreeze_every > 0 ? (options.epochs - 1) / options.unfreeze_every : 0);
  question.frozen_blocks = module.FrozenBlocks();
  for (const ModuleTensor& tensor : module.tensors()) {
    if (tensor.trainable && tensor.value.requires_grad()) question.trained_values += tensor.value.numel();
  }
  ApplyFreeze(module, freeze, 0);
  question.optimizer = options.optimizer;
  question.average = options.ema_decay > 0;
  question.batch = options.batch;
  question.grad_checkpoint = options.grad_checkpoint;
  question.map_bytes = static_cast<int>(c10::elementSize(setup.compute.type));
  question.maps_on_gpu = !setup.compute.device.is_cpu();
  question.train_photos = static_cast<int64_t>(setup.dataset.Indices(Split::kTrain).size());
  question.val_photos = static_cast<int64_t>(setup.dataset.Indices(Split::kVal).size());
  const Preprocessing& input = question.spec.preprocessing;
  question.photo_pixels = int64_t{input.height} * input.width;
  if (!options.no_augment) {
    const double side = ReducedSide(input, options.augment);
    const auto most = static_cast<int64_t>(side * side * setup.audit.proportions[1]);
    question.photo_pixels = std::min(setup.audit.photo_pixels, most);
  }
  return question;
}

}  // namespace

void ApplyFreeze(Module& module, const Freeze& freeze, int thawed) {
  size_t body = 0;
  for (const ModuleTensor& tensor : module.tensors()) body += tensor.trainable && !tensor.classifier ? 1 : 0;
  const auto first_free = static_cast<size_t>(static_cast<double>(body) * freeze.share);
  constexpr int kStem = -1;
  int last_frozen = kStem - 1;  // stage
  size_t index = 0;
  for (ModuleTensor& tensor : module.tensors()) {
    if (!tensor.trainable) continue;
    bool frozen = false;
    if (!tensor.classifier) {
      frozen = freeze.body || (freeze.stages >= 0 ? tensor.stage < freeze.stages : index < first_free);
      ++index;
    }
    if (frozen) last_frozen = tensor.stage;
    tensor.value.set_requires_grad(!frozen);
  }
  for (ModuleTensor& tensor : module.tensors()) {
    if (tensor.trainable && tensor.stage > last_frozen - thawed) tensor.value.set_requires_grad(true);
  }
}

ModelInfo InfoOf(const Setup& setup) {
  return {.labels = setup.dataset.labels, .source_json = setup.source_json, .tasks = setup.dataset.tasks};
}

Result<Setup> PrepareRun(const TrainOptions& options, const std::function<void(size_t, size_t)>& progress,
                         Peers* peers) {
  FROND_RETURN_IF_ERROR(ValidateTrainOptions(options));
  FROND_ASSIGN(Compute compute, ChooseCompute(options.device, options.precision, OfferedHere()));
  if (peers != nullptr && compute.device.is_cuda()) {
    compute.device.set_index(static_cast<torch::DeviceIndex>(peers->local_rank()));
  }
  DatasetOptions dataset_options = options.dataset;
  dataset_options.seed = options.seed;
  FROND_ASSIGN(Dataset dataset, ReadDataset(options.data, dataset_options));
  std::optional<ModelFile> pretrained;
  if (!options.pretrained.empty()) {
    const std::string own = peers == nullptr || peers->leads() ? "" : StrCat("-", peers->rank());
    FROND_ASSIGN(pretrained, ReadPretrained(options.pretrained, options.arch,
                                            StrCat(options.out, "/pretrained", own, ".safetensors")));
  }
  FROND_ASSIGN(Spec spec, ChooseSpec(options, pretrained ? &*pretrained : nullptr, dataset));
  const Audit audit = AuditTogether(dataset, {.threads = options.threads}, progress, peers);
  std::vector<std::string> notes;
  FROND_RETURN_IF_ERROR(ChooseInput(options, audit, spec, notes));
  FROND_RETURN_IF_ERROR(ValidateSpec(spec));
  Dataset audited = dataset;
  FROND_RETURN_IF_ERROR(DropUnreadable(audit, dataset));

  FROND_ASSIGN(const Freeze freeze, ParseFreeze(options.freeze));
  if (options.norm == "group") FROND_RETURN_IF_ERROR(UseGroupNorms(freeze, spec, notes));

  torch::manual_seed(options.seed);
  Setup setup{std::move(dataset), std::move(audited), audit, Module(spec), "", false, false, std::move(notes)};
  if (pretrained) {
    FROND_RETURN_IF_ERROR(LoadWeights(*pretrained, setup.module));
    setup.source_json = pretrained->info.source_json;
    setup.carry_norms = spec.group_norm != pretrained->spec.group_norm;
  }
  setup.compute = compute;
  setup.module.To(compute.device);
  // Of two algorithms for one convolution cuDNN takes the faster of the moment: their sums differ in the last bits.
  if (compute.device.is_cuda()) at::globalContext().setDeterministicCuDNN(true);
  ApplyFreeze(setup.module, freeze, 0);
  setup.notes.push_back(DescribeFreeze(setup.module));
  ChooseStatistics(options, setup.dataset, setup);
  const MemoryQuestion question = AskForMemory(options, freeze, setup);
  setup.memory = EstimateTrainingMemory(question);
  setup.memory_notes = AdviseOnMemory(question, options.accumulate, AvailableMemory());
  return setup;
}

}  // namespace frond
