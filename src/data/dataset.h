#ifndef FROND_SRC_DATA_DATASET_H_
#define FROND_SRC_DATA_DATASET_H_

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "frond/result.h"
#include "frond/task.h"

namespace frond {

enum class Split { kTrain, kVal, kTest };
constexpr std::array<Split, 3> kSplits = {Split::kTrain, Split::kVal, Split::kTest};

std::string_view SplitName(Split split);  // "train", "val", "test"
// In any case of letters; also "valid", "validation", "training" and "testing". Errors: kInvalidArgument naming what is
// accepted.
Result<Split> ParseSplit(std::string_view name);

constexpr int kNoLabel = -1;

// One photo of a data set, not opened yet.
struct Sample {
  std::string path;
  std::vector<int> labels = {};  // for each task an index into Dataset::labels, or kNoLabel; one at least is a label
  Split split = Split::kTrain;
  std::string group = {};  // photos of one group stay in one split; empty: the photo is its own
};

// Whether two photos have different labels for a task that both have one for.
bool LabelsDiffer(const Sample& first, const Sample& second);

// Photos with their classes and splits. In the order of the first task's class and path, so that the same folder is
// the same data set on every machine.
struct Dataset {
  std::vector<Task> tasks;          // one at least; folders and a CSV with one column `label` have one without a name
  std::vector<std::string> labels;  // of all tasks, one behind the other; a task's are sorted
  std::vector<Sample> samples;
  std::string form;                   // "class folders", "split folders", "csv"
  std::vector<std::string> warnings;  // e.g. files that are no photos, by kind and number

  std::vector<size_t> Indices(Split split) const;

  std::span<const std::string> LabelsOf(const Task& task) const { return task.Of(std::span(labels)); }
  // A class by its index into `labels`, for people: "rust", or "disease: rust" where tasks have names.
  std::string ClassName(size_t label) const;
  // A photo's classes, for people: "coffee, rust", "-" for none. Indices that point nowhere are left out.
  std::string LabelText(const Sample& sample) const;
};

// How photos whose split is not given are shared out, class by class; with several tasks, combination of classes by
// combination (src/data/strata.h).
enum class SplitMethod {
  // Contiguous blocks in path order, numbers counted as such (IMG_9 before IMG_10): near-duplicates (bursts, one plant)
  // stay together.
  kBlocks,
  kRandom,  // shuffled by the seed
};

struct DatasetOptions {
  double val_share = 0.15;
  double test_share = 0.15;
  SplitMethod method = SplitMethod::kBlocks;
  uint64_t seed = 0;
  // A regular expression (ECMAScript) on the path below the data's root; what its first capture (or the whole match)
  // holds is the photo's group: "(plant\\d+)_.*". Empty: no groups but the CSV's.
  std::string group_pattern = {};
};

// Reads a data set's list of photos (JPEG, PNG, WebP by extension); none is opened. `path` is
//   - a folder with a folder for each class,
//   - a folder with train and one or both of val (or valid, validation) and test, each with class folders; where val or
//     test is missing, it is taken from train as the options say,
//   - a CSV file with a header: `path` (or `file`, `image`), relative to the CSV's folder, `label` (or `class`), and
//     optionally `split` and `group`. Lines without a split are shared out; where none lacks one, val and test are
//     taken from train as with folders. Separated by commas, semicolons or tabs. Instead of `label`, a column
//     `label:NAME` for each of several tasks, in their order: a photo may lack labels, but not all.
// Errors: kNotFound; kIo; kInvalidArgument for no photos, a task with one class alone, a class in val or test that
// train has not, a bad pattern (one that finds nothing is) or shares, a broken line of the CSV by number, a path listed
// twice with two labels, a task named twice; kBadFormat for a CSV that is none.
Result<Dataset> ReadDataset(const std::string& path, const DatasetOptions& options = {});

}  // namespace frond

#endif  // FROND_SRC_DATA_DATASET_H_
