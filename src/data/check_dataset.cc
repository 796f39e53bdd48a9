#include "src/data/check_dataset.h"

#include <map>
#include <set>

#include "src/base/format.h"

namespace frond {
namespace {

Error OneClassAlone(const Dataset& dataset, const Task& task, const std::string& path) {
  size_t photos = 0;
  for (const Sample& sample : dataset.samples) {
    for (const int label : sample.labels) photos += label == task.first ? 1 : 0;
  }
  const std::string& label = dataset.labels[static_cast<size_t>(task.first)];
  return {ErrorCode::kInvalidArgument,
          StrCat(path, " has one class alone", task.name.empty() ? "" : StrCat(" for the task ", Quote(task.name)),
                 ", ", Quote(label), " (", photos, " photos)"),
          task.name.empty() && ParseSplit(label).ok() ? StrCat("if it holds class folders, give ", path, "/", label)
                                                      : "there must be two classes to tell apart"};
}

}  // namespace

Status CheckClasses(const Dataset& dataset, const std::string& path) {
  for (const Task& task : dataset.tasks) {
    if (task.classes == 1) return OneClassAlone(dataset, task, path);
    if (task.classes > 0) continue;
    return Error{ErrorCode::kInvalidArgument, StrCat(path, " has no label for the task ", Quote(task.name)),
                 "fill its column, or remove it"};
  }
  std::vector<std::array<size_t, 3>> counts(dataset.labels.size());
  for (const Sample& sample : dataset.samples) {
    for (const int label : sample.labels) {
      if (label != kNoLabel) ++counts[static_cast<size_t>(label)][static_cast<size_t>(sample.split)];
    }
  }
  for (size_t c = 0; c < counts.size(); ++c) {
    if (counts[c][0] > 0) continue;
    const Split split = counts[c][1] > 0 ? Split::kVal : Split::kTest;
    return Error{ErrorCode::kInvalidArgument,
                 StrCat("the class ", Quote(dataset.ClassName(c)), " is not in train: ", SplitName(split), " has ",
                        counts[c][static_cast<size_t>(split)], " of its photos"),
                 "correct its spelling, add photos of it to train, or take them out"};
  }
  return {};
}

void WarnOfSplits(Dataset& dataset, const DatasetOptions& options) {
  for (size_t t = 0; t < dataset.tasks.size(); ++t) {
    size_t without = 0;
    for (const Sample& sample : dataset.samples) without += sample.labels[t] == kNoLabel ? 1 : 0;
    if (without == 0) continue;
    dataset.warnings.push_back(StrCat(without, " of ", dataset.samples.size(), " photos have no label for ",
                                      dataset.tasks[t].name, "; that task's loss and figures leave them out"));
  }
  for (const Split split : {Split::kVal, Split::kTest}) {
    const double share = split == Split::kVal ? options.val_share : options.test_share;
    std::vector<bool> has(dataset.labels.size());
    const std::vector<size_t> photos = dataset.Indices(split);
    if (photos.empty() && share == 0) continue;
    for (const size_t i : photos) {
      for (const int label : dataset.samples[i].labels) {
        if (label != kNoLabel) has[static_cast<size_t>(label)] = true;
      }
    }
    std::string without;
    for (size_t c = 0; c < has.size(); ++c) {
      if (!has[c]) without += StrCat(without.empty() ? "" : ", ", dataset.ClassName(c));
    }
    if (without.empty()) continue;
    dataset.warnings.push_back(StrCat(SplitName(split), " has no photo of ", without,
                                      "; add photos of it, or more groups where groups hold them together"));
  }
  std::map<std::string, std::set<Split>> splits_of;
  for (const Sample& sample : dataset.samples) {
    if (!sample.group.empty()) splits_of[sample.group].insert(sample.split);
  }
  size_t torn = 0;
  std::string first;
  for (const auto& [group, splits] : splits_of) {
    if (splits.size() > 1 && torn++ == 0) first = group;
  }
  if (torn > 0) {
    dataset.warnings.push_back(StrCat(torn, torn == 1 ? " group lies" : " groups lie",
                                      " in several splits as given, the first is ", Quote(first),
                                      "; what is measured there is too good"));
  }
}

}  // namespace frond
