#ifndef FROND_SRC_MONITOR_OBSERVED_PHOTO_H_
#define FROND_SRC_MONITOR_OBSERVED_PHOTO_H_

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "frond/reference.h"
#include "frond/result.h"
#include "frond/task.h"
#include "src/monitor/photo_statistics.h"

namespace frond {

// What a photo was called for one task.
struct ObservedClass {
  int label = 0;         // among the classes of all tasks
  float confidence = 0;  // calibrated, 0 to 1
};

// All that drift is told by: some 200 bytes a photo, none of which shows the photo.
struct ObservedPhoto {
  PhotoStatistics statistics = {};
  std::vector<float> projection = {};       // DriftBasis::dimensions(); empty where features are not watched
  std::vector<ObservedClass> classes = {};  // one for each task
};

// How a model's photos are observed: its features' basis, its tasks and its classes' names. Immutable.
class DriftBasis {
 public:
  // `reference` is Model::reference(), nullptr where the file has none: then features are not watched. `labels` may be
  // empty. Errors: kInvalidArgument for tasks that do not cover the labels.
  static Result<DriftBasis> Create(const TrainingReference* reference, std::span<const Task> tasks,
                                   std::span<const std::string> labels);

  // A basis that reads and compares what the one of `key` observed, and observes nothing itself. Errors: those of
  // Create.
  static Result<DriftBasis> OfTraffic(uint64_t key, size_t directions, std::span<const Task> tasks,
                                      std::span<const std::string> labels);

  // Values of a projection: components, each divided by its deviation in training, and the length of the rest of the
  // features, divided by its own. 0: features are not watched.
  size_t dimensions() const { return directions_ == 0 ? 0 : directions_ + 1; }
  size_t directions() const { return directions_; }
  size_t channels() const { return mean_.size(); }
  const std::vector<Task>& tasks() const { return tasks_; }
  size_t labels() const { return label_count_; }
  std::string LabelName(size_t label) const;  // "rust", "class 3" where names are unknown
  const std::vector<std::string>& names() const { return names_; }
  // Tells bases apart: observations of one mean nothing in another.
  uint64_t key() const { return key_; }

  // Fills `photo`, whose memory is used again. `features` has channels() floats, or none where they are not watched;
  // some 10 us for 1280 channels and 32 directions. Errors: kInvalidArgument for another length, a label outside the
  // tasks, a value that is not finite or a confidence outside 0 to 1; `photo` is then not to be used.
  Status Observe(const PhotoStatistics& statistics, std::span<const float> features,
                 std::span<const ObservedClass> classes, ObservedPhoto& photo) const;
  // The errors of Observe for a photo that comes from elsewhere.
  Status Check(const ObservedPhoto& photo) const;

 private:
  size_t directions_ = 0;
  size_t stride_ = 0;              // directions, padded
  std::vector<float> mean_;        // channels
  std::vector<float> components_;  // channels x stride_
  std::vector<float> deviations_;  // directions
  float rest_ = 1;
  std::vector<Task> tasks_;
  size_t label_count_ = 0;
  std::vector<std::string> names_;
  uint64_t key_ = 0;
};

}  // namespace frond

#endif  // FROND_SRC_MONITOR_OBSERVED_PHOTO_H_
