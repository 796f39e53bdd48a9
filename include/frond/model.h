#ifndef FROND_MODEL_H_
#define FROND_MODEL_H_

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "frond/precision.h"
#include "frond/reference.h"
#include "frond/result.h"
#include "frond/spec.h"
#include "frond/task.h"

namespace frond {

struct ModelOptions {
  Precision precision = Precision::kFloat32;
};

// A model: spec, labels and weights, ready to run. Immutable, cheap to copy
// (copies share one set of weights) and safe to use from several threads.
class Model {
 public:
  // Reads a model file (safetensors with frond.* metadata, as `frond import`
  // writes it) and packs its weights for this CPU; the environment variable
  // FROND_ISA forces an instruction set. Errors: kNotFound; kIo; kBadFormat, also
  // for weights that are not finite; kMismatch; kUnsupported for a newer format
  // or a precision that the network's channels do not suit; kLimit;
  // kInvalidArgument for a path that is no file or a bad FROND_ISA.
  static Result<Model> Load(const std::string& path, const ModelOptions& options = {});

  const Spec& spec() const;
  const std::vector<std::string>& labels() const;  // one for each class, or empty

  // What the model answers about a photo: one task without a name, or several,
  // each with its part of the classes. None for a feature extractor.
  const std::vector<Task>& tasks() const;

  // A task's logits divided by it give calibrated probabilities by softmax over
  // the task's classes (Guo et al. 2017); 1 where the model was not calibrated.
  // `task` is an index into tasks().
  double temperature(size_t task = 0) const;

  // What it saw in training, by which drift is told; nullptr where the file does
  // not say. Lives as long as any copy of the model.
  const TrainingReference* reference() const;

  // Values in one output row: the number of classes, or the head's channels
  // where the model is a feature extractor.
  int output_size() const;

 private:
  friend class Session;
  friend struct ModelInternals;
  struct Impl;
  explicit Model(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}
  const Impl& impl() const { return *impl_; }
  std::shared_ptr<const Impl> impl_;
};

struct SessionOptions {
  int threads = 0;  // 0: one for each CPU of `cpus`, or that the process may use
  // CPUs, as the system numbers them, that the session's threads and its caller
  // run on while it works; empty: any.
  std::vector<int> cpus = {};
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
  // Where the system refuses a thread the session works with fewer. Errors:
  // kInvalidArgument for a number of threads outside 0 to 256 and for a CPU that the
  // process may not use; kUnsupported where threads cannot be bound; kLimit.
  static Result<Session> Create(const Model& model, const SessionOptions& options = {});

  Session(Session&&) noexcept;
  Session& operator=(Session&&) noexcept;
  ~Session();

  // What it runs; lives as long as the session. Not of a session that was moved from.
  const Model& model() const;

  // Logits, batch.count x model.output_size() in C order, into `out`. Any height
  // and width from 1 to 8192 px are accepted; memory is planned anew when they
  // change. Results are the same bits for any number of threads. Not to be called
  // on a session that was moved from. `features`, where it is not empty, gets what
  // the classifier sees, batch.count x spec().head_channels. Errors:
  // kInvalidArgument for sizes that disagree, and for the features of a feature
  // extractor, whose output they are; kLimit where the working memory is refused
  // or would pass 64 GiB.
  Status Run(const ImageBatch& batch, std::span<float> out, std::span<float> features = {});

 private:
  struct Impl;
  explicit Session(std::unique_ptr<Impl> impl);
  Status PlanFor(int height, int width, int count);
  std::unique_ptr<Impl> impl_;
};

}  // namespace frond

#endif  // FROND_MODEL_H_
