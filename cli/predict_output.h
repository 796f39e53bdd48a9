#ifndef FROND_CLI_PREDICT_OUTPUT_H_
#define FROND_CLI_PREDICT_OUTPUT_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "frond/classify.h"
#include "src/classify/predictor.h"

namespace frond::cli {

// Answers as they come, as text or as the parts of one JSON document:
// {"model": {"name", "arch", "file"}, "results": [...], "skipped": n}.
// A result is {"path", "labels": [{"index", "label", "score"}], "timing_ms":
// {"decode", "preprocess", "inference"}} or {"path", "error": {"code",
// "message", "remedy"}}; where the model's tasks have names, "tasks": [{"task", "top": [...]}]
// stands for "labels". "label" is null where the model has no labels; a path that is not UTF-8
// is given with replacements, and whole as "path_base64".
class PredictWriter {
 public:
  // `top` classes of each photo are written.
  PredictWriter(const Model& model, std::string file, int top, bool json)
      : model_(model), file_(std::move(file)), top_(top), json_(json) {}

  // Each false where standard output cannot be written.
  bool Begin();
  bool Write(const PhotoAnswer& answer);
  bool End(int64_t skipped, bool interrupted);

  size_t answered() const { return answered_; }
  size_t failed() const { return failed_; }

 private:
  using Scores = std::vector<TaskScores>;  // of each task
  std::string Text(const PhotoAnswer& answer, const Scores& scores) const;
  std::string Element(const PhotoAnswer& answer, const Result<Scores>& scores) const;
  std::string Summary(int64_t skipped, bool interrupted) const;

  Model model_;
  std::string file_;
  int top_;
  bool json_;
  size_t answered_ = 0;
  size_t failed_ = 0;
  PhotoTiming sum_;
};

}  // namespace frond::cli

#endif  // FROND_CLI_PREDICT_OUTPUT_H_
