#include "src/data/audit_warnings.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "src/base/format.h"
#include "src/data/audit_terms.h"

namespace frond {
namespace {

// Below it, an accuracy of 90 % is uncertain by more than 8 points (95 % interval).
constexpr int kSmallSplit = 50;
constexpr double kImbalance = 3;

std::string Number(size_t count, std::string_view one, std::string_view many) {
  return StrCat(count, " ", count == 1 ? one : many);
}

std::string Joined(const std::vector<std::string>& names) {
  constexpr size_t kNamed = 5;
  std::string text;
  for (size_t i = 0; i < std::min(kNamed, names.size()); ++i) text += StrCat(i == 0 ? "" : ", ", names[i]);
  if (names.size() > kNamed) text += StrCat(" and ", names.size() - kNamed, " more");
  return text;
}

class Writer {
 public:
  Writer(const Audit& audit, const Dataset& dataset, std::span<const Look> looks, const BorderProbe& border,
         const AuditOptions& options)
      : audit_(audit), dataset_(dataset), looks_(looks), border_(border), options_(options) {}

  std::vector<std::string> Run() {
    EmptyClasses();
    Leaks();
    Labels();
    Unreadable();
    SmallSplits();
    Border();
    TinyClasses();
    Imbalance();
    Repeats();
    Blank();
    Proportions();
    return std::move(warnings_);
  }

 private:
  template <class... Parts>
  void Warn(const Parts&... parts) {
    warnings_.push_back(StrCat(parts...));
  }

  int PhotosIn(Split split) const { return audit_.readable[static_cast<size_t>(split)]; }

  void EmptyClasses() {
    for (const Split split : kSplits) {
      if (PhotosIn(split) == 0 && split != Split::kTrain) continue;
      std::vector<std::string> empty;
      for (const AuditedClass& one : audit_.classes) {
        if (one.photos[static_cast<size_t>(split)] == 0) empty.push_back(one.label);
      }
      if (empty.empty()) continue;
      Warn(SplitName(split), " has no readable photo of ", Joined(empty),
           split == Split::kTrain ? ": such a class cannot be learned; add photos of it, or take it out"
                                  : ": nothing will be known of such a class; add photos of it");
    }
  }

  void Leaks() {
    std::set<size_t> leaked;
    for (const DuplicatePair& pair : audit_.duplicates) {
      const Split a = dataset_.samples[pair.first].split;
      const Split b = dataset_.samples[pair.second].split;
      if (a == Split::kTrain && b != Split::kTrain) leaked.insert(pair.second);
      if (b == Split::kTrain && a != Split::kTrain) leaked.insert(pair.first);
    }
    if (audit_.across_splits == 0) return;
    const int measured = PhotosIn(Split::kVal) + PhotosIn(Split::kTest);
    const std::string train = leaked.empty() ? std::string()
                                             : StrCat(", and ", leaked.size(), " of ", measured,
                                                      " photos in val and test have a twin in train");
    Warn(Number(static_cast<size_t>(audit_.across_splits), "pair of the same or nearly the same photo lies",
                "pairs of the same or nearly the same photo lie"),
         " in different splits", train,
         ": measured accuracy will be too good; remove one of each pair, or name groups so that they stay together");
  }

  void Labels() {
    if (audit_.across_labels == 0) return;
    Warn(Number(static_cast<size_t>(audit_.across_labels), "pair of the same or nearly the same photo has",
                "pairs of the same or nearly the same photo have"),
         " different labels: one of the two is wrong, or the classes overlap; look at each and correct its label");
  }

  void Unreadable() {
    if (audit_.unreadable.empty()) return;
    Warn(audit_.unreadable.size(), " of ", audit_.photos,
         " photos cannot be read and will be left out: replace or remove them");
  }

  void SmallSplits() {
    for (const Split split : {Split::kVal, Split::kTest}) {
      const int photos = PhotosIn(split);
      if (photos == 0) {
        Warn(SplitName(split), " has no readable photos: ",
             split == Split::kVal ? "training cannot tell when to stop" : "nothing can be measured on unseen photos",
             "; give it a share, or a folder");
      } else if (photos < kSmallSplit) {
        Warn(SplitName(split), " has ", Number(static_cast<size_t>(photos), "photo", "photos"),
             ": an accuracy of 90 % measured there is uncertain by ",
             std::lround(100 * 1.96 * std::sqrt(0.09 / photos)), " points either way; have at least 100");
      }
    }
  }

  void Border() {
    if (!border_.TellsClass()) return;
    const std::string task = audit_.border_task.empty() ? "" : StrCat(" for ", audit_.border_task);
    Warn(
        "the border tells the class", task,
        ": a linear classifier that sees only the colours of the outer eighth of each photo is right for ",
        Percent(border_.accuracy), " (always guessing the largest class: ", Percent(border_.majority),
        "); a network can learn the background or the light instead of the subject: photograph all classes in the same "
        "places, or crop to the subject, and measure on photos from elsewhere");
  }

  void TinyClasses() {
    std::vector<std::string> tiny;
    for (const AuditedClass& one : audit_.classes) {
      if (one.photos[0] > 0 && one.photos[0] < options_.tiny_class)
        tiny.push_back(StrCat(one.label, " (", one.photos[0], ")"));
    }
    if (tiny.empty()) return;
    Warn(Number(tiny.size(), "class has", "classes have"), " fewer than ", options_.tiny_class,
         " photos in train: ", Joined(tiny), "; add photos, or merge the class with another");
  }

  void Imbalance() {
    if (audit_.imbalance < kImbalance) return;
    for (const Task& task : dataset_.tasks) ImbalanceOf(task.Of(std::span(audit_.classes)));
  }

  void ImbalanceOf(std::span<const AuditedClass> classes) {
    const auto by_train = [](const AuditedClass& a, const AuditedClass& b) { return a.photos[0] < b.photos[0]; };
    const auto [least, most] = std::minmax_element(classes.begin(), classes.end(), by_train);
    if (most->photos[0] < kImbalance * least->photos[0]) return;
    Warn(
        "train has ", most->photos[0], " photos of ", most->label, " and ", least->photos[0], " of ", least->label,
        ": rare classes will be missed; weight or oversample them, and judge by recall of each class, not by accuracy");
  }

  void Repeats() {
    size_t within = 0;
    for (const DuplicatePair& pair : audit_.duplicates) {
      within += dataset_.samples[pair.first].split == dataset_.samples[pair.second].split ? 1 : 0;
    }
    if (within == 0) return;
    Warn(Number(within, "pair of the same or nearly the same photo lies",
                "pairs of the same or nearly the same photo lie"),
         " in one split: they count twice and teach little; remove one of each pair");
  }

  void Blank() {
    std::vector<std::string> blank;
    for (size_t i = 0; i < looks_.size(); ++i) {
      if (!looks_[i].error && looks_[i].blank) blank.push_back(dataset_.samples[i].path);
    }
    if (blank.empty()) return;
    Warn(Number(blank.size(), "photo is", "photos are"), " of one colour and show nothing: ", Joined(blank),
         "; remove them");
  }

  void Proportions() {
    if (audit_.resize_mode == ResizeMode::kCrop) return;
    Warn("resize with ", ResizeModeName(audit_.resize_mode), ", not with a crop: ", audit_.resize_reason);
  }

  const Audit& audit_;
  const Dataset& dataset_;
  const std::span<const Look> looks_;
  const BorderProbe& border_;
  const AuditOptions& options_;
  std::vector<std::string> warnings_;
};

}  // namespace

std::vector<std::string> WarningsOf(const Audit& audit, const Dataset& dataset, std::span<const Look> looks,
                                    const BorderProbe& border, const AuditOptions& options) {
  return Writer(audit, dataset, looks, border, options).Run();
}

}  // namespace frond
