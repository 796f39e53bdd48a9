#ifndef FROND_MODEL_H_
#define FROND_MODEL_H_

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "frond/result.h"
#include "frond/spec.h"

namespace frond {

// A model: spec, labels and weights, ready to run. Immutable, cheap to copy
// (copies share one set of weights) and safe to use from several threads.
class Model {
 public:
  // Reads a model file (safetensors with frond.* metadata, as `frond import`
  // and `frond train` write it). Errors: kNotFound, kIo, kBadFormat, kMismatch.
  static Result<Model> Load(const std::string& path);

  const Spec& spec() const;
  const std::vector<std::string>& labels() const;  // one for each class, or empty

  // Values in one output row: the number of classes, or the head's channels
  // where the model is a feature extractor.
  int output_size() const;

  struct Impl;
  const Impl& impl() const { return *impl_; }
  explicit Model(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}

 private:
  std::shared_ptr<const Impl> impl_;
};

struct SessionOptions {
  int threads = 0;  // 0: one for each CPU the process may use
};

// A batch of images: float32, N x 3 x H x W in C order, already normalised as
// the model's preprocessing says. Never owns.
struct ImageBatch {
  std::span<const float> values;
  int count = 0;
  int height = 0;
  int width = 0;
};

// Runs a model. Owns threads and working memory; belongs to one caller at a
// time, while any number of sessions may share a model.
class Session {
 public:
  // Errors: kInvalidArgument for a number of threads outside 0 to 256.
  static Result<Session> Create(const Model& model, const SessionOptions& options = {});

  Session(Session&&) noexcept;
  Session& operator=(Session&&) noexcept;
  ~Session();

  // Logits, batch.count x model.output_size() in C order, into `out`. Any height
  // and width that leave at least one pixel at every stage are accepted; memory
  // is planned anew when they change. Results do not depend on the number of
  // threads. Errors: kInvalidArgument for sizes that disagree, kLimit for an
  // input whose working memory would pass 64 GiB.
  Status Run(const ImageBatch& batch, std::span<float> out);

 private:
  struct Impl;
  explicit Session(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace frond

#endif  // FROND_MODEL_H_
