#ifndef FROND_CLASSIFY_H_
#define FROND_CLASSIFY_H_

#include <span>
#include <string>
#include <vector>

#include "frond/image.h"
#include "frond/model.h"
#include "frond/result.h"

namespace frond {

// One class and how much of the probability it has.
struct Score {
  int index = 0;    // of the class; its name is Model::labels()[index], where the model has labels
  float score = 0;  // softmax of the logits over the model's temperature, from 0 to 1
};

// The `top` classes of a row of logits, highest first, equals in the order of
// their index; all of them where `top` is larger. `temperature` is the model's.
// Errors: kInvalidArgument for an empty row or `top` below 1; kBadFormat for
// logits that are not finite.
Result<std::vector<Score>> TopScores(std::span<const float> logits, int top, double temperature = 1);

// What a photo is called for one of a model's tasks.
struct TaskScores {
  std::string task;           // its name; empty for the one task of most models
  std::vector<Score> scores;  // highest first; indices are among the classes of all tasks, as Model::labels() has them
};

// TopScores for each of the model's tasks, in their order, from a row of all its
// logits: softmax over each task's own, by its own temperature. Errors: those of
// TopScores; kInvalidArgument for a row of another length.
Result<std::vector<TaskScores>> TopScoresByTask(const Model& model, std::span<const float> logits, int top);

// Photos in, classes out: a model with its preprocessing. Owns a session; belongs
// to one caller at a time, while any number of classifiers may share a model.
class Classifier {
 public:
  // Errors: those of Model::Load and Session::Create; kUnsupported for a model
  // without classifier.
  static Result<Classifier> Load(const std::string& path, const SessionOptions& options = {});
  static Result<Classifier> Create(const Model& model, const SessionOptions& options = {});

  const Model& model() const { return model_; }

  // The `top` classes of a photo of any size. Errors: those of Preprocess,
  // Session::Run and TopScores; kUnsupported for a model of several tasks, whose
  // classes do not compete.
  Result<std::vector<Score>> Classify(const Image& photo, int top = 5);

  // The same for each of the model's tasks, however many.
  Result<std::vector<TaskScores>> ClassifyTasks(const Image& photo, int top = 5);

 private:
  Classifier(const Model& model, Session session);

  Model model_;
  Session session_;
  std::vector<float> input_;   // 3 x height x width, of the last photo
  std::vector<float> logits_;  // one for each class
};

}  // namespace frond

#endif  // FROND_CLASSIFY_H_
