#include "src/monitor/drift_detector.h"

#include <algorithm>

namespace frond {
namespace {

constexpr size_t kLooksAWindow = 10;
// A permutation test that disagreed is asked again after so many photos.
constexpr uint64_t kDoubtPhotos = 200;

// Of the windows from `first` on.
double LooksIn1000(size_t first) {
  double looks = 0;
  for (size_t w = first; w < DriftDetector::kWindows.size(); ++w) {
    looks += 1000.0 * kLooksAWindow / static_cast<double>(DriftDetector::kWindows[w]);
  }
  return looks;
}

}  // namespace

DriftDetector::DriftDetector(std::shared_ptr<const DriftReference> reference)
    : window_(std::move(reference), kWindows.back()), kinds_(window_.kinds()) {}

void DriftDetector::Add(const ObservedPhoto& photo, std::string_view id) {
  window_.Add(photo, id);
  ++photos_;
  for (size_t w = 0; w < kWindows.size(); ++w) {
    // A window that is two thirds full is worth looking at.
    const size_t n = std::min(kWindows[w], window_.count());
    if (photos_ % (kWindows[w] / kLooksAWindow) != 0 || 3 * n < 2 * kWindows[w]) continue;
    const std::vector<DriftEvidence> seen = window_.Look(n);
    looked_at_[w] = n;
    for (size_t k = 0; k < kinds_.size(); ++k) {
      if (!Watches(k, w)) continue;
      kinds_[k].evidence[w] = seen[k];
      Judge(k, w, n);
    }
  }
}

double DriftDetector::Threshold(size_t kind) const {
  const size_t mixes = window_.mixes();
  const bool mix = window_.IsMix(kind);
  const double share = mixes == 0 ? 1 : 0.5;
  return share * kFalseAlarmsPer1000 /
         (LooksIn1000(mix ? 1 : 0) * static_cast<double>(mix ? mixes : window_.kinds() - mixes));
}

void DriftDetector::Judge(size_t kind, size_t window, size_t n) {
  State& state = kinds_[kind];
  if (state.alarm) {
    state.alarm = std::ranges::any_of(state.evidence, [](const DriftEvidence& one) { return one.p_value < kGone; });
    return;
  }
  if (state.evidence[window].p_value >= Threshold(kind)) return;
  if (state.doubted_at > 0 && photos_ - state.doubted_at < kDoubtPhotos) return;
  state.alarm = window_.Confirmed(kind, n);
  state.doubted_at = state.alarm ? 0 : photos_;
}

bool DriftDetector::alarm() const {
  return std::ranges::any_of(kinds_, [](const State& state) { return state.alarm; });
}

std::vector<DriftFinding> DriftDetector::Findings() const {
  std::vector<DriftFinding> findings;
  for (size_t k = 0; k < kinds_.size(); ++k) {
    const auto& evidence = kinds_[k].evidence;
    size_t least = 0;  // of the windows that were looked at for it
    size_t n = 0;
    for (size_t w = 0; w < kWindows.size(); ++w) {
      if (!Watches(k, w) || looked_at_[w] == 0) continue;
      if (n > 0 && evidence[w].p_value >= evidence[least].p_value) continue;
      least = w;
      n = looked_at_[w];
    }
    DriftFinding finding{
        window_.kind(k), kinds_[k].alarm, evidence[least].p_value, evidence[least].statistic, n, {}, {}};
    if (finding.alarm) finding.facts = window_.FactsOf(k, evidence[least], n);
    finding.message = n == 0          ? "too few photos yet"
                      : finding.facts ? InWords(finding.kind, *finding.facts)
                                      : AsIn(window_.reference().name());
    if (finding.alarm) finding.examples = window_.Examples(k, evidence[least], n, kExamples);
    findings.push_back(std::move(finding));
  }
  return findings;
}

Result<std::vector<DriftFinding>> CompareTraffic(const TrafficSummary& now, const TrafficSummary& then,
                                                 const DriftBasis& basis, const std::string& against,
                                                 double false_alarms, std::span<const DriftFinding> before) {
  FROND_ASSIGN(std::shared_ptr<const DriftReference> reference, DriftReference::FromTraffic(then, basis, against));
  FROND_RETURN_IF_ERROR(CheckTraffic(now, basis, "now"));
  const size_t n = now.sample().size();
  DriftWindow window(reference, n);
  for (const ObservedPhoto& photo : now.sample()) window.Add(photo);
  std::vector<DriftEvidence> seen = window.Look(n);
  const std::vector<ClassMix>& mixes = reference->class_mixes();
  for (size_t t = 0; t < mixes.size(); ++t) {
    const std::span<const uint64_t> counts = mixes[t].task.Of(std::span<const uint64_t>(now.class_counts()));
    seen[reference->columns().size() + t] =
        CompareClasses(mixes[t], {counts.begin(), counts.end()}, static_cast<double>(now.photos()), 1);
  }
  std::vector<DriftFinding> findings;
  for (size_t k = 0; k < seen.size(); ++k) {
    const bool raised =
        std::ranges::any_of(before, [&](const DriftFinding& old) { return old.alarm && old.kind == window.kind(k); });
    const double p = seen[k].p_value;
    const bool alarm = raised ? p < DriftDetector::kGone
                              : p * static_cast<double>(seen.size()) < false_alarms && window.Confirmed(k, n);
    const size_t photos = window.IsMix(k) ? now.photos() : n;
    DriftFinding finding{window.kind(k), alarm, p, seen[k].statistic, photos, AsIn(against), {}};
    if (alarm) {
      finding.facts = window.FactsOf(k, seen[k], photos);
      finding.message = InWords(finding.kind, *finding.facts);
    }
    findings.push_back(std::move(finding));
  }
  return findings;
}

}  // namespace frond
