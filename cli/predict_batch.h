#ifndef FROND_CLI_PREDICT_BATCH_H_
#define FROND_CLI_PREDICT_BATCH_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "cli/predict_photos.h"
#include "frond/classify.h"
#include "frond/model.h"
#include "src/base/thread_pool.h"

namespace frond::cli {

// Of one photo. Its inference is its share of the batch it was in.
struct Timing {
  double decode_ms = 0;  // reading the file included
  double preprocess_ms = 0;
  double inference_ms = 0;
};

struct Answer {
  std::string path;
  std::vector<Score> scores;
  Timing timing;
  std::optional<Error> error;  // then there are no scores
};

struct PredictorOptions {
  int threads = 0;    // 0: one for each CPU
  int batch = 32;     // photos at a time
  int top = 5;        // classes of each answer
  size_t photos = 1;  // to come: no more is set up than these need
};

// Answers for photos, a batch at a time: decoded and preprocessed side by side,
// then run. Memory stays within a few hundred megabytes whatever is asked for.
class Predictor {
 public:
  static Result<Predictor> Create(const Model& model, const PredictorOptions& options);

  size_t batch() const { return batch_; }  // at least 1; what was asked for, or what memory allows

  // One answer for each of up to batch() photos, in their order.
  std::vector<Answer> Run(std::span<const Photo> photos);

 private:
  Predictor(const Model& model, Session session, const PredictorOptions& options);

  std::span<float> Input(size_t slot) { return std::span(inputs_).subspan(slot * input_floats_, input_floats_); }
  void Load(std::span<const Photo> photos, std::vector<Answer>& answers);
  void Infer(size_t begin, size_t end, std::vector<Answer>& answers);

  Model model_;
  Session session_;
  std::unique_ptr<ThreadPool> pool_;  // for decoding; the session has its own
  int top_;
  size_t input_floats_;
  size_t batch_;
  std::vector<float> inputs_;  // batch x 3 x height x width
  std::vector<float> logits_;  // batch x classes
};

}  // namespace frond::cli

#endif  // FROND_CLI_PREDICT_BATCH_H_
