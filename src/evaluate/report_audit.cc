#include <algorithm>

#include "src/base/format.h"
#include "src/base/text.h"
#include "src/evaluate/report_sections.h"

namespace frond {
namespace {

constexpr size_t kListed = 100;  // pairs and files; what is more is counted

std::string PathOf(const Dataset* dataset, size_t sample) {
  if (dataset == nullptr || sample >= dataset->samples.size()) return StrCat("photo ", sample);
  return HtmlText(dataset->samples[sample].path);
}

std::string LabelOf(const Dataset* dataset, size_t sample) {
  if (dataset == nullptr || sample >= dataset->samples.size()) return "";
  return HtmlText(dataset->LabelText(dataset->samples[sample]));
}

std::string More(size_t count) {
  return count > kListed ? StrCat("<p class=\"soft\">and ", count - kListed, " more</p>\n") : "";
}

std::string_view ModeName(ResizeMode mode) {
  switch (mode) {
    case ResizeMode::kCrop: return "crop";
    case ResizeMode::kSquash: return "squash";
    case ResizeMode::kPad: return "pad";
  }
  return "";
}

std::string Warnings(const Audit& audit) {
  if (audit.warnings.empty()) return "<p>Nothing to warn of.</p>\n";
  std::string out = "<ul class=\"warn\">\n";
  for (const std::string& warning : audit.warnings) out += StrCat("<li>", HtmlText(warning), "</li>\n");
  return out + "</ul>\n";
}

std::string Figures(const Audit& audit) {
  HtmlTable table;
  table.caption = "The data set in figures";
  table.rows = {
      {"photos", StrCat(audit.photos)},
      {"unreadable", StrCat(audit.unreadable.size())},
      {"pairs of duplicates", StrCat(audit.duplicates.size())},
      {"of them across splits", StrCat(audit.across_splits)},
      {"of them across classes", StrCat(audit.across_labels)},
      {"largest class by smallest, in training", Fixed(audit.imbalance, 1)},
      {"accuracy from the borders' colours alone", PercentText(audit.border_accuracy)},
      {"accuracy of always naming the largest class", PercentText(audit.majority_accuracy)},
      {"proportions (longer by shorter side) of 10, 50, 90 %",
       StrCat(Fixed(audit.proportions[0], 2), ", ", Fixed(audit.proportions[1], 2), ", ",
              Fixed(audit.proportions[2], 2))},
      {"advised resizing",
       StrCat(ModeName(audit.resize_mode), audit.resize_reason.empty() ? "" : ": ", HtmlText(audit.resize_reason))},
  };
  table.numbers_from = 2;  // the last value is a sentence
  return table.ToHtml();
}

std::string Classes(const Audit& audit) {
  HtmlTable table;
  table.caption = "Photos by class and split";
  table.headers = {"class", "train", "val", "test"};
  for (const AuditedClass& one : audit.classes) {
    table.rows.push_back({HtmlText(one.label), StrCat(one.photos[0]), StrCat(one.photos[1]), StrCat(one.photos[2])});
  }
  return table.rows.empty() ? "" : table.ToHtml();
}

std::string Duplicates(const Audit& audit, const Dataset* dataset) {
  HtmlTable table;
  table.caption = "Photos that are the same, or nearly so";
  table.headers = {"first", "second", "classes", "differ in"};
  table.numbers_from = 3;
  for (size_t i = 0; i < std::min(audit.duplicates.size(), kListed); ++i) {
    const DuplicatePair& pair = audit.duplicates[i];
    const std::string first = LabelOf(dataset, pair.first);
    const std::string second = LabelOf(dataset, pair.second);
    table.rows.push_back({PathOf(dataset, pair.first), PathOf(dataset, pair.second),
                          first == second ? first : StrCat(first, " / ", second),
                          pair.exact ? "no byte" : StrCat(pair.distance, " of 64 bits")});
  }
  if (table.rows.empty()) return "";
  return HtmlDetails(StrCat("Duplicates: ", audit.duplicates.size()), table.ToHtml() + More(audit.duplicates.size()));
}

std::string Unreadable(const Audit& audit, const Dataset* dataset) {
  HtmlTable table;
  table.caption = "Photos that cannot be read";
  table.headers = {"photo", "why"};
  table.numbers_from = 2;
  for (size_t i = 0; i < std::min(audit.unreadable.size(), kListed); ++i) {
    const UnreadablePhoto& photo = audit.unreadable[i];
    table.rows.push_back({PathOf(dataset, photo.sample), HtmlText(photo.error.ToString())});
  }
  if (table.rows.empty()) return "";
  return HtmlDetails(StrCat("Unreadable photos: ", audit.unreadable.size()),
                     table.ToHtml() + More(audit.unreadable.size()));
}

}  // namespace

std::string AuditHtml(const Audit& audit, const Dataset* dataset) {
  return StrCat(Warnings(audit), Figures(audit), Classes(audit), Duplicates(audit, dataset),
                Unreadable(audit, dataset));
}

}  // namespace frond
