#include "src/evaluate/evaluation.h"

#include <cmath>

#include "src/base/format.h"
#include "src/evaluate/calibration.h"

namespace frond {
namespace {

double Share(int64_t part, int64_t of) { return of == 0 ? 0 : static_cast<double>(part) / static_cast<double>(of); }

ClassQuality QualityOf(const std::string& label, int64_t n, int64_t predicted, int64_t right) {
  return {.label = label,
          .n = n,
          .predicted = predicted,
          .right = right,
          .precision = Share(right, predicted),
          .recall = Share(right, n),
          .f1 = Share(2 * right, n + predicted),
          .precision_interval = WilsonInterval(right, predicted),
          .recall_interval = WilsonInterval(right, n)};
}

void FillClasses(const Predictions& predictions, Evaluation& evaluation) {
  const size_t classes = predictions.classes();
  int64_t with_photos = 0;
  for (size_t c = 0; c < classes; ++c) {
    int64_t n = 0;
    int64_t predicted = 0;
    for (size_t other = 0; other < classes; ++other) {
      n += evaluation.confusion[c][other];
      predicted += evaluation.confusion[other][c];
    }
    const int64_t right = evaluation.confusion[c][c];
    evaluation.per_class.push_back(QualityOf(predictions.labels[c], n, predicted, right));
    if (n == 0) continue;
    ++with_photos;
    evaluation.macro_f1 += evaluation.per_class.back().f1;
  }
  evaluation.macro_f1 /= static_cast<double>(with_photos);  // at least one: there are photos
}

}  // namespace

Result<Evaluation> Evaluate(const Predictions& predictions, double temperature) {
  FROND_RETURN_IF_ERROR(CheckPredictions(predictions));
  if (!(std::isfinite(temperature) && temperature > 0)) {
    return Error{ErrorCode::kInvalidArgument, StrCat("temperature ", temperature), "give one above 0"};
  }
  const size_t classes = predictions.classes();
  const std::span<const float> logits = predictions.logits;
  Evaluation evaluation;
  evaluation.task = predictions.task;
  evaluation.n = static_cast<int64_t>(predictions.count());
  evaluation.temperature = temperature;
  evaluation.confusion.assign(classes, std::vector<int64_t>(classes, 0));
  ReliabilityBins bins;
  int64_t right = 0;
  for (size_t i = 0; i < predictions.count(); ++i) {
    const auto truth = static_cast<size_t>(predictions.truth[i]);
    const Softmax row = SoftmaxOf(logits.subspan(i * classes, classes), truth, 1 / temperature);
    ++evaluation.confusion[truth][row.best];
    right += row.best == truth ? 1 : 0;
    evaluation.nll += row.nll;
    bins.Add(row.confidence, row.best == truth);
  }
  evaluation.nll /= static_cast<double>(evaluation.n);
  evaluation.top1 = Share(right, evaluation.n);
  evaluation.top1_interval = WilsonInterval(right, evaluation.n);
  evaluation.ece = bins.Ece();
  evaluation.ece_debiased = bins.DebiasedEce();
  evaluation.reliability = bins.Bins();
  FillClasses(predictions, evaluation);
  return evaluation;
}

}  // namespace frond
