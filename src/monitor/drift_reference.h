#ifndef FROND_SRC_MONITOR_DRIFT_REFERENCE_H_
#define FROND_SRC_MONITOR_DRIFT_REFERENCE_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "src/monitor/kernel_test.h"
#include "src/monitor/observed_photo.h"

namespace frond {

class TrafficSummary;

// A photo of training, as the trainer observes it.
struct TrainingPhoto {
  PhotoStatistics statistics = {};
  std::vector<float> features = {};         // C
  std::vector<ObservedClass> classes = {};  // as predicted, one for each task
  std::vector<int> truth = {};              // likewise; -1: unknown
};

// What a model file keeps (frond/reference.h): the basis from features of training photos (at most 32 directions, and a
// quarter of the photos), everything else from `held_out` ones or, where there are none, from the training photos.
// Classes' shares are those of a stream mixed as the sample's truth, their errors what the sample leaves unknown of how
// each class is called: photos are drawn class by class, which is why those are less than a random sample's. Errors:
// kInvalidArgument for fewer than 8 photos of either, for photos that disagree in length, or that are not finite.
Result<TrainingReference> BuildTrainingReference(std::span<const TrainingPhoto> training,
                                                 std::span<const TrainingPhoto> held_out, std::span<const Task> tasks);

// What distributions a stream is compared in, one kind of finding each.
struct DriftColumn {
  std::string kind;           // "input.brightness", "features.distance", "predictions.confidence"
  std::vector<float> values;  // of the reference, sorted, each once
  std::vector<float> below;   // share of the reference's photos up to and with values[i]
  double mean = 0;
  double count = 0;  // photos whose value is known
};

struct ClassMix {
  std::string kind;  // "predictions.classes"
  Task task;
  std::vector<float> shares;
  std::vector<float> errors;
};

// A sample of photos made ready to compare others with. Immutable, shared by detectors and used by any number of
// threads; a few megabytes, some tens of milliseconds to make.
class DriftReference {
 public:
  // From training. Features and confidences of photos that were trained on are left out. Errors: kInvalidArgument
  // for a basis that is not this reference's own; kUnsupported for statistics of another version.
  static Result<std::shared_ptr<const DriftReference>> FromTraining(const TrainingReference& reference,
                                                                    const DriftBasis& basis);
  // From a model's own traffic of some days, for messages named `name` ("last week"). Errors: kInvalidArgument for
  // fewer than 30 photos; kMismatch where another model, or another version of it, observed them.
  static Result<std::shared_ptr<const DriftReference>> FromTraffic(const TrafficSummary& summary,
                                                                   const DriftBasis& basis, std::string name);

  const DriftBasis& basis() const { return basis_; }
  const std::string& name() const { return name_; }  // "training": photos are darker than in `name`
  double count() const { return count_; }            // photos that the sample is worth

  const std::vector<DriftColumn>& columns() const { return columns_; }
  const std::vector<ClassMix>& class_mixes() const { return class_mixes_; }
  const std::optional<KernelReference>& inputs() const { return inputs_; }  // statistics together
  const std::optional<KernelReference>& features() const { return features_; }

  // A photo's value in each of the columns, NaN where unknown.
  void ValuesOf(const ObservedPhoto& photo, std::span<float> values) const;
  // Its place among inputs() and features().
  void InputPoint(const ObservedPhoto& photo, std::vector<float>& point) const;
  void FeaturePoint(const ObservedPhoto& photo, std::vector<float>& point) const;

 private:
  DriftReference(const DriftBasis& basis, std::string name) : basis_(basis), name_(std::move(name)) {}
  // `trusted`: features and confidences too.
  void Fill(std::span<const ObservedPhoto> photos, bool trusted);

  DriftBasis basis_;
  std::string name_;
  double count_ = 0;
  bool trusted_ = true;
  std::vector<DriftColumn> columns_;
  std::vector<ClassMix> class_mixes_;
  std::optional<KernelReference> inputs_;
  std::optional<KernelReference> features_;
  std::vector<float> input_centre_, input_scale_;
  float rest_centre_ = 0;
  float rest_scale_ = 1;
};

// Whether traffic can be compared. Errors: those of DriftReference::FromTraffic.
Status CheckTraffic(const TrafficSummary& summary, const DriftBasis& basis, const std::string& name);

}  // namespace frond

#endif  // FROND_SRC_MONITOR_DRIFT_REFERENCE_H_
