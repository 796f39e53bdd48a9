#ifndef FROND_SRC_CLASSIFY_PREDICTOR_H_
#define FROND_SRC_CLASSIFY_PREDICTOR_H_

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "frond/image.h"
#include "frond/model.h"
#include "frond/result.h"
#include "src/base/thread_pool.h"

namespace frond {

// A photo to answer for, or a path that could not even be looked at.
struct PhotoToAnswer {
  std::string path;
  std::optional<Error> error;
};

// Of one photo. Its inference is its share of the batch it was in.
struct PhotoTiming {
  double decode_ms = 0;  // reading the file included
  double preprocess_ms = 0;
  double inference_ms = 0;
};

struct PhotoAnswer {
  std::string path;
  std::vector<float> logits;         // one for each class
  std::vector<float> features = {};  // what the classifier saw, where it was asked for
  PhotoTiming timing = {};
  std::optional<Error> error = {};  // then there are no logits
};

struct PredictorOptions {
  int threads = 0;    // 0: one for each CPU
  int batch = 32;     // photos at a time
  size_t photos = 1;  // to come: no more is set up than these need
  bool features = false;
  // Sees each photo and its input tensor, by its place in Run's list, from the threads that decode; may fail a photo.
  std::function<Status(size_t place, const PhotoInput& photo, std::span<const float> input)> look = nullptr;
};

// Logits for photos, a batch at a time: decoded and preprocessed side by side,
// then run. Memory stays within a few hundred megabytes whatever is asked for.
class Predictor {
 public:
  // Errors: kUnsupported for a model without classifier; those of Session::Create; kLimit.
  static Result<Predictor> Create(const Model& model, const PredictorOptions& options);

  size_t batch() const { return batch_; }  // at least 1; what was asked for, or what memory allows

  // One answer for each of up to batch() photos, in their order.
  std::vector<PhotoAnswer> Run(std::span<const PhotoToAnswer> photos);

 private:
  Predictor(const Model& model, Session session, const PredictorOptions& options);

  std::span<float> Input(size_t slot) { return std::span(inputs_).subspan(slot * input_floats_, input_floats_); }
  void Load(std::span<const PhotoToAnswer> photos, std::vector<PhotoAnswer>& answers);
  void Infer(size_t begin, size_t end, std::vector<PhotoAnswer>& answers);

  Model model_;
  Session session_;
  std::function<Status(size_t, const PhotoInput&, std::span<const float>)> look_;
  std::unique_ptr<ThreadPool> pool_;  // for decoding; the session has its own
  size_t input_floats_;
  size_t batch_;
  std::vector<float> inputs_;    // batch x 3 x height x width
  std::vector<float> logits_;    // batch x classes
  std::vector<float> features_;  // batch x head_channels, or none
};

}  // namespace frond

#endif  // FROND_SRC_CLASSIFY_PREDICTOR_H_
