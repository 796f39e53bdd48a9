#include <algorithm>
#include <cmath>
#include <iomanip>
#include <sstream>

#include "src/base/format.h"
#include "src/base/text.h"
#include "src/data/audit.h"
#include "src/data/audit_terms.h"

namespace frond {
namespace {

constexpr size_t kColumns = 100;
constexpr size_t kListed = 10;  // of pairs and of unreadable photos; AuditToJson has all

// Words on lines of kColumns at most, the first behind `lead`, the others as far in.
std::string Wrapped(const std::string& lead, const std::string& text) {
  std::string out = lead;
  size_t column = CodePoints(lead);
  const size_t indent = column;
  std::istringstream words(Printable(text));
  for (std::string word; words >> word;) {
    const size_t width = CodePoints(word);
    if (column > indent && column + 1 + width > kColumns) {
      out += "\n" + std::string(indent, ' ');
      column = indent;
    }
    if (column > indent) {
      out += ' ';
      ++column;
    }
    out += word;
    column += width;
  }
  return out + "\n";
}

std::string Padded(const std::string& text, size_t width) {
  return text + std::string(width - std::min(width, CodePoints(text)), ' ');
}

std::string Right(const std::string& text, size_t width) {
  return std::string(width - std::min(width, CodePoints(text)), ' ') + text;
}

std::string Fixed2(double value) {
  std::ostringstream out;
  out << std::fixed << std::setprecision(2) << value;
  return std::move(out).str();
}

std::string ClassTable(const Audit& audit) {
  constexpr size_t kNumber = 8;
  size_t width = 5;
  for (const AuditedClass& one : audit.classes) width = std::max(width, CodePoints(Printable(one.label)));
  std::string out = Padded("class", width);
  for (const Split split : kSplits) out += Right(std::string(SplitName(split)), kNumber);
  out += "\n";
  const auto row = [&](const std::string& name, const std::array<int, 3>& photos) {
    out += Padded(name, width);
    for (const int count : photos) out += Right(std::to_string(count), kNumber);
    out += "\n";
  };
  for (const AuditedClass& one : audit.classes) row(Printable(one.label), one.photos);
  row("all", audit.readable);
  return out;
}

std::string Pairs(const Audit& audit, const Dataset& dataset) {
  // Those that matter most first: across splits or labels.
  std::vector<std::pair<int, size_t>> order;
  for (size_t i = 0; i < audit.duplicates.size(); ++i) {
    const Sample& first = dataset.samples[audit.duplicates[i].first];
    const Sample& second = dataset.samples[audit.duplicates[i].second];
    const int harm = (first.split != second.split ? 2 : 0) + (LabelsDiffer(first, second) ? 1 : 0);
    order.emplace_back(-harm, i);
  }
  std::sort(order.begin(), order.end());
  std::string out;
  for (size_t i = 0; i < std::min(kListed, order.size()); ++i) {
    const DuplicatePair& pair = audit.duplicates[order[i].second];
    const auto describe = [&](size_t index) {
      const Sample& sample = dataset.samples[index];
      return StrCat(Printable(sample.path), " (", Printable(dataset.LabelText(sample)), ", ", SplitName(sample.split),
                    ")");
    };
    const std::string how =
        pair.exact ? "the same file" : StrCat(pair.distance, pair.distance == 1 ? " bit" : " bits", " apart");
    out += StrCat(i == 0 ? "" : "\n", "  ", describe(pair.first), "\n  ", describe(pair.second), "  ", how, "\n");
  }
  if (order.size() > kListed) out += StrCat("\n  and ", order.size() - kListed, " more pairs, in the JSON\n");
  return out;
}

std::string ForTask(const Audit& audit) {
  return audit.border_task.empty() ? "" : StrCat(" (", audit.border_task, ")");
}

std::string UnreadableList(const Audit& audit, const Dataset& dataset) {
  std::string out;
  for (size_t i = 0; i < std::min(kListed, audit.unreadable.size()); ++i) {
    const UnreadablePhoto& photo = audit.unreadable[i];
    const std::string& path = dataset.samples[photo.sample].path;
    const bool named = photo.error.message.find(path) != std::string::npos;
    out += Wrapped("  ", named ? photo.error.message : StrCat(path, ": ", photo.error.message));
  }
  if (audit.unreadable.size() > kListed) {
    out += StrCat("  and ", audit.unreadable.size() - kListed, " more, in the JSON\n");
  }
  return out;
}

}  // namespace

std::string_view ResizeModeName(ResizeMode mode) {
  switch (mode) {
    case ResizeMode::kCrop: return "crop";
    case ResizeMode::kSquash: return "squash";
    case ResizeMode::kPad: return "pad";
  }
  return "unknown";
}

std::string Percent(double share) { return StrCat(std::lround(100 * share), " %"); }

std::string AuditToText(const Audit& audit, const Dataset& dataset) {
  std::string out = StrCat(audit.photos, " photos of ", audit.classes.size(), " classes (", dataset.form, ")\n\n");
  out += audit.warnings.empty() ? "Nothing to warn of.\n" : "To know, most serious first\n";
  for (size_t i = 0; i < audit.warnings.size(); ++i)
    out += Wrapped(StrCat(Right(StrCat(i + 1), 3), ". "), audit.warnings[i]);

  out += "\nPhotos that can be read\n" + ClassTable(audit) + "\n";
  const size_t exact = static_cast<size_t>(std::count_if(audit.duplicates.begin(), audit.duplicates.end(),
                                                         [](const DuplicatePair& pair) { return pair.exact; }));
  out += Wrapped("Duplicates   ", StrCat(exact, " pairs of the same file, ", audit.duplicates.size() - exact,
                                         " of nearly the same photo; ", audit.across_splits, " across splits, ",
                                         audit.across_labels, " across labels"));
  out += Wrapped("Border       ",
                 StrCat("its colours alone give the class", ForTask(audit), " of ", Percent(audit.border_accuracy),
                        ", the largest class alone ", Percent(audit.majority_accuracy)));
  out += Wrapped("Proportions  ",
                 StrCat("longer by shorter side ", Fixed2(audit.proportions[1]), " (10 % below ",
                        Fixed2(audit.proportions[0]), ", 90 % below ", Fixed2(audit.proportions[2]), ")"));
  const bool warned = audit.resize_mode != ResizeMode::kCrop;  // then the reason stands above
  out += Wrapped("Resize       ", StrCat(ResizeModeName(audit.resize_mode), warned ? "" : ": " + audit.resize_reason));

  if (!audit.duplicates.empty()) out += "\nThe same photo, or nearly\n" + Pairs(audit, dataset);
  if (!audit.unreadable.empty()) out += "\nPhotos that cannot be read\n" + UnreadableList(audit, dataset);
  if (!dataset.warnings.empty()) out += "\nWhile listing the photos\n";
  for (const std::string& warning : dataset.warnings) out += Wrapped("  ", warning);
  return out;
}

}  // namespace frond
