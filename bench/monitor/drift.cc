// False alarms and delays of drift detection on streams of real photos, and what it costs.
//   drift MODEL FOLDER [RUNS]
//   drift MODEL FOLDER halves [RUNS]
//   drift MODEL FOLDER windows FILE
// FOLDER has what `observe` wrote: normal.f32, of photos like those of training and not among them, and a file for each
// shift. A stream draws with replacement. It prints, in Markdown: of RUNS (20) normal streams of 1000 photos, each
// photo once, and each three times in a row, the alarms; for each shift, whole and half and half with normal photos,
// after how many photos of it the first alarm came (median, the 19th of 20 runs, none at all), from a cold start and
// behind 300 normal photos, and which kinds were first; a class doubled; and microseconds a photo.
// bench/monitor/drift.py makes the folder. With `halves`, the photos of normal.f32 and held_out.f32 are divided at
// random, one half the reference, the other the stream of 1000 photos, anew in each run, and it prints how many runs
// had an alarm. With `windows`, FILE has two samples a line, as "NAME:ROW ... | NAME:ROW ..." of photos in NAME.f32,
// and it prints of each the p-value of 99 permutations of the features' MMD.

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <limits>
#include <map>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include "frond/classify.h"
#include "frond/model.h"
#include "src/monitor/drift_detector.h"

namespace {

using namespace frond;

constexpr int kStream = 1000;
constexpr int kBefore = 300;
constexpr int kNever = std::numeric_limits<int>::max();

// Photos of one file, observed; their sizes unknown where they would give the answer away.
std::vector<ObservedPhoto> Read(const std::string& path, const Model& model, const DriftBasis& basis) {
  const auto channels = static_cast<size_t>(model.spec().head_channels);
  const auto classes = static_cast<size_t>(model.output_size());
  std::ifstream file(path, std::ios::binary);
  std::vector<ObservedPhoto> photos;
  PhotoStatistics statistics = {};
  std::vector<float> features(channels);
  std::vector<float> logits(classes);
  const auto read = [&](std::span<float> values) {
    return !!file.read(reinterpret_cast<char*>(values.data()), static_cast<std::streamsize>(values.size_bytes()));
  };
  while (read(statistics) && read(features) && read(logits)) {
    const auto called = TopScoresByTask(model, logits, 1);
    std::vector<ObservedClass> seen;
    for (const TaskScores& task : called.value()) seen.push_back({task.scores[0].index, task.scores[0].score});
    statistics[static_cast<size_t>(PhotoStatistic::kSize)] = std::nanf("");
    statistics[static_cast<size_t>(PhotoStatistic::kAspect)] = std::nanf("");
    ObservedPhoto& photo = photos.emplace_back();
    if (!basis.Observe(statistics, features, seen, photo).ok()) photos.pop_back();
  }
  return photos;
}

std::string Alarms(const DriftDetector& detector, bool messages) {
  std::string text;
  for (const DriftFinding& finding : detector.Findings()) {
    if (finding.alarm) text += (text.empty() ? "" : "; ") + (messages ? finding.message : finding.kind);
  }
  return text;
}

struct Shift {
  std::string name;
  const std::vector<ObservedPhoto>* photos;
  double share = 1;
};

struct Delay {
  int photos = kNever;
  std::string kinds;
};

class Streams {
 public:
  Streams(std::shared_ptr<const DriftReference> reference, const std::vector<ObservedPhoto>& normal)
      : reference_(std::move(reference)), normal_(normal) {}

  const ObservedPhoto& Draw(const std::vector<ObservedPhoto>& photos, std::mt19937_64& random) const {
    return photos[random() % photos.size()];
  }

  Delay Run(const Shift& shift, int before, uint64_t seed) const {
    std::mt19937_64 random(seed);
    DriftDetector detector(reference_);
    for (int i = 0; i < before; ++i) detector.Add(Draw(normal_, random));
    if (detector.alarm()) return {-1, Alarms(detector, false)};
    for (int i = 1; i <= kStream; ++i) {
      const bool shifted = std::uniform_real_distribution<>(0, 1)(random) < shift.share;
      detector.Add(Draw(shifted ? *shift.photos : normal_, random));
      if (detector.alarm()) return {i, Alarms(detector, false)};
    }
    return {};
  }

  void PrintShift(const Shift& shift, int runs) const {
    std::printf("| %s, %.0f %% |", shift.name.c_str(), 100 * shift.share);
    std::map<std::string, int> firsts;
    for (const int before : {0, kBefore}) {
      std::vector<int> delays;
      for (int run = 0; run < runs; ++run) {
        const Delay delay = Run(shift, before, static_cast<uint64_t>(run));
        delays.push_back(delay.photos);
        ++firsts[delay.kinds];
      }
      std::ranges::sort(delays);
      const auto show = [](int photos) { return photos == kNever ? std::string("never") : std::to_string(photos); };
      const size_t nineteenth = delays.size() * 19 / 20 - 1;
      std::printf(" %s | %s | %d |", show(delays[delays.size() / 2]).c_str(), show(delays[nineteenth]).c_str(),
                  static_cast<int>(std::ranges::count(delays, kNever)));
    }
    const auto first = std::ranges::max_element(firsts, {}, [](const auto& one) { return one.second; });
    std::printf(" %s |\n", first->first.c_str());
    std::fflush(stdout);
  }

  // Each photo `shots` times behind each other.
  void PrintNormal(int runs, int shots) const {
    int alarmed = 0;
    double us = 0;
    double least = 1;
    for (int run = 0; run < runs; ++run) {
      std::mt19937_64 random(static_cast<uint64_t>(1000 + run));
      DriftDetector detector(reference_);
      bool rang = false;
      const ObservedPhoto* drawn = nullptr;
      for (int i = 0; i < kStream; ++i) {
        if (i % shots == 0) drawn = &Draw(normal_, random);
        const auto start = std::chrono::steady_clock::now();
        detector.Add(*drawn);
        us += std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - start).count();
        if (i % 10 == 0) {
          for (const DriftFinding& finding : detector.Findings()) least = std::min(least, finding.p_value);
        }
        if (detector.alarm() && !rang) std::printf("false alarm in run %d: %s\n", run, Alarms(detector, true).c_str());
        rang = rang || detector.alarm();
      }
      alarmed += rang ? 1 : 0;
    }
    std::printf("normal, %d of each: %d of %d runs of %d photos with an alarm; least p %.1e; Add takes %.1f us\n\n",
                shots, alarmed, runs, kStream, least, us / runs / kStream);
  }

 private:
  std::shared_ptr<const DriftReference> reference_;
  const std::vector<ObservedPhoto>& normal_;
};

// As often again as the others, relatively: 20 % become 40.
std::vector<ObservedPhoto> Doubled(const std::vector<ObservedPhoto>& normal, int label) {
  std::vector<ObservedPhoto> photos;
  size_t own = 0;
  for (const ObservedPhoto& photo : normal) own += photo.classes[0].label == label ? 1U : 0U;
  const size_t others = normal.size() - own;
  if (own == 0 || 2 * own >= normal.size()) return photos;
  // own * a / (own * a + others * b) = 2 own / all
  const size_t a = 2 * others;
  const size_t b = normal.size() - 2 * own;
  for (const ObservedPhoto& photo : normal) {
    photos.insert(photos.end(), photo.classes[0].label == label ? a : b, photo);
  }
  return photos;
}

int PrintWindows(const std::string& path, const std::string& folder, const Model& model,
                 const DriftReference& reference) {
  std::map<std::string, std::vector<ObservedPhoto>> files;
  std::ifstream windows(path);
  std::vector<float> point;
  for (std::string line; std::getline(windows, line);) {
    std::istringstream words(line);
    std::vector<float> here;
    std::vector<float> there;
    std::vector<float>* points = &here;
    for (std::string word; words >> word;) {
      if (word == "|") {
        points = &there;
        continue;
      }
      const size_t colon = word.find(':');
      const std::string name = word.substr(0, colon);
      if (!files.contains(name)) files[name] = Read(folder + "/" + name + ".f32", model, reference.basis());
      reference.FeaturePoint(files[name].at(static_cast<size_t>(std::stoi(word.substr(colon + 1)))), point);
      points->insert(points->end(), point.begin(), point.end());
    }
    const KernelReference sample(there, point.size());
    std::printf("%.4f\n", PermutationTest(sample, here, 99, 1)->p_value);
  }
  return 0;
}

// Another sample in place of a reference's own.
TrainingReference WithSample(TrainingReference reference, std::span<const ObservedPhoto> photos,
                             const DriftBasis& basis) {
  reference.photos = photos.size();
  reference.photo_statistics.clear();
  reference.projections.clear();
  reference.confidences.clear();
  std::vector<double> counts(basis.labels(), 0.5);
  for (const ObservedPhoto& photo : photos) {
    reference.photo_statistics.insert(reference.photo_statistics.end(), photo.statistics.begin(),
                                      photo.statistics.end());
    reference.projections.insert(reference.projections.end(), photo.projection.begin(), photo.projection.end());
    for (const ObservedClass& seen : photo.classes) {
      reference.confidences.push_back(seen.confidence);
      ++counts[static_cast<size_t>(seen.label)];
    }
  }
  const auto n = static_cast<double>(photos.size());
  for (size_t k = 0; k < counts.size(); ++k) {
    const double share = counts[k] / (n + 0.5 * static_cast<double>(counts.size()));
    reference.class_shares[k] = static_cast<float>(share);
    reference.class_errors[k] = static_cast<float>(std::sqrt(share * (1 - share) / n));
  }
  return reference;
}

int PrintHalves(const std::string& folder, const Model& model, const DriftBasis& basis, int runs) {
  std::vector<ObservedPhoto> pool = Read(folder + "/normal.f32", model, basis);
  const std::vector<ObservedPhoto> others = Read(folder + "/held_out.f32", model, basis);
  pool.insert(pool.end(), others.begin(), others.end());
  std::map<std::string, int> alarms;
  int rang = 0;
  for (int run = 0; run < runs; ++run) {
    std::mt19937_64 random(static_cast<uint64_t>(run));
    std::ranges::shuffle(pool, random);
    const size_t half = pool.size() / 2;
    const auto reference =
        DriftReference::FromTraining(WithSample(*model.reference(), std::span(pool).first(half), basis), basis);
    DriftDetector detector(reference.value());
    std::string first;
    for (int i = 0; i < kStream; ++i) {
      detector.Add(pool[half + random() % (pool.size() - half)]);
      if (first.empty() && detector.alarm()) first = Alarms(detector, false);
    }
    rang += first.empty() ? 0 : 1;
    if (!first.empty()) ++alarms[first];
  }
  std::printf("random halves: %d of %d runs of %d photos with an alarm\n", rang, runs, kStream);
  for (const auto& [kinds, count] : alarms) std::printf("  %d: %s\n", count, kinds.c_str());
  return 0;
}

double MicrosecondsOfLooking(const Model& model, const DriftBasis& basis) {
  const Preprocessing& preprocessing = model.spec().preprocessing;
  std::mt19937 random(1);
  std::normal_distribution<float> normal;
  std::vector<float> input(size_t{3} * static_cast<size_t>(preprocessing.height * preprocessing.width));
  for (float& value : input) value = normal(random);
  std::vector<float> features(basis.channels(), 1);
  std::vector<ObservedClass> classes;
  for (const Task& task : basis.tasks()) classes.push_back({task.first, 0.5F});
  ObservedPhoto photo;
  constexpr int kTimes = 2000;
  double measure_us = 1e9;
  double observe_us = 1e9;
  for (int round = 0; round < 5; ++round) {
    PhotoStatistics statistics = {};
    const auto start = std::chrono::steady_clock::now();
    for (int i = 0; i < kTimes; ++i) statistics = MeasurePhoto(input, preprocessing, 512, 256).value();
    const auto middle = std::chrono::steady_clock::now();
    for (int i = 0; i < kTimes; ++i) (void)basis.Observe(statistics, features, classes, photo).ok();
    const auto end = std::chrono::steady_clock::now();
    measure_us = std::min(measure_us, std::chrono::duration<double, std::micro>(middle - start).count() / kTimes);
    observe_us = std::min(observe_us, std::chrono::duration<double, std::micro>(end - middle).count() / kTimes);
  }
  std::printf("MeasurePhoto takes %.1f us for %d x %d, Observe %.1f us\n", measure_us, preprocessing.width,
              preprocessing.height, observe_us);
  return measure_us + observe_us;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fprintf(stderr, "usage: drift MODEL FOLDER [RUNS | halves [RUNS] | windows FILE]\n");
    return 2;
  }
  const std::string folder = argv[2];
  const bool windows = argc > 4 && std::string(argv[3]) == "windows";
  const int runs = argc > 3 && !windows ? std::atoi(argv[3]) : 20;
  const Result<Model> model = Model::Load(argv[1]);
  if (!model.ok() || model->reference() == nullptr) {
    std::fprintf(stderr, "drift: %s\n", model.ok() ? "the model has no reference" : model.error().ToString().c_str());
    return 1;
  }
  const auto basis = DriftBasis::Create(model->reference(), model->tasks(), model->labels());
  const auto start = std::chrono::steady_clock::now();
  const auto reference = DriftReference::FromTraining(*model->reference(), basis.value());
  if (!reference.ok()) {
    std::fprintf(stderr, "drift: %s\n", reference.error().ToString().c_str());
    return 1;
  }
  if (argc > 3 && std::string(argv[3]) == "halves") {
    return PrintHalves(folder, *model, *basis, argc > 4 ? std::atoi(argv[4]) : 100);
  }
  if (windows) return PrintWindows(argv[4], folder, *model, **reference);
  std::printf("reference of %zu photos, made in %.0f ms\n", model->reference()->photos,
              std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count());
  MicrosecondsOfLooking(*model, *basis);
  const std::vector<ObservedPhoto> normal = Read(folder + "/normal.f32", *model, *basis);
  const Streams streams(*reference, normal);
  streams.PrintNormal(runs, 1);
  streams.PrintNormal(runs, 3);
  std::printf("| shift | cold: median | 19 of 20 | none | behind %d: median | 19 of 20 | none | first alarms |\n",
              kBefore);
  std::printf("| --- | --- | --- | --- | --- | --- | --- | --- |\n");
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() == ".f32" && entry.path().stem() != "normal" && entry.path().stem() != "held_out")
      names.push_back(entry.path().stem());
  }
  std::ranges::sort(names);
  for (const std::string& name : names) {
    const std::vector<ObservedPhoto> photos = Read(folder + "/" + name + ".f32", *model, *basis);
    for (const double share : {1.0, 0.5}) streams.PrintShift({name, &photos, share}, runs);
  }
  for (size_t label = 0; label < model->labels().size(); ++label) {
    const std::vector<ObservedPhoto> photos = Doubled(normal, static_cast<int>(label));
    if (!photos.empty()) streams.PrintShift({"twice as much " + model->labels()[label], &photos, 1}, runs);
  }
  return 0;
}
