#include "src/data/share_out.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>

#include "src/data/natural_order.h"
#include "src/data/random.h"

namespace frond {
namespace {

using Counts = std::array<int, 3>;  // photos in train, val, test

// What moves as one: a photo, or the photos of a group.
struct Unit {
  std::vector<size_t> samples;
  std::map<int, int> photos_of;  // by class
  std::optional<size_t> split;
  bool fixed = false;  // where the rest of its group is

  int size() const { return static_cast<int>(samples.size()); }
};

// How many of a class's photos each split is to get.
Counts TargetsOf(int photos, const std::array<double, 3>& shares) {
  Counts targets = {};
  const int wanted = 1 + (shares[1] > 0 ? 1 : 0) + (shares[2] > 0 ? 1 : 0);
  for (const size_t split : {1, 2}) {
    targets[split] = static_cast<int>(std::lround(photos * shares[split]));
    if (shares[split] > 0 && photos >= wanted) targets[split] = std::max(targets[split], 1);
  }
  while (targets[1] + targets[2] > std::max(0, photos - 1)) --targets[targets[1] > targets[2] ? 1 : 2];
  targets[0] = photos - targets[1] - targets[2];
  return targets;
}

class Sharing {
 public:
  Sharing(std::vector<Sample>& samples, const std::vector<bool>& free, const Strata& strata,
          const std::array<double, 3>& shares, const DatasetOptions& options)
      : samples_(samples),
        strata_(strata.of),
        shares_(shares),
        options_(options),
        classes_(strata.count),
        targets_(strata.count),
        given_(strata.count) {
    MakeUnits(free);
    std::vector<int> photos(classes_);
    for (size_t i = 0; i < samples.size(); ++i) photos[static_cast<size_t>(strata_[i])] += free[i] ? 1 : 0;
    for (size_t c = 0; c < classes_; ++c) targets_[c] = TargetsOf(photos[c], shares);
  }

  void Run() {
    for (Unit& unit : units_) {
      if (unit.fixed) Give(unit, *unit.split);
    }
    MixedGroups();
    for (size_t c = 0; c < classes_; ++c) OneClass(static_cast<int>(c));
    FillEmpty();
    for (const Unit& unit : units_) {
      for (const size_t sample : unit.samples) samples_[sample].split = kSplits[*unit.split];
    }
  }

 private:
  void MakeUnits(const std::vector<bool>& free) {
    std::map<std::string, size_t> settled;  // groups by the split of their photos that are not free
    std::vector<size_t> order;
    for (size_t i = 0; i < samples_.size(); ++i) {
      if (free[i]) {
        order.push_back(i);
      } else if (!samples_[i].group.empty() && shares_[static_cast<size_t>(samples_[i].split)] > 0) {
        settled.try_emplace(samples_[i].group, static_cast<size_t>(samples_[i].split));
      }
    }
    std::sort(order.begin(), order.end(),
              [this](size_t a, size_t b) { return NaturalLess(samples_[a].path, samples_[b].path); });
    std::map<std::string, size_t> unit_of;  // by group
    for (const size_t i : order) {
      const Sample& sample = samples_[i];
      size_t index = units_.size();
      if (!sample.group.empty()) index = unit_of.try_emplace(sample.group, index).first->second;
      if (index == units_.size()) units_.emplace_back();
      units_[index].samples.push_back(i);
      ++units_[index].photos_of[strata_[i]];
      if (const auto found = settled.find(sample.group); !sample.group.empty() && found != settled.end()) {
        units_[index].fixed = true;
        units_[index].split = found->second;
      }
    }
  }

  void Give(Unit& unit, size_t split) {
    for (const auto& [label, photos] : unit.photos_of) {
      Counts& given = given_[static_cast<size_t>(label)];
      if (unit.split && !unit.fixed) given[*unit.split] -= photos;
      given[split] += photos;
    }
    unit.split = split;
  }

  // Groups of several classes, the largest first, each to the split that is emptiest by Sainte-Laguë's measure: (what
  // it has + half of what comes) / what it should have, summed over the group's classes.
  void MixedGroups() {
    std::vector<Unit*> mixed;
    for (Unit& unit : units_) {
      if (!unit.split && unit.photos_of.size() > 1) mixed.push_back(&unit);
    }
    if (options_.method == SplitMethod::kRandom) Random({options_.seed, classes_}).Shuffle(mixed);
    std::vector<std::pair<int, size_t>> order;  // a stable sort by size
    for (size_t i = 0; i < mixed.size(); ++i) order.emplace_back(-mixed[i]->size(), i);
    std::sort(order.begin(), order.end());
    for (const auto& [size, index] : order) {
      Unit* const unit = mixed[index];
      size_t best = 0;
      double best_fill = INFINITY;
      for (size_t split = 0; split < 3; ++split) {
        if (split > 0 && shares_[split] == 0) continue;
        double fill = 0;
        for (const auto& [label, photos] : unit->photos_of) {
          const auto c = static_cast<size_t>(label);
          fill += photos * (given_[c][split] + 0.5 * photos) / std::max(0.5, static_cast<double>(targets_[c][split]));
        }
        if (fill < best_fill) {
          best = split;
          best_fill = fill;
        }
      }
      Give(*unit, best);
    }
  }

  // Units of one class alone: train takes the first of them, then val, then test, up to the number of photos that is
  // nearest to what each still lacks.
  void OneClass(int label) {
    std::vector<Unit*> units;
    int photos = 0;
    for (Unit& unit : units_) {
      if (unit.split || unit.photos_of.begin()->first != label) continue;
      units.push_back(&unit);
      photos += unit.size();
    }
    if (units.empty()) return;
    if (options_.method == SplitMethod::kRandom) {
      Random({options_.seed, static_cast<uint64_t>(label)}).Shuffle(units);
    }

    const auto c = static_cast<size_t>(label);
    std::array<double, 3> lacks = {};
    std::array<size_t, 3> least = {};  // units
    double sum = 0;
    size_t left = units.size();
    for (size_t split = 0; split < 3; ++split) {
      lacks[split] = std::max(0, targets_[c][split] - given_[c][split]);
      sum += lacks[split];
      if (lacks[split] == 0 || given_[c][split] > 0 || left == 0) continue;
      least[split] = 1;
      --left;
    }
    const double scale = sum > 0 ? photos / sum : 0;
    size_t val = Nearest(units, scale * lacks[0]);
    val = std::clamp(val, least[0], units.size() - least[1] - least[2]);
    size_t test = lacks[1] == 0 ? val : Nearest(units, scale * (lacks[0] + lacks[1]));
    if (lacks[2] == 0) (lacks[1] == 0 ? val : test) = units.size();
    test = std::clamp(test, val + least[1], std::max(val + least[1], units.size() - least[2]));
    for (size_t i = 0; i < units.size(); ++i) Give(*units[i], i < val ? 0 : i < test ? 1 : 2);
  }

  // How many units, from the first, hold the number of photos nearest to `photos`.
  static size_t Nearest(const std::vector<Unit*>& units, double photos) {
    double sum = 0;
    for (size_t count = 0; count < units.size(); ++count) {
      if (sum + 0.5 * units[count]->size() > photos) return count;
      sum += units[count]->size();
    }
    return units.size();
  }

  // Groups may have left a class without a photo in a split: the smallest unit moves there whose leaving empties
  // nothing else (train, which must have every class, may empty the others).
  void FillEmpty() {
    for (size_t split = 0; split < 3; ++split) {
      for (size_t c = 0; c < classes_; ++c) {
        if (targets_[c][split] == 0 || given_[c][split] > 0) continue;
        Unit* smallest = nullptr;
        for (Unit& unit : units_) {
          const bool here = unit.photos_of.count(static_cast<int>(c)) > 0 && *unit.split != split;
          if (!here || unit.fixed || (split > 0 && Empties(unit))) continue;
          if (smallest == nullptr || unit.size() < smallest->size()) smallest = &unit;
        }
        if (smallest != nullptr) Give(*smallest, split);
      }
    }
  }

  bool Empties(const Unit& unit) const {
    return std::any_of(unit.photos_of.begin(), unit.photos_of.end(), [&](const auto& part) {
      return given_[static_cast<size_t>(part.first)][*unit.split] == part.second;
    });
  }

  std::vector<Sample>& samples_;
  const std::vector<int>& strata_;  // of each sample
  const std::array<double, 3>& shares_;
  const DatasetOptions& options_;
  const size_t classes_;
  std::vector<Unit> units_;  // in natural order of their first photo
  std::vector<Counts> targets_;
  std::vector<Counts> given_;
};

}  // namespace

void ShareOut(std::vector<Sample>& samples, const std::vector<bool>& free, const Strata& strata,
              const std::array<double, 3>& shares, const DatasetOptions& options) {
  Sharing(samples, free, strata, shares, options).Run();
}

}  // namespace frond
