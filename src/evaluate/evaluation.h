#ifndef FROND_SRC_EVALUATE_EVALUATION_H_
#define FROND_SRC_EVALUATE_EVALUATION_H_

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "frond/result.h"
#include "src/base/wilson.h"

namespace frond {

// What a classifier said of photos whose classes are known, for one task.
struct Predictions {
  std::string task = {};                 // its name; empty where there is one task alone
  std::vector<std::string> labels = {};  // K classes
  std::vector<std::string> paths = {};   // N photos
  std::vector<int> truth = {};           // N
  std::vector<float> logits = {};        // N x K, in C order

  size_t count() const { return truth.size(); }
  size_t classes() const { return labels.size(); }
};

struct ClassQuality {
  std::string label;
  int64_t n = 0;          // photos of this class
  int64_t predicted = 0;  // photos that were called so
  int64_t right = 0;
  double precision = 0;  // right / predicted; 0 where none was predicted
  double recall = 0;     // right / n; 0 where n is
  double f1 = 0;
  Interval precision_interval;
  Interval recall_interval;
};

struct ReliabilityBin {
  double confidence = 0;  // mean of the bin
  double accuracy = 0;
  int64_t n = 0;
};

// All figures of one task; probabilities are softmax(logits / temperature).
struct Evaluation {
  std::string task;
  int64_t n = 0;
  double temperature = 1;
  double top1 = 0;
  Interval top1_interval;
  double macro_f1 = 0;      // mean over the classes that have photos
  double nll = 0;           // mean negative log likelihood, nats
  double ece = 0;           // Guo et al. 2017, section 2: 15 bins of equal width
  double ece_debiased = 0;  // Kumar, Liang, Ma 2019's correction of its bias upwards, at least 0
  std::vector<ClassQuality> per_class;
  std::vector<std::vector<int64_t>> confusion;  // [truth][predicted]
  std::vector<ReliabilityBin> reliability;
};

// Errors: kInvalidArgument for no photos, sizes that disagree, a truth outside the classes; kBadFormat for logits that
// are not finite.
Result<Evaluation> Evaluate(const Predictions& predictions, double temperature = 1);

// Evaluate for each task that has photos, in their order. `temperatures`: one for each task; empty: 1. Errors: those of
// Evaluate; kInvalidArgument where no task has photos.
Result<std::vector<Evaluation>> EvaluateTasks(const std::vector<Predictions>& tasks,
                                              std::span<const double> temperatures);

double MeanAccuracy(const std::vector<Evaluation>& tasks);  // 0 for none

// What is known of a temperature before any photo is seen: its logarithm is normal with this deviation around that of
// `temperature`.
struct TemperaturePrior {
  double temperature = 1;
  double spread = 0;  // 0: nothing is known
};

// The temperature, from 0.05 to 20, that minimises the mean negative log likelihood (Guo et al. 2017, section 4.2), or
// with a prior is the most probable. Errors: those of Evaluate.
Result<double> FitTemperature(const Predictions& predictions, const TemperaturePrior& prior = {});

// One for each task; the prior's for one without photos.
Result<std::vector<double>> FitTemperatures(const std::vector<Predictions>& tasks, const TemperaturePrior& prior = {});

// {"n","top1","macro_f1","ece",...,"per_class":[{"label","n","precision","recall",...}],"confusion"}.
std::string EvaluationToJson(const Evaluation& evaluation);
// "calibration error 19.6 % (without its bias 17.6 %)"
std::string CalibrationText(const Evaluation& evaluation);
std::string EvaluationToText(const Evaluation& evaluation);  // begins with the task's name, where it has one

}  // namespace frond

#endif  // FROND_SRC_EVALUATE_EVALUATION_H_
