#include <new>

#include "frond/classify.h"
#include "src/base/format.h"
#include "src/classify/classes.h"

namespace frond {

Status RequireClasses(const Spec& spec) {
  if (spec.num_classes > 0) return {};
  return Error{ErrorCode::kUnsupported, spec.name + " is a feature extractor: it has no classes to choose from",
               "import weights with a classifier; `frond run` gives this model's features"};
}

Classifier::Classifier(const Model& model, Session session) : model_(model), session_(std::move(session)) {
  const Preprocessing& size = model.spec().preprocessing;
  input_.resize(size_t{3} * static_cast<size_t>(size.height) * static_cast<size_t>(size.width));
  logits_.resize(static_cast<size_t>(model.output_size()));
}

Result<Classifier> Classifier::Create(const Model& model, const SessionOptions& options) {
  FROND_RETURN_IF_ERROR(RequireClasses(model.spec()));
  FROND_ASSIGN(Session session, Session::Create(model, options));
  try {
    return Classifier(model, std::move(session));
  } catch (const std::bad_alloc&) {
    return Error{ErrorCode::kLimit, "no memory for the input of " + model.spec().name, "free memory"};
  }
}

Result<Classifier> Classifier::Load(const std::string& path, const SessionOptions& options) {
  FROND_ASSIGN(const Model model, Model::Load(path));
  Result<Classifier> classifier = Create(model, options);
  if (!classifier.ok()) return classifier.error().In(path);
  return classifier;
}

Result<std::vector<Score>> Classifier::Classify(const Image& photo, int top) {
  if (model_.tasks().size() > 1) {
    return Error{ErrorCode::kUnsupported,
                 StrCat(model_.spec().name, " answers ", model_.tasks().size(), " tasks, the first is ",
                        Quote(model_.tasks().front().name)),
                 "ask for the classes of each task (ClassifyTasks, in C frond_classify_tasks_file)"};
  }
  FROND_ASSIGN(std::vector<TaskScores> tasks, ClassifyTasks(photo, top));
  return std::move(tasks.front().scores);
}

Result<std::vector<TaskScores>> Classifier::ClassifyTasks(const Image& photo, int top) {
  const Preprocessing& preprocessing = model_.spec().preprocessing;
  FROND_RETURN_IF_ERROR(Preprocess(photo, preprocessing, input_));
  FROND_RETURN_IF_ERROR(session_.Run({input_, 1, preprocessing.height, preprocessing.width}, logits_));
  return TopScoresByTask(model_, logits_, top);
}

}  // namespace frond
