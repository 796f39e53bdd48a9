#ifndef FROND_CLI_BENCH_MEASURE_H_
#define FROND_CLI_BENCH_MEASURE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "frond/model.h"

namespace frond::cli {

// Times of a session's runs on generated images of the model's own size.
struct Latency {
  std::vector<double> sorted_ms;  // of whole batches
  double seconds = 0;             // all of them

  // Nearest-rank percentile, 0 < p <= 100.
  double Percentile(double p) const;
};

// Runs for about `seconds` after a warm-up of a tenth of that, three times at least; exactly `runs` times where it is
// not 0.
Result<Latency> MeasureLatency(Session& session, const Model& model, int batch, double seconds, int runs);

// Where one thread's time goes.
struct PartTime {
  std::string layer;  // "blocks.2.1"
  std::string part;   // "depthwise"
  double ms = 0;
  int64_t macs = 0;
};
struct Breakdown {
  std::vector<PartTime> parts;  // in the order of the run
  double peak_gmacs = 0;        // this core's multiply-adds, measured just before
  int64_t working_bytes = 0;    // arena and scratch of one thread
  int64_t packed_weights_bytes = 0;
};
Result<Breakdown> MeasureBreakdown(const Model& model, double seconds);

// The same, with the layers of each stage added up: "stem", "stage 1", ... "head", "classifier".
std::vector<PartTime> ByStage(const std::vector<PartTime>& parts);

// Values of N x 3 x H x W images in the range of normalised photos.
std::vector<float> GeneratedImages(const Preprocessing& size, int batch);

// Resident memory of this process, its largest so far and now; 0 where the system does not tell.
int64_t PeakResidentBytes();
int64_t ResidentBytes();

}  // namespace frond::cli

#endif  // FROND_CLI_BENCH_MEASURE_H_
