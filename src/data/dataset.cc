#include "src/data/dataset.h"

#include <sys/stat.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <regex>
#include <set>

#include "src/base/format.h"
#include "src/data/check_dataset.h"
#include "src/data/share_out.h"
#include "src/data/source.h"
#include "src/data/strata.h"
#include "src/data/walk.h"

namespace frond {
namespace {

Status CheckOptions(const DatasetOptions& options) {
  const auto is_share = [](double share) { return share >= 0 && share < 1; };  // false for NaN
  if (!is_share(options.val_share) || !is_share(options.test_share) || options.val_share + options.test_share >= 1) {
    return Error{ErrorCode::kInvalidArgument,
                 StrCat("shares of ", options.val_share, " for val and ", options.test_share, " for test"),
                 "each is at least 0, and together they are less than 1: the rest is for train"};
  }
  return {};
}

// Gives each photo without a group the one that the pattern finds in its path.
Status FindGroups(Listing& listing, const std::string& pattern) {
  if (pattern.empty()) return {};
  size_t asked = 0;
  size_t found = 0;
  try {
    const std::regex regex(pattern);
    for (ListedPhoto& photo : listing.photos) {
      if (!photo.group.empty()) continue;
      ++asked;
      std::smatch match;
      if (!std::regex_search(photo.below_root, match, regex)) continue;
      photo.group = match.size() > 1 ? match[1].str() : match[0].str();
      found += photo.group.empty() ? 0 : 1;
    }
  } catch (const std::regex_error& error) {
    return Error{ErrorCode::kInvalidArgument, StrCat("the group pattern ", Quote(pattern), ": ", error.what()),
                 "give a regular expression as in JavaScript (ECMAScript)"};
  }
  if (asked > 0 && found == 0) {
    return Error{ErrorCode::kInvalidArgument,
                 StrCat("the group pattern ", Quote(pattern), " finds a group in none of ", asked,
                        " paths, the first is ", Quote(listing.photos[0].below_root)),
                 "try it on that path"};
  }
  if (found < asked) {
    listing.warnings.push_back(StrCat("the group pattern finds no group in ", asked - found, " of ", asked,
                                      " paths; each of these photos is a group of its own"));
  }
  return {};
}

// Tasks and classes numbered, photos in order; true in `free` for those whose split is to be found.
Dataset Number(Listing listing, std::vector<bool>& free) {
  Dataset dataset;
  std::vector<std::map<std::string, int>> number(listing.tasks.size());  // of each task's labels
  for (size_t t = 0; t < listing.tasks.size(); ++t) {
    std::set<std::string> labels;
    for (const ListedPhoto& photo : listing.photos) labels.insert(photo.labels[t]);
    labels.erase("");
    const int first = static_cast<int>(dataset.labels.size());
    for (const std::string& label : labels) {
      number[t][label] = static_cast<int>(dataset.labels.size());
      dataset.labels.push_back(label);
    }
    dataset.tasks.push_back({listing.tasks[t], first, static_cast<int>(labels.size())});
  }
  std::sort(listing.photos.begin(), listing.photos.end(), [](const ListedPhoto& a, const ListedPhoto& b) {
    return std::tie(a.labels[0], a.path) < std::tie(b.labels[0], b.path);
  });
  dataset.form = std::move(listing.form);
  dataset.warnings = std::move(listing.warnings);
  for (ListedPhoto& photo : listing.photos) {
    Sample sample{std::move(photo.path), {}, photo.split.value_or(Split::kTrain), std::move(photo.group)};
    for (size_t t = 0; t < number.size(); ++t) {
      sample.labels.push_back(photo.labels[t].empty() ? kNoLabel : number[t][photo.labels[t]]);
    }
    dataset.samples.push_back(std::move(sample));
    free.push_back(!photo.split);
  }
  return dataset;
}

void FindSplits(Dataset& dataset, std::vector<bool> free, const DatasetOptions& options) {
  std::array<double, 3> shares = {0, options.val_share, options.test_share};
  if (std::find(free.begin(), free.end(), true) == free.end()) {
    // Every split is given: one that has no photo is taken from train.
    for (const Split split : {Split::kVal, Split::kTest}) {
      if (!dataset.Indices(split).empty()) shares[static_cast<size_t>(split)] = 0;
    }
    if (shares[1] == 0 && shares[2] == 0) return;
    for (size_t i = 0; i < free.size(); ++i) free[i] = dataset.samples[i].split == Split::kTrain;
  }
  shares[0] = 1 - shares[1] - shares[2];
  ShareOut(dataset.samples, free, FindStrata(dataset), shares, options);
}

}  // namespace

std::string_view SplitName(Split split) {
  switch (split) {
    case Split::kTrain: return "train";
    case Split::kVal: return "val";
    case Split::kTest: return "test";
  }
  return "unknown";
}

Result<Split> ParseSplit(std::string_view name) {
  const std::string lower = LowerAscii(name);
  if (lower == "train" || lower == "training") return Split::kTrain;
  if (lower == "val" || lower == "valid" || lower == "validation") return Split::kVal;
  if (lower == "test" || lower == "testing") return Split::kTest;
  return Error{ErrorCode::kInvalidArgument, StrCat("no split is called ", Quote(name)),
               "train, val (or valid, validation) and test are"};
}

bool LabelsDiffer(const Sample& first, const Sample& second) {
  for (size_t t = 0; t < first.labels.size(); ++t) {
    const bool both = first.labels[t] != kNoLabel && second.labels[t] != kNoLabel;
    if (both && first.labels[t] != second.labels[t]) return true;
  }
  return false;
}

std::vector<size_t> Dataset::Indices(Split split) const {
  std::vector<size_t> indices;
  for (size_t i = 0; i < samples.size(); ++i) {
    if (samples[i].split == split) indices.push_back(i);
  }
  return indices;
}

std::string Dataset::ClassName(size_t label) const {
  for (const Task& task : tasks) {
    const bool here = label < static_cast<size_t>(task.first) + static_cast<size_t>(task.classes);
    if (here && !task.name.empty()) return StrCat(task.name, ": ", labels[label]);
  }
  return labels[label];
}

std::string Dataset::LabelText(const Sample& sample) const {
  std::string text;
  for (const int label : sample.labels) {
    if (label >= static_cast<int>(labels.size())) continue;
    text += StrCat(text.empty() ? "" : ", ", label < 0 ? "-" : labels[static_cast<size_t>(label)]);
  }
  return text;
}

Result<Dataset> ReadDataset(const std::string& path, const DatasetOptions& options) {
  FROND_RETURN_IF_ERROR(CheckOptions(options));
  struct stat info = {};
  const bool is_folder = stat(path.c_str(), &info) != 0 || S_ISDIR(info.st_mode);  // listing says what is missing
  FROND_ASSIGN(Listing listing, is_folder ? ListFolders(path) : ListCsv(path));
  FROND_RETURN_IF_ERROR(FindGroups(listing, options.group_pattern));
  std::vector<bool> free;
  Dataset dataset = Number(std::move(listing), free);
  FindSplits(dataset, std::move(free), options);
  FROND_RETURN_IF_ERROR(CheckClasses(dataset, path));
  WarnOfSplits(dataset, options);
  return dataset;
}

}  // namespace frond
