#include "frond/frond.h"

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "frond/classify.h"
#include "src/capi/guard.h"
#include "src/capi/photo.h"

struct frond_classifier {
  frond::Classifier classifier;
};

namespace frond {
namespace {

// Where a caller wants the classes of a photo.
struct Answer {
  int top;
  frond_score* scores;
  int* counts;  // one, or one for each task
  bool by_task;
};

void Write(const std::vector<Score>& best, frond_score* scores, int* count) {
  std::transform(best.begin(), best.end(), scores,
                 [](const Score& score) { return frond_score{score.index, score.score}; });
  *count = static_cast<int>(best.size());
}

Status ClassifyInto(Classifier& classifier, const Image& photo, const Answer& answer) {
  if (!answer.by_task) {
    FROND_ASSIGN(const std::vector<Score> best, classifier.Classify(photo, answer.top));
    Write(best, answer.scores, answer.counts);
    return {};
  }
  FROND_ASSIGN(const std::vector<TaskScores> tasks, classifier.ClassifyTasks(photo, answer.top));
  for (size_t t = 0; t < tasks.size(); ++t) {
    Write(tasks[t].scores, answer.scores + t * static_cast<size_t>(answer.top), answer.counts + t);
  }
  return {};
}

// What all ways to give a photo share; `read` returns its Result<Image>.
template <class Read>
int Classify(frond_classifier* classifier, const Answer& answer, frond_error* error, const Read& read) {
  const int counts = answer.by_task ? frond_classifier_task_count(classifier) : 1;
  if (answer.counts != nullptr) std::fill_n(answer.counts, counts, 0);
  return Guarded(error, [&]() -> Status {
    if (classifier == nullptr) return NullArgument("classifier");
    if (answer.scores == nullptr) return NullArgument("scores");
    if (answer.counts == nullptr) return NullArgument(answer.by_task ? "counts" : "count");
    FROND_ASSIGN(const Image photo, read(DecodeOptionsFor(classifier->classifier.model().spec().preprocessing)));
    return ClassifyInto(classifier->classifier, photo, answer);
  });
}

int ClassifyFile(frond_classifier* classifier, const char* path, const Answer& answer, frond_error* error) {
  return Classify(classifier, answer, error, [&](const DecodeOptions& options) { return ReadFile(path, options); });
}

int ClassifyMemory(frond_classifier* classifier, const void* bytes, size_t size_bytes, const Answer& answer,
                   frond_error* error) {
  return Classify(classifier, answer, error,
                  [&](const DecodeOptions& options) { return ReadMemory(bytes, size_bytes, options); });
}

int ClassifyRgb(frond_classifier* classifier, const uint8_t* pixels, int width, int height, size_t stride_bytes,
                const Answer& answer, frond_error* error) {
  return Classify(classifier, answer, error,
                  [&](const DecodeOptions& /*options*/) { return CopyPixels(pixels, width, height, stride_bytes); });
}

}  // namespace
}  // namespace frond

const char* frond_version(void) { return FROND_VERSION; }

int frond_classifier_load(const char* path, int threads, frond_classifier** classifier, frond_error* error) {
  if (classifier != nullptr) *classifier = nullptr;
  return frond::Guarded(error, [&]() -> frond::Status {
    if (path == nullptr) return frond::NullArgument("path");
    if (classifier == nullptr) return frond::NullArgument("classifier");
    FROND_ASSIGN(frond::Classifier loaded, frond::Classifier::Load(path, {threads}));
    *classifier = std::make_unique<frond_classifier>(frond_classifier{std::move(loaded)}).release();
    return {};
  });
}

void frond_classifier_free(frond_classifier* classifier) { delete classifier; }

int frond_classifier_class_count(const frond_classifier* classifier) {
  return classifier == nullptr ? 0 : classifier->classifier.model().output_size();
}

const char* frond_classifier_label(const frond_classifier* classifier, int index) {
  if (classifier == nullptr || index < 0) return nullptr;
  const std::vector<std::string>& labels = classifier->classifier.model().labels();
  return static_cast<size_t>(index) < labels.size() ? labels[static_cast<size_t>(index)].c_str() : nullptr;
}

int frond_classifier_task_count(const frond_classifier* classifier) {
  return classifier == nullptr ? 0 : static_cast<int>(classifier->classifier.model().tasks().size());
}

const char* frond_classifier_task_name(const frond_classifier* classifier, int task) {
  if (task < 0 || task >= frond_classifier_task_count(classifier)) return nullptr;
  return classifier->classifier.model().tasks()[static_cast<size_t>(task)].name.c_str();
}

int frond_classify_file(frond_classifier* classifier, const char* path, int top, frond_score* scores, int* count,
                        frond_error* error) {
  return frond::ClassifyFile(classifier, path, {top, scores, count, false}, error);
}

int frond_classify_memory(frond_classifier* classifier, const void* bytes, size_t size_bytes, int top,
                          frond_score* scores, int* count, frond_error* error) {
  return frond::ClassifyMemory(classifier, bytes, size_bytes, {top, scores, count, false}, error);
}

int frond_classify_rgb(frond_classifier* classifier, const uint8_t* pixels, int width, int height, size_t stride_bytes,
                       int top, frond_score* scores, int* count, frond_error* error) {
  return frond::ClassifyRgb(classifier, pixels, width, height, stride_bytes, {top, scores, count, false}, error);
}

int frond_classify_tasks_file(frond_classifier* classifier, const char* path, int top, frond_score* scores, int* counts,
                              frond_error* error) {
  return frond::ClassifyFile(classifier, path, {top, scores, counts, true}, error);
}

int frond_classify_tasks_memory(frond_classifier* classifier, const void* bytes, size_t size_bytes, int top,
                                frond_score* scores, int* counts, frond_error* error) {
  return frond::ClassifyMemory(classifier, bytes, size_bytes, {top, scores, counts, true}, error);
}

int frond_classify_tasks_rgb(frond_classifier* classifier, const uint8_t* pixels, int width, int height,
                             size_t stride_bytes, int top, frond_score* scores, int* counts, frond_error* error) {
  return frond::ClassifyRgb(classifier, pixels, width, height, stride_bytes, {top, scores, counts, true}, error);
}
