// Findings in plain words.

#include <array>
#include <cmath>

#include "src/base/format.h"
#include "src/base/text.h"
#include "src/monitor/drift_window.h"

namespace frond {
namespace {

struct Words {
  std::string_view kind;
  const char* more;  // "photos are ... than in training"
  const char* less;
  const char* what;
};

constexpr std::array<Words, 8> kWords = {{
    {"input.brightness", "brighter", "darker", "brightness"},
    {"input.contrast", "of higher contrast", "of lower contrast", "contrast"},
    {"input.red_green", "redder", "greener", "red against green"},
    {"input.yellow_blue", "more yellow", "bluer", "yellow against blue"},
    {"input.colour", "more colourful", "paler", "colourfulness"},
    {"input.sharpness", "sharper", "more blurred", "sharpness"},
    {"input.size", "larger", "smaller", "megapixels"},
    {"input.aspect", "wider", "narrower", "width over height"},
}};

// "0.31, there 0.52", in the unit that people know.
std::string Figures(std::string_view kind, double here, double there) {
  if (kind == "input.size") {
    here = std::exp2(here) / 1e6;
    there = std::exp2(there) / 1e6;
  } else if (kind == "input.aspect") {
    here = std::exp2(here);
    there = std::exp2(there);
  }
  return StrCat(Fixed(here, 2), ", there ", Fixed(there, 2));
}

std::string Percent(double share) { return StrCat(Fixed(100 * share, share < 0.1 ? 1 : 0), " %"); }

}  // namespace

std::string DriftWindow::Message(size_t kind, const DriftEvidence& evidence, size_t n) const {
  const std::string& name = kinds_[kind];
  const std::string where = StrCat("than in ", reference_->name());
  const std::string last = StrCat(" (last ", n, " photos)");
  if (kind < columns_) {
    const double there = reference_->columns()[kind].mean;
    const bool more = evidence.here >= there;
    for (const Words& words : kWords) {
      if (name != words.kind) continue;
      return StrCat("photos are ", more ? words.more : words.less, " ", where, ": ", words.what, " ",
                    Figures(name, evidence.here, there), last);
    }
    const std::string figures = Figures(name, evidence.here, there);
    if (name == "features.distance") {
      return StrCat("photos look ", more ? "less" : "more", " like those of ", reference_->name(),
                    " to the network: distance ", figures, last);
    }
    return StrCat("the model is ", more ? "surer" : "less sure", " ", where, ": confidence ", figures, last);
  }
  if (kind < columns_ + mixes_) {
    const ClassMix& mix = reference_->class_mixes()[kind - columns_];
    const double there = mix.shares[evidence.label - static_cast<size_t>(mix.task.first)];
    return StrCat(reference_->basis().LabelName(evidence.label), " is predicted ",
                  evidence.here >= there ? "more" : "less", " often ", where, ": ", Percent(evidence.here), ", there ",
                  Percent(there), last);
  }
  if (name == "input.together") {
    // Most of all the one that differs most by itself.
    size_t most = 0;
    DriftEvidence largest = LookAtColumn(0, n, 1);
    for (size_t c = 1; c < static_cast<size_t>(PhotoStatistic::kSize); ++c) {
      const DriftEvidence one = LookAtColumn(c, n, 1);
      if (one.statistic <= largest.statistic) continue;
      largest = one;
      most = c;
    }
    return StrCat("light, colour and sharpness together are not as in ", reference_->name(), ", most of all ",
                  kWords[most].what, " ", Figures(kinds_[most], largest.here, reference_->columns()[most].mean), last);
  }
  return StrCat("what the network sees in photos is not as in ", reference_->name(), last);
}

}  // namespace frond
