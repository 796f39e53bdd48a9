#include <algorithm>
#include <cmath>

#include "src/evaluate/calibration.h"
#include "src/evaluate/evaluation.h"

namespace frond {
namespace {

constexpr double kLeast = 0.05;
constexpr double kMost = 20;
// Of the inverse temperature, relative: more than anybody can measure, reached by halving alone in 48 steps.
constexpr double kPrecision = 1e-12;
constexpr int kMaxSteps = 100;

struct Slope {
  double first = 0;
  double second = 0;
};

// Derivatives of the mean negative log likelihood by the inverse temperature, in which it is convex: in the
// temperature itself it is not. (With a prior it need not be, but the sign of the slope still leads to a minimum.)
Slope SlopeAt(const Predictions& predictions, const TemperaturePrior& prior, double inverse_temperature) {
  const size_t classes = predictions.classes();
  const std::span<const float> logits = predictions.logits;
  Slope slope;
  for (size_t i = 0; i < predictions.count(); ++i) {
    const auto truth = static_cast<size_t>(predictions.truth[i]);
    const Softmax row = SoftmaxOf(logits.subspan(i * classes, classes), truth, inverse_temperature);
    slope.first += row.slope;
    slope.second += row.curvature;
  }
  if (prior.spread > 0) {
    const double precision = 1 / (prior.spread * prior.spread);
    const double apart = std::log(inverse_temperature * prior.temperature);
    slope.first += precision * apart / inverse_temperature;
    slope.second += precision * (1 - apart) / (inverse_temperature * inverse_temperature);
  }
  return slope;
}

}  // namespace

// Newton's method between bounds that the sign of the slope draws in; a step that leaves them is replaced by halving.
Result<double> FitTemperature(const Predictions& predictions, const TemperaturePrior& prior) {
  FROND_RETURN_IF_ERROR(CheckPredictions(predictions));
  double low = 1 / kMost;
  double high = 1 / kLeast;
  const double slope_low = SlopeAt(predictions, prior, low).first;
  const double slope_high = SlopeAt(predictions, prior, high).first;
  if (slope_low == 0 && slope_high == 0) return prior.temperature;  // every temperature is as good: constant logits
  if (slope_low >= 0) return kMost;
  if (slope_high <= 0) return kLeast;
  double at = 1;
  for (int step = 0; step < kMaxSteps && high - low > kPrecision * low; ++step) {
    const Slope slope = SlopeAt(predictions, prior, at);
    if (slope.first == 0) break;
    (slope.first < 0 ? low : high) = at;
    double next = at - slope.first / slope.second;
    if (!(next > low && next < high)) next = (low + high) / 2;
    const bool still = std::abs(next - at) <= kPrecision * at;
    at = next;
    if (still) break;
  }
  return std::clamp(1 / at, kLeast, kMost);
}

}  // namespace frond
