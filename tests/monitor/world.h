#ifndef FROND_TESTS_MONITOR_WORLD_H_
#define FROND_TESTS_MONITOR_WORLD_H_

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <random>
#include <vector>

#include "src/monitor/drift_reference.h"

namespace frond {

struct Weather {
  float brightness = 0;  // deviations
  float features = 0;    // each feature moves by so many deviations
  double share = 1;      // of photos that this is true of
  std::vector<double> mix = {1, 1, 1, 1};
  float confidence = 0;
};

// Photos of a made-up world: statistics and features that are normal, one task of four classes, each as frequent.
class World {
 public:
  static constexpr size_t kChannels = 24;

  explicit World(uint64_t seed) : random_(seed) {}

  TrainingPhoto Photo(const Weather& weather = {}) {
    TrainingPhoto photo;
    const bool here = std::uniform_real_distribution<>(0, 1)(random_) < weather.share;
    for (float& value : photo.statistics) value = 0.5F + 0.05F * Normal();
    if (here) photo.statistics[0] += 0.05F * weather.brightness;
    photo.statistics[6] = 17;
    photo.statistics[7] = 1;
    const int label = std::discrete_distribution<int>(weather.mix.begin(), weather.mix.end())(random_);
    photo.features.resize(kChannels);
    for (size_t c = 0; c < kChannels; ++c) {
      photo.features[c] =
          Normal() + (c % 4 == static_cast<size_t>(label) ? 2.0F : 0.0F) + (here ? weather.features : 0);
    }
    const float confidence = 0.75F + 0.1F * Normal() - (here ? weather.confidence : 0);
    photo.classes = {{label, std::clamp(confidence, 0.25F, 1.0F)}};
    photo.truth = {label};
    return photo;
  }

  std::vector<TrainingPhoto> Photos(size_t count, const Weather& weather = {}) {
    std::vector<TrainingPhoto> photos;
    for (size_t i = 0; i < count; ++i) photos.push_back(Photo(weather));
    return photos;
  }

  // Of a model that was trained on 120 photos and tried on 100.
  TrainingReference Reference() { return BuildTrainingReference(Photos(120), Photos(100), Tasks()).value(); }

  static std::vector<Task> Tasks() { return {{"", 0, 4}}; }
  static std::vector<std::string> Labels() { return {"healthy", "rust", "phoma", "miner"}; }

 private:
  float Normal() { return normal_(random_); }

  std::mt19937_64 random_;
  std::normal_distribution<float> normal_;
};

struct Watched {
  explicit Watched(World& world)
      : training(world.Reference()),
        basis(DriftBasis::Create(&training, World::Tasks(), World::Labels()).value()),
        reference(DriftReference::FromTraining(training, basis).value()) {}

  ObservedPhoto Observe(const TrainingPhoto& photo) const {
    ObservedPhoto seen;
    if (!basis.Observe(photo.statistics, photo.features, photo.classes, seen).ok()) std::abort();
    return seen;
  }

  TrainingReference training;
  DriftBasis basis;
  std::shared_ptr<const DriftReference> reference;
};

}  // namespace frond

#endif  // FROND_TESTS_MONITOR_WORLD_H_
