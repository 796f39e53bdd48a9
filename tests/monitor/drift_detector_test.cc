// False alarms, delays and what becomes of alarms, in a made-up world.

#include "src/monitor/drift_detector.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "tests/monitor/world.h"

namespace frond {
namespace {

DriftFinding Find(const DriftDetector& detector, const std::string& kind) {
  const std::vector<DriftFinding> findings = detector.Findings();
  const auto found = std::ranges::find(findings, kind, &DriftFinding::kind);
  EXPECT_NE(found, findings.end()) << kind;
  return found == findings.end() ? DriftFinding{} : *found;
}

// Photos of `weather`, after `before` ordinary ones, until `kind` (empty: any) rings; -1: not in 600.
int Delay(uint64_t seed, const Weather& weather, int before, const std::string& kind = "") {
  World world(seed);
  const Watched watched(world);
  DriftDetector detector(watched.reference);
  for (int i = 0; i < before; ++i) detector.Add(watched.Observe(world.Photo()));
  for (int i = 1; i <= 600; ++i) {
    detector.Add(watched.Observe(world.Photo(weather)));
    if (kind.empty() ? detector.alarm() : Find(detector, kind).alarm) return i;
  }
  return -1;
}

TEST(DriftDetector, SeldomRingsWithoutDrift) {
  constexpr uint64_t kRuns = 30;
  int alarms = 0;
  for (uint64_t seed = 0; seed < kRuns; ++seed) {
    World world(seed);
    const Watched watched(world);
    DriftDetector detector(watched.reference);
    bool rang = false;
    for (int i = 0; i < 1000; ++i) {
      detector.Add(watched.Observe(world.Photo()));
      rang = rang || detector.alarm();
    }
    alarms += rang ? 1 : 0;
  }
  // Promised is 1 % of such stretches: three of 30 are as rare as one in 300.
  EXPECT_LE(alarms, 2);
}

// Three shots of each leaf are not three leaves.
TEST(DriftDetector, SeldomRingsForBursts) {
  int alarms = 0;
  for (uint64_t seed = 0; seed < 20; ++seed) {
    World world(100 + seed);
    const Watched watched(world);
    DriftDetector detector(watched.reference);
    bool rang = false;
    for (int i = 0; i < 333; ++i) {
      const ObservedPhoto photo = watched.Observe(world.Photo());
      for (int shot = 0; shot < 3; ++shot) detector.Add(photo);
      rang = rang || detector.alarm();
    }
    alarms += rang ? 1 : 0;
  }
  EXPECT_LE(alarms, 2);
}

TEST(DriftDetector, RingsSoonWhereDriftIsStrong) {
  const Weather dark = {.brightness = -3};
  const Weather foreign = {.features = 2};
  const Weather unsure = {.confidence = 0.3F};
  for (uint64_t seed = 0; seed < 6; ++seed) {
    for (const int before : {0, 300}) {
      EXPECT_LE(Delay(seed, dark, before, "input.brightness"), 33) << seed;
      EXPECT_LE(Delay(seed, foreign, before, "features"), 33) << seed;
      EXPECT_LE(Delay(seed, unsure, before, "predictions.confidence"), 33) << seed;
    }
  }
}

TEST(DriftDetector, SeesAHalfOfStrangePhotosAndAClassDoubled) {
  const Weather mixed = {.brightness = -4, .share = 0.5};
  const Weather rust = {.mix = {1, 3, 1, 1}};
  for (uint64_t seed = 0; seed < 6; ++seed) {
    for (const Weather& weather : {mixed, rust}) {
      const int delay = Delay(seed, weather, 200);
      EXPECT_GT(delay, 0) << seed;
      EXPECT_LE(delay, 300) << seed;
    }
  }
}

TEST(DriftDetector, AnAlarmGoesOffWhenTheEvidenceHasGone) {
  World world(5);
  const Watched watched(world);
  DriftDetector detector(watched.reference);
  const auto add = [&](int count, const Weather& weather) {
    int changes = 0;
    for (int i = 0; i < count; ++i) {
      const bool before = Find(detector, "input.brightness").alarm;
      detector.Add(watched.Observe(world.Photo(weather)));
      changes += Find(detector, "input.brightness").alarm == before ? 0 : 1;
    }
    return changes;
  };
  EXPECT_EQ(add(300, {}), 0);
  EXPECT_EQ(add(300, {.brightness = -3}), 1);  // on, and never off meanwhile
  const DriftFinding finding = Find(detector, "input.brightness");
  EXPECT_TRUE(finding.alarm);
  EXPECT_LT(finding.p_value, 1e-6);
  EXPECT_NE(finding.message.find("photos are darker than in training: brightness 0.3"), std::string::npos)
      << finding.message;
  const std::string together = Find(detector, "input.together").message;
  EXPECT_NE(together.find("most of all brightness 0.3"), std::string::npos) << together;
  EXPECT_EQ(add(30, {}), 0);  // the last 300 are still mostly dark
  EXPECT_TRUE(Find(detector, "input.brightness").alarm);
  EXPECT_EQ(add(320, {}), 1);
  EXPECT_FALSE(detector.alarm());
}

TEST(DriftDetector, NamesTheClass) {
  World world(6);
  const Watched watched(world);
  DriftDetector detector(watched.reference);
  for (int i = 0; i < 300; ++i) detector.Add(watched.Observe(world.Photo({.mix = {1, 9, 1, 1}})));
  const DriftFinding finding = Find(detector, "predictions.classes");
  EXPECT_TRUE(finding.alarm);
  EXPECT_EQ(finding.message.find("rust is predicted more often than in training: "), 0U) << finding.message;
}

// Fifty ordinary photos that are kept, then `photos` of `weather`, every other of which is kept, named "odd N".
struct Kept {
  Kept(const Weather& weather, int photos) : world(11), watched(world), detector(watched.reference) {
    for (int i = 0; i < 50; ++i) detector.Add(watched.Observe(world.Photo()), "ordinary");
    for (int i = 0; i < photos; ++i) {
      const TrainingPhoto photo = world.Photo(weather);
      detector.Add(watched.Observe(photo), i % 2 == 0 ? "" : "odd " + std::to_string(i));
      if (i % 2 != 0) odd.push_back({photo, "odd " + std::to_string(i)});
    }
  }
  const TrainingPhoto& Photo(const std::string& id) const {
    return std::ranges::find(odd, id, &std::pair<TrainingPhoto, std::string>::second)->first;
  }

  World world;
  Watched watched;
  DriftDetector detector;
  std::vector<std::pair<TrainingPhoto, std::string>> odd;
};

TEST(DriftDetector, ShowsThePhotosThatAreFarthestOut) {
  for (const float side : {-1.0F, 1.0F}) {
    const Kept kept({.brightness = 4 * side}, 120);
    const DriftFinding finding = Find(kept.detector, "input.brightness");
    ASSERT_TRUE(finding.alarm);
    ASSERT_EQ(finding.examples.size(), DriftDetector::kExamples);
    // The clearest first, and none outside is clearer.
    std::vector<float> out;
    for (const std::string& id : finding.examples) out.push_back(side * kept.Photo(id).statistics[0]);
    EXPECT_TRUE(std::ranges::is_sorted(out, std::greater<>()));
    size_t clearer = 0;
    for (size_t i = kept.odd.size() - std::min(kept.odd.size(), finding.photos / 2); i < kept.odd.size(); ++i) {
      clearer += side * kept.odd[i].first.statistics[0] > out.back() ? 1 : 0;
    }
    EXPECT_EQ(clearer, DriftDetector::kExamples - 1);
  }
}

TEST(DriftDetector, ShowsPhotosOfTheClassThatGrew) {
  const Kept kept({.mix = {1, 19, 1, 1}}, 300);
  const DriftFinding finding = Find(kept.detector, "predictions.classes");
  ASSERT_TRUE(finding.alarm);
  EXPECT_EQ(finding.examples.size(), DriftDetector::kExamples);
  for (const std::string& id : finding.examples) EXPECT_EQ(kept.Photo(id).classes[0].label, 1);
}

TEST(DriftDetector, ShowsPhotosThatTheNetworkFindsStrange) {
  const Kept kept({.features = 3}, 40);
  for (const char* kind : {"features", "features.distance"}) {
    const DriftFinding finding = Find(kept.detector, kind);
    ASSERT_TRUE(finding.alarm) << kind;
    EXPECT_EQ(finding.examples.size(), DriftDetector::kExamples);
    for (const std::string& id : finding.examples) EXPECT_NE(id, "ordinary") << kind;
  }
}

TEST(DriftDetector, ShowsNothingWherePhotosAreNotKeptOrNothingDrifts) {
  Kept kept({}, 100);
  for (const DriftFinding& finding : kept.detector.Findings()) EXPECT_TRUE(finding.examples.empty()) << finding.kind;
  DriftDetector unkept(kept.watched.reference);
  for (int i = 0; i < 100; ++i) unkept.Add(kept.watched.Observe(kept.world.Photo({.brightness = -4})));
  const DriftFinding finding = Find(unkept, "input.brightness");
  EXPECT_TRUE(finding.alarm);
  EXPECT_TRUE(finding.examples.empty());
}

TEST(DriftDetector, SaysNothingOfFewPhotos) {
  World world(7);
  const Watched watched(world);
  DriftDetector detector(watched.reference);
  for (int i = 0; i < 19; ++i) {
    EXPECT_FALSE(detector.alarm());
    for (const DriftFinding& finding : detector.Findings()) {
      EXPECT_EQ(finding.photos, 0U);
      EXPECT_EQ(finding.p_value, 1);
    }
    detector.Add(watched.Observe(world.Photo({.brightness = -9, .features = 9})));
  }
  // Classes are not compared in the smallest window.
  for (int photos = 20; photos <= 70; ++photos) {
    detector.Add(watched.Observe(world.Photo()));
    const DriftFinding classes = Find(detector, "predictions.classes");
    EXPECT_EQ(classes.photos, photos < 70 ? 0U : 70U);
    EXPECT_EQ(classes.message == "too few photos yet", photos < 70) << classes.message;
    EXPECT_EQ(Find(detector, "input.brightness").photos > 0, photos >= 21);
  }
}

TEST(DriftDetector, PhotosOfTrainingItselfAreNoMeasureOfFeatures) {
  World world(8);
  const TrainingReference training = BuildTrainingReference(world.Photos(50), {}, World::Tasks()).value();
  EXPECT_FALSE(training.held_out);
  const DriftBasis basis = DriftBasis::Create(&training, World::Tasks(), {}).value();
  DriftDetector detector(DriftReference::FromTraining(training, basis).value());
  for (const DriftFinding& finding : detector.Findings()) {
    EXPECT_FALSE(finding.kind.starts_with("features")) << finding.kind;
    EXPECT_NE(finding.kind, "predictions.confidence");
  }
  EXPECT_EQ(Find(detector, "input.brightness").kind, "input.brightness");
}

TEST(Observe, RefusesWhatCannotBe) {
  World world(9);
  const Watched watched(world);
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const auto code = [&](const auto& change) {
    TrainingPhoto photo = world.Photo();
    change(photo);
    ObservedPhoto seen;
    const Status status = watched.basis.Observe(photo.statistics, photo.features, photo.classes, seen);
    EXPECT_FALSE(status.ok());
    return status.ok() ? ErrorCode::kIo : status.error().code;
  };
  const auto kInvalid = ErrorCode::kInvalidArgument;
  EXPECT_EQ(code([&](TrainingPhoto& photo) { photo.statistics[2] = nan; }), kInvalid);
  EXPECT_EQ(code([&](TrainingPhoto& photo) { photo.statistics[6] = 1 / 0.0F; }), kInvalid);
  EXPECT_EQ(code([&](TrainingPhoto& photo) { photo.features[2] = nan; }), kInvalid);
  EXPECT_EQ(code([&](TrainingPhoto& photo) { photo.features[2] = 1e38F; }), kInvalid);
  EXPECT_EQ(code([&](TrainingPhoto& photo) { photo.features.pop_back(); }), kInvalid);
  EXPECT_EQ(code([&](TrainingPhoto& photo) { photo.features.clear(); }), kInvalid);
  EXPECT_EQ(code([&](TrainingPhoto& photo) { photo.classes.clear(); }), kInvalid);
  EXPECT_EQ(code([&](TrainingPhoto& photo) { photo.classes[0].label = 4; }), kInvalid);
  EXPECT_EQ(code([&](TrainingPhoto& photo) { photo.classes[0].label = -1; }), kInvalid);
  EXPECT_EQ(code([&](TrainingPhoto& photo) { photo.classes[0].confidence = nan; }), kInvalid);
  EXPECT_EQ(code([&](TrainingPhoto& photo) { photo.classes[0].confidence = 1.1F; }), kInvalid);
}

TEST(DriftReference, RefusesWhatIsNoReference) {
  World world(10);
  const Watched watched(world);
  TrainingReference broken = watched.training;
  broken.projections.pop_back();
  EXPECT_EQ(DriftReference::FromTraining(broken, watched.basis).error().code, ErrorCode::kInvalidArgument);
  broken = watched.training;
  broken.confidences[3] = 2;
  EXPECT_EQ(DriftReference::FromTraining(broken, watched.basis).error().code, ErrorCode::kInvalidArgument);
  broken = watched.training;
  broken.statistic_names[0] = "smell";
  EXPECT_EQ(DriftReference::FromTraining(broken, watched.basis).error().code, ErrorCode::kUnsupported);
  EXPECT_EQ(DriftReference::FromTraining({}, watched.basis).error().code, ErrorCode::kUnsupported);
}

TEST(TrainingReferenceOf, HasAnOrthonormalBasisAndKnowsItsErrors) {
  World world(11);
  const TrainingReference training = world.Reference();
  const size_t directions = training.deviations.size();
  ASSERT_EQ(training.components.size(), directions * World::kChannels);
  for (size_t a = 0; a < directions; ++a) {
    for (size_t b = 0; b <= a; ++b) {
      double sum = 0;
      for (size_t c = 0; c < World::kChannels; ++c) {
        sum += training.components[a * World::kChannels + c] * training.components[b * World::kChannels + c];
      }
      EXPECT_NEAR(sum, a == b ? 1 : 0, 1e-4);
    }
  }
  double all = 0;
  for (const float share : training.class_shares) all += share;
  EXPECT_NEAR(all, 1, 1e-3);
  std::vector<TrainingPhoto> photos = world.Photos(20);
  EXPECT_EQ(BuildTrainingReference(std::span(photos).first(3), photos, World::Tasks()).error().code,
            ErrorCode::kInvalidArgument);
  EXPECT_EQ(BuildTrainingReference({}, {}, World::Tasks()).error().code, ErrorCode::kInvalidArgument);
  photos[1].features[0] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_EQ(BuildTrainingReference(photos, photos, World::Tasks()).error().code, ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace frond
