#ifndef FROND_SRC_MONITOR_DRIFT_DETECTOR_H_
#define FROND_SRC_MONITOR_DRIFT_DETECTOR_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "src/monitor/drift_window.h"
#include "src/monitor/traffic_summary.h"

namespace frond {

// Whether photos still are as they were, in one respect.
struct DriftFinding {
  std::string kind;  // "input.brightness", "input.together", "features", "predictions.classes", ...
  bool alarm = false;
  double p_value = 1;    // of the window that differs most; how often chance alone does that in one look
  double statistic = 0;  // of the test: D, MMD^2, or a class' share
  size_t photos = 0;     // of that window; 0: too few yet
  std::string message;   // "photos are darker than in training: brightness 0.31, there 0.52 (last 30 photos)"
  std::optional<Facts> facts = std::nullopt;  // the same in parts; of an alarm
  // Of an alarm, ids of photos that speak most for it, the clearest first (DriftWindow::Examples); none without ids.
  std::vector<std::string> examples = {};
};

// Watches a stream of photos for drift from a reference. Each time that a tenth of them is new it compares the last 30,
// 100 and 300 photos with it: each statistic of the inputs, how far features lie from training, and confidences by
// Kolmogorov and Smirnov's test; statistics together, and features, by the maximum mean discrepancy; classes by their
// shares. An alarm goes on where a p-value, times the number of comparisons that are made in 1000 photos (Bonferroni),
// is below 0.01, and for MMD a permutation test agrees: without drift at most every hundredth stretch of 1000 photos
// has one. Half of that is the classes', which are known the slowest; they are compared in the last 100 and 300 alone.
// It goes off when no window has a p-value below 0.001. Bounded memory, a few megabytes; for one thread at a time.
class DriftDetector {
 public:
  static constexpr std::array<size_t, 3> kWindows = {30, 100, 300};
  static constexpr double kFalseAlarmsPer1000 = 0.01;
  static constexpr double kGone = 1e-3;
  static constexpr size_t kExamples = 6;

  explicit DriftDetector(std::shared_ptr<const DriftReference> reference);

  // `photo` must have passed Observe of reference().basis(); `id`, where it is kept, is what it is found by. Some 15 us
  // a photo; where an alarm is about to go on, once some milliseconds more.
  void Add(const ObservedPhoto& photo, std::string_view id = {});

  uint64_t photos() const { return photos_; }
  bool alarm() const;  // any
  // One for each kind, in an order that does not change.
  std::vector<DriftFinding> Findings() const;
  const DriftReference& reference() const { return window_.reference(); }

 private:
  struct State {
    bool alarm = false;
    std::array<DriftEvidence, kWindows.size()> evidence = {};
    uint64_t doubted_at = 0;  // when a permutation test last disagreed; 0: never
  };

  // Whether a window is compared in this kind: a few photos say nothing of classes.
  bool Watches(size_t kind, size_t window) const { return window > 0 || !window_.IsMix(kind); }
  double Threshold(size_t kind) const;
  void Judge(size_t kind, size_t window, size_t n);

  DriftWindow window_;
  uint64_t photos_ = 0;
  std::array<size_t, kWindows.size()> looked_at_ = {};  // photos in the last look
  std::vector<State> kinds_;
};

// One stretch of a model's traffic beside an earlier one; `against` is the earlier one's name, "last_week",
// "last_year" or "week_before". Each kind's alarm: p-value times the number of kinds below `false_alarms`, how often
// there is one without a difference. One that was raised `before` stays until its p-value is above
// DriftDetector::kGone. Errors: those of DriftReference::FromTraffic, for either.
Result<std::vector<DriftFinding>> CompareTraffic(const TrafficSummary& now, const TrafficSummary& then,
                                                 const DriftBasis& basis, const std::string& against,
                                                 double false_alarms = DriftDetector::kFalseAlarmsPer1000,
                                                 std::span<const DriftFinding> before = {});

}  // namespace frond

#endif  // FROND_SRC_MONITOR_DRIFT_DETECTOR_H_
