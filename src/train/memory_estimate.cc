#include "src/train/memory_estimate.h"

#include <algorithm>
#include <utility>

#include "src/base/format.h"
#include "src/base/text.h"
#include "src/data/loader.h"
#include "src/spec/network.h"

namespace frond {
namespace {

// Resident once libtorch 1.13, its threads and the engine have run: what is left where weights, photos and maps are
// taken off the peaks of 21 runs, Lite0 and B0 at 224 px with batches of 8 and 32, all, 40 % and the head trained.
constexpr uint64_t kProgramBytes = uint64_t{143} << 20;

// Of them with --grad-checkpoint: what a block gives back leaves gaps that the next one does not fill.
constexpr double kRecomputedShare = 1.4;

// Bytes of maps for one photo: kept for the backward pass, and in work at once.
class MapCounter {
 public:
  MapCounter(const MemoryQuestion& question, MapShape map) : question_(question), map_(map) {}

  void Add(const ConvLayer& conv) {
    const uint64_t in = Bytes(map_.channels);
    map_.height = ConvolvedExtent(map_.height, conv.kernel, conv.stride, question_.spec.padding).out;
    map_.width = ConvolvedExtent(map_.width, conv.kernel, conv.stride, question_.spec.padding).out;
    map_.channels = conv.out_channels;
    const uint64_t out = Bytes(map_.channels);
    kept_ += MapsKept(conv) * out;
    // Gradients of both, and a copy of one in another layout.
    work_ = std::max(work_, 2 * in + 2 * out);
  }

  void Add(const Block& block) {
    const uint64_t before = kept_;
    const uint64_t work_before = std::exchange(work_, 0);
    if (block.expand) Add(*block.expand);
    if (block.depthwise) Add(*block.depthwise);
    if (block.se) {
      // The gated map, and the gradients of it, of the gate's factor and of the pooled map.
      kept_ += Bytes(block.se->channels);
      work_ = std::max(work_, 4 * Bytes(block.se->channels));
    }
    Add(block.project);
    if (question_.grad_checkpoint) {
      // Its output is the next one's input; the rest lives while its own backward pass runs.
      work_ += kept_ - before;
      kept_ = before + Bytes(map_.channels);
    }
    work_ = std::max(work_before, work_);
  }

  uint64_t kept() const { return kept_; }
  uint64_t work() const { return work_; }

 private:
  uint64_t Bytes(int channels) const {
    return static_cast<uint64_t>(map_.height) * static_cast<uint64_t>(map_.width) * static_cast<uint64_t>(channels) *
           static_cast<uint64_t>(question_.map_bytes);
  }

  // The convolution's output, the activation's, and where norm and activation are torch's the map between: ReLU6 is
  // in place in float32.
  uint64_t MapsKept(const ConvLayer& conv) const {
    const bool floats = question_.map_bytes == 4;
    const bool fused = floats && conv.norm_groups == 0;
    const bool in_place = conv.activation == Activation::kNone || (floats && conv.activation == Activation::kRelu6);
    return fused || in_place ? 2 : 3;
  }

  const MemoryQuestion& question_;
  MapShape map_;
  uint64_t kept_ = 0;
  uint64_t work_ = 0;
};

// Of both loaders. A photo is three bytes a pixel; plain ones have the input's size.
uint64_t PhotoBytes(const MemoryQuestion& question) {
  const LoaderOptions loader;
  const Preprocessing& input = question.spec.preprocessing;
  const uint64_t pixels = static_cast<uint64_t>(input.height) * static_cast<uint64_t>(input.width);
  const auto batch = static_cast<uint64_t>(question.batch);
  const auto held = [&](int64_t photos, uint64_t photo_pixels) {
    const auto count = static_cast<uint64_t>(photos);
    // Ready ones, one in the making and one in use.
    const uint64_t batches = std::min((count + batch - 1) / batch, static_cast<uint64_t>(loader.batches_ahead) + 2);
    return std::min<uint64_t>(loader.cache_bytes, count * 3 * photo_pixels) +
           batches * batch * 3 * pixels * sizeof(float);
  };
  return held(question.train_photos, static_cast<uint64_t>(question.photo_pixels)) + held(question.val_photos, pixels);
}

uint64_t SlotsOf(const std::string& optimizer) { return optimizer == "sgd" ? 1 : 2; }

std::string Gigabytes(uint64_t bytes) { return StrCat(Fixed(static_cast<double>(bytes) / 1e9, 2), " GB"); }

}  // namespace

TrainingMemory EstimateTrainingMemory(const MemoryQuestion& question) {
  const Network network = BuildNetwork(question.spec);
  const Preprocessing& input = question.spec.preprocessing;
  int64_t values = 0;
  for (const TensorSpec& tensor : NetworkTensors(network)) values += ElementCount(tensor.shape).value_or(0);
  const auto all = static_cast<uint64_t>(values);
  const auto trained = static_cast<uint64_t>(question.trained_values);
  const auto batch = static_cast<uint64_t>(question.batch);
  TrainingMemory memory;
  memory.program = kProgramBytes;
  memory.weights = sizeof(float) * (all * (question.average ? 2 : 1) + trained * (1 + SlotsOf(question.optimizer)));
  // The engine's copy, and the rows that it was packed from.
  if (question.frozen_blocks > 0) memory.weights += 2 * sizeof(float) * (all - std::min(all, trained));
  memory.photos = PhotoBytes(question);
  if (question.maps_on_gpu || question.frozen_blocks > network.blocks.size()) return memory;

  MapShape map{input.height, input.width, 3};
  if (question.frozen_blocks > 0) {
    map = MapBehind(network, question.frozen_blocks, question.spec.padding, input.height, input.width);
  }
  MapCounter counter(question, map);
  if (question.frozen_blocks == 0) counter.Add(network.stem);
  for (size_t b = question.frozen_blocks; b < network.blocks.size(); ++b) counter.Add(network.blocks[b]);
  counter.Add(network.head);
  memory.kept = batch * counter.kept();
  memory.work = batch * counter.work();
  if (question.grad_checkpoint)
    memory.work = static_cast<uint64_t>(kRecomputedShare * static_cast<double>(memory.work));
  return memory;
}

int LargestBatch(const MemoryQuestion& question, uint64_t room) {
  int fits = 0;
  int too_large = question.batch + 1;
  while (too_large - fits > 1) {
    MemoryQuestion middle = question;
    middle.batch = fits + (too_large - fits) / 2;
    (EstimateTrainingMemory(middle).total() <= room ? fits : too_large) = middle.batch;
  }
  return fits;
}

std::vector<std::string> AdviseOnMemory(const MemoryQuestion& question, int accumulate,
                                        const std::optional<MemoryRoom>& room) {
  const TrainingMemory memory = EstimateTrainingMemory(question);
  std::vector<std::string> notes;
  notes.push_back(StrCat("memory: about ", Gigabytes(memory.total()), " (program ", Gigabytes(memory.program),
                         ", weights ", Gigabytes(memory.weights), ", photos ", Gigabytes(memory.photos),
                         ", maps for the backward pass ", Gigabytes(memory.kept + memory.work), ")",
                         room ? StrCat("; ", Gigabytes(room->bytes), " are ", room->limit) : ""));
  if (!room || memory.total() <= room->bytes) return notes;

  MemoryQuestion other = question;
  other.grad_checkpoint = true;
  const int plain = LargestBatch(question, room->bytes);
  const int checkpointed = LargestBatch(other, room->bytes);
  const auto settings = [&](int batch) {
    const int batches = (question.batch * accumulate + batch - 1) / batch;
    return StrCat("--batch ", batch, " --accumulate ", batches);
  };
  std::string advice = "warning: memory may not suffice";
  if (plain > 0) advice += StrCat("; ", settings(plain), " fits");
  if (!question.grad_checkpoint && checkpointed > plain) {
    advice += StrCat("; ", checkpointed == question.batch ? "" : settings(checkpointed) + " with ",
                     "--grad-checkpoint fits, which takes a third more time");
  }
  if (plain == 0 && checkpointed == 0) {
    advice +=
        ", even for one photo with --grad-checkpoint: give a smaller --size, a larger --freeze or a smaller --arch";
  }
  notes.push_back(advice);
  return notes;
}

}  // namespace frond
