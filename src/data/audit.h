#ifndef FROND_SRC_DATA_AUDIT_H_
#define FROND_SRC_DATA_AUDIT_H_

#include <array>
#include <functional>
#include <string>
#include <vector>

#include "frond/spec.h"
#include "src/data/dataset.h"

namespace frond {

// Two photos that are the same or nearly so; indices into the data set, first < second. Of n copies of one photo there
// are n - 1 pairs, each with the first copy in train (or the first of all), so that thousands of copies stay readable.
struct DuplicatePair {
  size_t first = 0;
  size_t second = 0;
  int distance = 0;    // bits in which their perceptual hashes differ; exact duplicates have 0
  bool exact = false;  // the same bytes
};

struct UnreadablePhoto {
  size_t sample = 0;
  Error error;
};

struct AuditedClass {
  std::string label;               // Dataset::ClassName
  std::array<int, 3> photos = {};  // readable ones in train, val, test
};

// What a data set is worth before a network is trained on it.
struct Audit {
  int photos = 0;                     // listed
  std::array<int, 3> readable = {};   // of them, in train, val, test
  std::vector<AuditedClass> classes;  // of all tasks, as the data set numbers them
  std::vector<UnreadablePhoto> unreadable;
  std::vector<DuplicatePair> duplicates;
  int across_splits = 0;  // of the pairs: their photos lie in different splits
  int across_labels = 0;  // of the pairs: their photos have different labels
  double imbalance = 1;   // largest class by smallest, of the photos in train; of the task where it is worst
  // Accuracy, by five-fold cross-validation over all splits, of a linear classifier that sees the border's colours
  // alone (outer eighth of each photo), and what the largest class alone gives. Far above it: the background tells the
  // class. Of several tasks, the one that it tells most of.
  double border_accuracy = 0;
  double majority_accuracy = 0;
  std::string border_task;
  // Proportions (longer by shorter side) below which 10, 50, 90 % of the photos lie, and what they ask for.
  std::array<double, 3> proportions = {1, 1, 1};
  ResizeMode resize_mode = ResizeMode::kCrop;
  int64_t photo_pixels = 0;  // of the median photo, upright or not
  double input_shape = 1;    // width by height of the input that distorts them least
  std::string resize_reason;
  // What to know, most serious first, each a sentence with its numbers and what to do about it.
  std::vector<std::string> warnings;
};

struct AuditOptions {
  int threads = 0;  // 0: one for each CPU
  // Pairs whose 64-bit hashes differ in at most so many bits, and whose pictures of 32 x 32 px correlate by 0.96 at
  // least, are near-duplicates. The hash alone is not enough where all photos are arranged alike: of 550 leaves, 3
  // pairs of different ones are within 6 bits and 157 within 10, but none correlates above 0.94. Below 0: exact ones
  // only.
  int duplicate_bits = 10;
  int tiny_class = 10;  // photos in train below which a class is warned of
};

// Opens every photo once, in `threads` threads. `progress(done, of)` is called now and then from the calling thread.
Audit AuditDataset(const Dataset& dataset, const AuditOptions& options,
                   const std::function<void(size_t, size_t)>& progress = nullptr);

std::string AuditToText(const Audit& audit, const Dataset& dataset);  // a page for a terminal
std::string AuditToJson(const Audit& audit, const Dataset& dataset);

}  // namespace frond

#endif  // FROND_SRC_DATA_AUDIT_H_
