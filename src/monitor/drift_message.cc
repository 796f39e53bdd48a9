// Findings in parts, and in plain words.

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

const Words* WordsOf(std::string_view kind) {
  for (const Words& words : kWords) {
    if (words.kind == kind) return &words;
  }
  return nullptr;
}

// What photos are compared with: "than in training", "those of last week".
struct Time {
  std::string when;
  std::string name;
  bool of_day = false;  // days are set beside it, not the last photos
};

Time TimeOf(const std::string& against) {
  if (against == "last_week") return {"last week", "last week", true};
  if (against == "last_year") return {"in the same season of last year", "the same season of last year", true};
  if (against == "week_before") return {"in the week before", "the week before", true};
  return {StrCat("in ", against), against};
}

// As people know it.
double InUnits(std::string_view kind, double value) {
  if (kind == "input.size") return std::exp2(value) / 1e6;
  return kind == "input.aspect" ? std::exp2(value) : value;
}

std::string Percent(double share) { return StrCat(Fixed(100 * share, share < 0.1 ? 1 : 0), " %"); }

}  // namespace

Facts DriftWindow::FactsOf(size_t kind, const DriftEvidence& evidence, size_t n) const {
  Facts facts;
  facts.of = kinds_[kind];
  facts.against = reference_->name();
  facts.count = n;
  const auto beside = [&](double here, double there) {
    facts.direction = here >= there ? "more" : "less";
    facts.here = InUnits(facts.of, here);
    facts.there = InUnits(facts.of, there);
  };
  if (kind < columns_) {
    beside(evidence.here, reference_->columns()[kind].mean);
  } else if (kind < columns_ + mixes_) {
    const ClassMix& mix = reference_->class_mixes()[kind - columns_];
    facts.label = reference_->basis().LabelName(evidence.label);
    beside(evidence.here, mix.shares[evidence.label - static_cast<size_t>(mix.task.first)]);
  } else if (facts.of == "input.together") {
    size_t most = 0;
    DriftEvidence largest = LookAtColumn(0, n, 1);
    for (size_t c = 1; c < static_cast<size_t>(PhotoStatistic::kSize); ++c) {
      const DriftEvidence one = LookAtColumn(c, n, 1);
      if (one.statistic <= largest.statistic) continue;
      largest = one;
      most = c;
    }
    facts.of = kinds_[most];
    beside(largest.here, reference_->columns()[most].mean);
  }
  return facts;
}

std::string InWords(std::string_view kind, const Facts& facts) {
  const Time time = TimeOf(facts.against);
  const std::string than = StrCat("than ", time.when);
  const bool more = facts.direction == "more";
  const std::string figures = StrCat(Fixed(facts.here, 2), ", there ", Fixed(facts.there, 2));
  const std::string photos =
      time.of_day ? StrCat(" (", facts.count, " photos of the day)") : StrCat(" (last ", facts.count, " photos)");
  if (kind == "input.together") {
    return StrCat("light, colour and sharpness together are not as ", time.when, ", most of all ",
                  WordsOf(facts.of)->what, " ", figures, photos);
  }
  if (kind == "features") return StrCat("what the network sees in photos is not as ", time.when, photos);
  if (const Words* words = WordsOf(kind)) {
    return StrCat("photos are ", more ? words->more : words->less, " ", than, ": ", words->what, " ", figures, photos);
  }
  if (kind == "features.distance") {
    return StrCat("photos look ", more ? "less" : "more", " like those of ", time.name, " to the network: distance ",
                  figures, photos);
  }
  if (!facts.label.empty()) {
    return StrCat(facts.label, " is predicted ", facts.direction, " often ", than, ": ", Percent(facts.here),
                  ", there ", Percent(facts.there), photos);
  }
  return StrCat("the model is ", more ? "surer" : "less sure", " ", than, ": confidence ", figures, photos);
}

std::string AsIn(const std::string& against) { return StrCat("as ", TimeOf(against).when); }

}  // namespace frond
