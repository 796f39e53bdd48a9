#include "src/classify/predictor.h"

#include <algorithm>
#include <chrono>
#include <new>

#include "frond/image.h"
#include "src/base/milliseconds.h"
#include "src/classify/classes.h"

namespace frond {
namespace {

// Input tensors of one batch.
constexpr size_t kMaxBatchBytes = size_t{64} << 20;
// Pixels that may be in the decoders at once; a progressive JPEG takes up to 9 bytes for
// each. Larger pictures are decoded one at a time.
constexpr int64_t kMaxPixelsInFlight = 32'000'000;

}  // namespace

Result<Predictor> Predictor::Create(const Model& model, const PredictorOptions& options) {
  FROND_RETURN_IF_ERROR(RequireClasses(model.spec()));
  FROND_ASSIGN(Session session, Session::Create(model, {options.threads}));
  try {
    return Predictor(model, std::move(session), options);
  } catch (const std::bad_alloc&) {
    return Error{ErrorCode::kLimit, "no memory for the inputs of " + model.spec().name, "free memory"};
  }
}

Predictor::Predictor(const Model& model, Session session, const PredictorOptions& options)
    : model_(model), session_(std::move(session)), look_(options.look) {
  const Preprocessing& size = model.spec().preprocessing;
  input_floats_ = size_t{3} * static_cast<size_t>(size.height) * static_cast<size_t>(size.width);
  const size_t fitting = std::max<size_t>(1, kMaxBatchBytes / (input_floats_ * sizeof(float)));
  batch_ = std::min({static_cast<size_t>(options.batch), std::max<size_t>(1, options.photos), fitting});
  inputs_.resize(batch_ * input_floats_);
  logits_.resize(batch_ * static_cast<size_t>(model.output_size()));
  if (options.features) features_.resize(batch_ * static_cast<size_t>(model.spec().head_channels));
  // More decoders than CPUs would only hold more pictures in memory.
  const int cpus = AvailableCpus();
  const int threads = options.threads == 0 ? cpus : std::min(options.threads, cpus);
  pool_ = std::make_unique<ThreadPool>(std::min(threads, static_cast<int>(batch_)));
}

std::vector<PhotoAnswer> Predictor::Run(std::span<const PhotoToAnswer> photos) {
  std::vector<PhotoAnswer> answers(photos.size());
  Load(photos, answers);
  // Broken photos leave gaps in the inputs; what lies between them is run together.
  size_t begin = 0;
  for (size_t i = 0; i <= answers.size(); ++i) {
    if (i < answers.size() && !answers[i].error) continue;
    if (begin < i) Infer(begin, i, answers);
    begin = i + 1;
  }
  return answers;
}

void Predictor::Load(std::span<const PhotoToAnswer> photos, std::vector<PhotoAnswer>& answers) {
  const Preprocessing& preprocessing = model_.spec().preprocessing;
  const auto load = [&](size_t slot, int64_t max_pixels) {
    PhotoAnswer& answer = answers[slot];
    answer.error.reset();
    const Result<PhotoInput> photo = ReadToInput(photos[slot].path, preprocessing, Input(slot), max_pixels);
    if (!photo.ok()) {
      answer.error = photo.error();
      return;
    }
    answer.timing.decode_ms = photo->decode_ms;
    answer.timing.preprocess_ms = photo->preprocess_ms;
    if (!look_) return;
    const Status status = look_(slot, *photo, Input(slot));
    if (!status.ok()) answer.error = status.error().In(photos[slot].path);
  };
  const int64_t max_pixels = DecodeOptionsFor(preprocessing).max_pixels;
  const int64_t share = kMaxPixelsInFlight / pool_->threads();
  for (size_t slot = 0; slot < photos.size(); ++slot) {
    answers[slot].path = photos[slot].path;
    answers[slot].error = photos[slot].error;
  }
  pool_->Run(static_cast<int>(photos.size()), [&](int task, int /*thread*/) {
    const auto slot = static_cast<size_t>(task);
    if (!photos[slot].error) load(slot, std::min(share, max_pixels));
  });
  for (size_t slot = 0; slot < photos.size() && share < max_pixels; ++slot) {
    const bool too_large = !photos[slot].error && answers[slot].error && answers[slot].error->code == ErrorCode::kLimit;
    if (too_large) load(slot, max_pixels);
  }
}

void Predictor::Infer(size_t begin, size_t end, std::vector<PhotoAnswer>& answers) {
  const Preprocessing& size = model_.spec().preprocessing;
  const size_t count = end - begin;
  const auto classes = static_cast<size_t>(model_.output_size());
  const std::span<const float> inputs = std::span(inputs_).subspan(begin * input_floats_, count * input_floats_);
  const std::span<float> logits = std::span(logits_).first(count * classes);
  const size_t channels = features_.size() / batch_;
  const std::span<float> features = std::span(features_).first(count * channels);
  const auto start = std::chrono::steady_clock::now();
  const Status status = session_.Run({inputs, static_cast<int>(count), size.height, size.width}, logits, features);
  const double share_ms = Milliseconds(std::chrono::steady_clock::now() - start) / static_cast<double>(count);
  for (size_t i = 0; i < count; ++i) {
    PhotoAnswer& answer = answers[begin + i];
    answer.timing.inference_ms = share_ms;
    if (!status.ok()) {
      answer.error = status.error();
      continue;
    }
    const std::span<const float> row = logits.subspan(i * classes, classes);
    answer.logits.assign(row.begin(), row.end());
    const std::span<const float> seen = features.subspan(i * channels, channels);
    answer.features.assign(seen.begin(), seen.end());
  }
}

}  // namespace frond
